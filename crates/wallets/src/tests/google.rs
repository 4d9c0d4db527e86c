//! The envelope of a Google Pay token: who signed it, for whom, and until when.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tatami_core::time::{DAY, SignedDuration};

use super::{Bench, Seeded, bench, card, change_text, google_roots, now, with, without};
use crate::google::{Recipient, RecipientId, RootKeys};
use crate::make::GoogleIssuer;
use crate::{BadKey, PrivateKey, TokenError, Wallet};

#[test]
fn a_token_gives_its_card_once_proven() {
    let mut bench = bench();
    let json = bench.google_token(false);
    let opened = bench.open_google(&json).expect("a good token");
    assert_eq!(opened.wallet, Wallet::GooglePay);
    assert_eq!(opened.card.number, card().number);
    assert_eq!(opened.card.expiry, card().expiry);
    assert_eq!(opened.amount, None);
    assert!(opened.assurance.card_holder_authenticated);
    assert_eq!(opened.valid_until, now() + SignedDuration::from_hours(1));
    let proof = opened.authentication.expect("a cryptogram");
    assert_eq!(
        (proof.cryptogram.reveal().len(), proof.eci.as_deref()),
        (28, Some("05"))
    );
}

#[test]
fn a_card_on_file_has_no_cryptogram() {
    let mut bench = bench();
    let json = bench.google_token(true);
    let opened = bench.open_google(&json).expect("a good token");
    assert_eq!(opened.authentication, None);
    assert!(!opened.assurance.card_holder_authenticated);
    assert!(opened.assurance.account_verified);
}

#[test]
fn every_field_that_is_changed_is_noticed() {
    let mut bench = bench();
    let json = bench.google_token(false);
    for (field, error) in [
        ("/signature", TokenError::Signature),
        (
            "/intermediateSigningKey/signatures/0",
            TokenError::IntermediateSignature,
        ),
        (
            "/intermediateSigningKey/signedKey",
            TokenError::IntermediateSignature,
        ),
        ("/signedMessage", TokenError::Signature),
        ("/protocolVersion", TokenError::Version),
    ] {
        let changed = with(&json, field, change_text);
        assert_eq!(bench.open_google(&changed).err(), Some(error), "{field}");
    }
    for version in ["ECv1", "ECv2SigningOnly", "ecv2", ""] {
        let changed = with(&json, "/protocolVersion", |value| *value = version.into());
        assert_eq!(
            bench.open_google(&changed).err(),
            Some(TokenError::Version),
            "{version}"
        );
    }
    let unsigned = with(&json, "/intermediateSigningKey/signatures", |all| {
        *all = Value::Array(vec![])
    });
    assert_eq!(
        bench.open_google(&unsigned).err(),
        Some(TokenError::IntermediateSignature)
    );
}

#[test]
fn every_field_is_needed_and_has_a_form() {
    let mut bench = bench();
    let json = bench.google_token(false);
    for (parent, field) in [
        ("", "signature"),
        ("", "intermediateSigningKey"),
        ("", "protocolVersion"),
        ("", "signedMessage"),
        ("/intermediateSigningKey", "signedKey"),
        ("/intermediateSigningKey", "signatures"),
    ] {
        let lacking = bench.open_google(&without(&json, parent, field)).err();
        assert_eq!(lacking, Some(TokenError::Malformed("JSON")), "{field}");
    }
    for (field, name) in [
        ("/signature", "signature"),
        ("/intermediateSigningKey/signatures/0", "signatures"),
    ] {
        let odd = with(&json, field, |value| *value = "$".into());
        assert_eq!(
            bench.open_google(&odd).err(),
            Some(TokenError::Malformed(name)),
            "{field}"
        );
    }
    let long = with(&json, "/signedMessage", |value| {
        *value = "A".repeat(16 * 1024).into()
    });
    assert_eq!(bench.open_google(&long).err(), Some(TokenError::TooLong));
}

/// What becomes of a message that was signed as it is.
fn error_of_signed(bench: &mut Bench, message: String) -> Option<TokenError> {
    let token = bench
        .google
        .signed("gateway:tatami", message, &mut bench.entropy, now() + DAY);
    bench.open_google(&token.expect("a token")).err()
}

#[test]
fn every_part_of_the_encrypted_message_is_checked() {
    let mut bench = bench();
    let token: Value = serde_json::from_str(&bench.google_token(false)).expect("JSON");
    let message = token["signedMessage"].as_str().expect("a text").to_owned();
    assert_eq!(error_of_signed(&mut bench, message.clone()), None);
    for field in ["/encryptedMessage", "/tag"] {
        let changed = with(&message, field, change_text);
        assert_eq!(
            error_of_signed(&mut bench, changed),
            Some(TokenError::Decryption),
            "{field}"
        );
    }
    let other = PrivateKey::generate(&mut bench.entropy)
        .public()
        .to_sec1_bytes();
    let replaced = with(&message, "/ephemeralPublicKey", |value| {
        *value = STANDARD.encode(other).into()
    });
    assert_eq!(
        error_of_signed(&mut bench, replaced),
        Some(TokenError::Decryption)
    );
    for (field, name) in [
        ("/encryptedMessage", "encryptedMessage"),
        ("/tag", "tag"),
        ("/ephemeralPublicKey", "ephemeralPublicKey"),
    ] {
        let odd = with(&message, field, |value| *value = "$".into());
        assert_eq!(
            error_of_signed(&mut bench, odd),
            Some(TokenError::Malformed(name))
        );
        let lacking = without(&message, "", name);
        let error = Some(TokenError::Malformed("signedMessage"));
        assert_eq!(error_of_signed(&mut bench, lacking), error);
    }
    let no_point = with(&message, "/ephemeralPublicKey", |value| {
        *value = "BAAA".into()
    });
    let error = Some(TokenError::Malformed("ephemeralPublicKey"));
    assert_eq!(error_of_signed(&mut bench, no_point), error);
    for length in [0, 4, 24, 40] {
        let short_tag = with(&message, "/tag", |value| {
            let tag = &value.as_str().expect("a text")[..length];
            *value = tag.into();
        });
        let error = Some(TokenError::Decryption);
        assert_eq!(error_of_signed(&mut bench, short_tag), error, "{length}");
    }
}

fn recipient(bench: &Bench, id: RecipientId, keys: Vec<PrivateKey>) -> Recipient {
    Recipient {
        id,
        keys,
        roots: google_roots(&bench.google),
    }
}

#[test]
fn a_token_is_for_one_recipient_and_one_of_its_keys() {
    let mut bench = bench();
    let json = bench.google_token(false);
    let ours = bench.google_recipient().keys[0].clone();
    let other = PrivateKey::generate(&mut Seeded(2));
    let gateway = |id: &str| RecipientId::Gateway(id.to_owned());
    let merchant = |id: &str| RecipientId::Merchant(id.to_owned());
    for (id, keys, error) in [
        (gateway("tatami"), vec![other.clone(), ours.clone()], None),
        (gateway("tatami"), vec![other], Some(TokenError::Decryption)),
        (gateway("tatami"), vec![], Some(TokenError::Decryption)),
        (
            gateway("tatam"),
            vec![ours.clone()],
            Some(TokenError::Signature),
        ),
        (merchant("tatami"), vec![ours], Some(TokenError::Signature)),
    ] {
        let recipient = recipient(&bench, id, keys);
        let opened = recipient.open(&json, super::GATEWAY_MERCHANT, now());
        assert_eq!(opened.err(), error, "{:?}", recipient.id);
    }
    for stranger in ["account-2", "", "account-1 "] {
        let opened = bench.google_recipient().open(&json, stranger, now());
        assert_eq!(
            opened.err(),
            Some(TokenError::GatewayMerchant),
            "{stranger}"
        );
    }
}

#[test]
fn a_merchant_opens_its_own_tokens_without_a_gateway() {
    let mut bench = bench();
    let key = PrivateKey::generate(&mut bench.entropy);
    let direct = recipient(&bench, RecipientId::Merchant("123".to_owned()), vec![key]);
    bench.wallets.google = Some(direct);
    let json = bench.google_token(false);
    let opened = bench.google_recipient().open(&json, "whatever", now());
    assert_eq!(opened.expect("a good token").card.number, card().number);
}

#[test]
fn keys_and_messages_have_an_end() {
    let mut bench = bench();
    let json = bench.google_token(false);
    let at = |after: SignedDuration| bench.open(Wallet::GooglePay, &json, now() + after).err();
    let hour = SignedDuration::from_hours(1);
    assert_eq!(at(hour - SignedDuration::from_millis(1)), None);
    assert_eq!(at(hour), Some(TokenError::MessageExpired));
    assert_eq!(at(DAY * 7), Some(TokenError::IntermediateExpired));
    assert_eq!(at(DAY * 3652), Some(TokenError::RootKeys));
}

#[test]
fn only_the_root_keys_of_this_version_are_trusted() {
    let mut bench = bench();
    let json = bench.google_token(false);
    let key = bench.google_recipient().keys[0].clone();
    let id = RecipientId::Gateway("tatami".to_owned());
    let stranger = GoogleIssuer::new(&mut Seeded(5), now());
    let other = Recipient {
        id: id.clone(),
        keys: vec![key.clone()],
        roots: google_roots(&stranger),
    };
    let opened = other.open(&json, super::GATEWAY_MERCHANT, now());
    assert_eq!(opened.err(), Some(TokenError::IntermediateSignature));

    let published = bench.google.root_keys().expect("keys");
    let mut both: Value = serde_json::from_str(&published).expect("JSON");
    let more: Value = serde_json::from_str(&stranger.root_keys().expect("keys")).expect("JSON");
    both["keys"]
        .as_array_mut()
        .expect("a list")
        .insert(0, more["keys"][0].clone());
    let roots = RootKeys::parse(&both.to_string()).expect("root keys");
    let either = Recipient {
        id,
        keys: vec![key],
        roots,
    };
    assert!(either.open(&json, super::GATEWAY_MERCHANT, now()).is_ok());

    for version in ["ECv1", "ECv2SigningOnly"] {
        let of_other = with(&published, "/keys/0/protocolVersion", |value| {
            *value = version.into()
        });
        assert_eq!(
            RootKeys::parse(&of_other).err(),
            Some(BadKey::RootKeys),
            "{version}"
        );
    }
    for odd in [
        "",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"keyValue":"AA==","protocolVersion":"ECv2"}]}"#,
    ] {
        assert_eq!(RootKeys::parse(odd).err(), Some(BadKey::RootKeys), "{odd}");
    }
}

#[test]
fn a_root_key_without_an_end_has_ended() {
    let mut bench = bench();
    let json = bench.google_token(false);
    let published = bench.google.root_keys().expect("keys");
    let endless = without(&published, "/keys/0", "keyExpiration");
    let recipient = Recipient {
        id: RecipientId::Gateway("tatami".to_owned()),
        keys: bench.google_recipient().keys.clone(),
        roots: RootKeys::parse(&endless).expect("root keys"),
    };
    let opened = recipient.open(&json, super::GATEWAY_MERCHANT, now());
    assert_eq!(opened.err(), Some(TokenError::RootKeys));
}
