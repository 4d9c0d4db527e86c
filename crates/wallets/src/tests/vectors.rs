//! A token that Apple made and one that Google made, with the keys they were made for:
//! values that the tests of two open libraries publish (apple-pay-js of Basis Theory,
//! r2d2 of Spreedly).

use tatami_core::time::Timestamp;

use crate::apple::token::Token;
use crate::apple::{self, seal};
use crate::google::{self, RecipientId, RootKeys};
use crate::{PrivateKey, TokenError, Wallet, WalletToken, Wallets};

const APPLE_TOKEN: &str = include_str!("vectors/apple_token.json");
const APPLE_MERCHANT: &str = "merchant.basistheory.sales";

fn apple() -> apple::Recipient {
    let key = PrivateKey::from_pem(include_str!("vectors/apple_key.pem")).expect("a key");
    apple::Recipient::new(APPLE_MERCHANT, vec![key], &[apple::ROOT_CA_G3]).expect("a recipient")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

#[test]
fn a_token_of_apple_s_decrypts() {
    let (recipient, token) = (apple(), Token::read(APPLE_TOKEN).expect("a token"));
    let secret = recipient
        .present()
        .expect("a key")
        .key
        .agree(&token.ephemeral().expect("a key"));
    let plain = seal::open(&seal::key(&secret, &recipient.party), &token.data).expect("it is ours");
    let data: serde_json::Value = serde_json::from_slice(&plain).expect("JSON");
    assert_eq!(data["applicationPrimaryAccountNumber"], "4784000000380075");
    assert_eq!(data["applicationExpirationDate"], "290228");
    assert_eq!(data["currencyCode"], "840");
    assert_eq!(data["transactionAmount"], 100);
    assert_eq!(data["paymentDataType"], "3DSecure");
    assert_eq!(
        data["paymentData"]["onlinePaymentCryptogram"],
        "/x2gvNsADhptD1JXWRhcMAACAAA="
    );
    assert_eq!(data["paymentData"]["eciIndicator"], "7");
}

#[test]
fn a_token_of_apple_s_leads_to_apple_s_root() {
    let error = |when: &str| apple().open(APPLE_TOKEN, at(when)).err();
    // All is well but the currency, which is looked at last: US dollars.
    assert_eq!(error("2023-09-13T13:50:00Z"), Some(TokenError::Amount));
    assert_eq!(error("2023-09-13T13:54:39Z"), Some(TokenError::SigningTime));
    assert_eq!(error("2023-09-13T13:44:37Z"), Some(TokenError::SigningTime));
    assert_eq!(
        error("2024-05-16T01:33:00Z"),
        Some(TokenError::CertificateTime)
    );
    assert_eq!(
        error("2019-05-18T01:32:00Z"),
        Some(TokenError::CertificateTime)
    );
}

#[test]
fn a_token_of_google_s_gives_its_card() {
    let key = PrivateKey::from_pem(include_str!("vectors/google_key.pem")).expect("a key");
    let roots = RootKeys::parse(include_str!("vectors/google_roots.json")).expect("root keys");
    let recipient = google::Recipient {
        id: RecipientId::Merchant("12345678901234567890".to_owned()),
        keys: vec![key],
        roots,
    };
    let wallets = Wallets {
        google: Some(recipient),
        ..Wallets::default()
    };
    let token = WalletToken {
        wallet: Wallet::GooglePay,
        json: include_str!("vectors/google_token.json"),
        gateway_merchant: "",
    };
    let open = |seconds| wallets.open(&token, Timestamp::from_second(seconds).expect("a moment"));
    let opened = open(1_595_000_067).expect("a good token");
    assert_eq!(opened.card.number.reveal(), "4895370012003478");
    assert_eq!(opened.card.expiry.to_string(), "12/25");
    let proof = opened.authentication.expect("a cryptogram");
    assert_eq!(proof.cryptogram.reveal(), "AgAAAAAABk4DWZ4C28yUQAAAAAA=");
    assert_eq!(proof.eci.as_deref(), Some("07"));
    assert!(
        opened
            .id
            .starts_with("AH2EjtffDAl2Jrk2579gUyuaF3ensj4NlaHbyEvOQWtj9IrQ")
    );
    assert_eq!(open(1_595_616_846).err(), Some(TokenError::MessageExpired));
    assert_eq!(
        open(1_595_702_502).err(),
        Some(TokenError::IntermediateExpired)
    );
    assert_eq!(open(2_154_841_200).err(), Some(TokenError::RootKeys));
}
