//! Tokens made with keys of the tests' own, each of their fields changed once, and two
//! tokens that Apple and Google made.

mod apple;
mod apple_content;
mod apple_signature;
mod flips;
mod google;
mod google_content;
mod round_trip;
mod vectors;

use serde_json::Value;
use tatami_core::Entropy;
use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::money::{Currency, Money};
use tatami_core::time::Timestamp;

use crate::make::{AppleIssuer, GoogleIssuer, Payment};
use crate::{PrivateKey, TokenError, Wallet, WalletCard, WalletToken, Wallets};
use crate::{apple as apple_pay, google as google_pay};

/// A stream of bytes that is the same for each seed (SplitMix64).
pub(super) struct Seeded(pub u64);

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            *byte = (mixed ^ (mixed >> 27))
                .wrapping_mul(0x94D0_49BB_1331_11EB)
                .to_be_bytes()[0];
        }
    }
}

pub(super) fn now() -> Timestamp {
    "2026-05-04T12:00:00Z".parse().expect("a moment")
}

pub(super) fn card() -> CardEntry {
    CardEntry {
        number: CardNumber::parse("4456530000001096").expect("a card"),
        expiry: Expiry {
            year: 2029,
            month: 7,
        },
        cv2: None,
        holder: "A Holder".to_owned(),
    }
}

pub(super) const PRICE: Money = Money::new(1250, Currency::Gbp);
pub(super) const MERCHANT: &str = "merchant.example.shop";
pub(super) const GATEWAY_MERCHANT: &str = "account-1";

/// Issuers, and recipients that trust them.
pub(super) struct Bench {
    pub entropy: Seeded,
    pub apple: AppleIssuer,
    pub google: GoogleIssuer,
    pub wallets: Wallets,
}

pub(super) fn bench() -> Bench {
    let mut entropy = Seeded(1);
    let apple = AppleIssuer::new(&mut entropy, now()).expect("an issuer");
    let google = GoogleIssuer::new(&mut entropy, now());
    let wallets = Wallets {
        apple: Some(apple_recipient(&apple, PrivateKey::generate(&mut entropy))),
        google: Some(google_pay::Recipient {
            id: google_pay::RecipientId::Gateway("tatami".to_owned()),
            keys: vec![PrivateKey::generate(&mut entropy)],
            roots: google_roots(&google),
        }),
    };
    Bench {
        entropy,
        apple,
        google,
        wallets,
    }
}

pub(super) fn apple_recipient(issuer: &AppleIssuer, key: PrivateKey) -> apple_pay::Recipient {
    apple_pay::Recipient::new(MERCHANT, vec![key], &[issuer.root()]).expect("a recipient")
}

pub(super) fn google_roots(issuer: &GoogleIssuer) -> google_pay::RootKeys {
    google_pay::RootKeys::parse(&issuer.root_keys().expect("keys")).expect("root keys")
}

impl Bench {
    pub fn apple_recipient(&self) -> &apple_pay::Recipient {
        self.wallets.apple.as_ref().expect("set up")
    }

    pub fn google_recipient(&self) -> &google_pay::Recipient {
        self.wallets.google.as_ref().expect("set up")
    }

    pub fn apple_token(&mut self) -> String {
        self.apple_token_at(now())
    }

    pub fn apple_token_at(&mut self, at: Timestamp) -> String {
        let payment = Payment {
            card: &card(),
            amount: PRICE,
        };
        let recipient = self.wallets.apple.as_ref().expect("set up");
        let token = self.apple.token(recipient, &payment, &mut self.entropy, at);
        token.expect("a token")
    }

    pub fn google_token(&mut self, on_file: bool) -> String {
        let payment = Payment {
            card: &card(),
            amount: PRICE,
        };
        let recipient = self.wallets.google.as_ref().expect("set up");
        let entropy = &mut self.entropy;
        let google = &self.google;
        google
            .token(
                recipient,
                GATEWAY_MERCHANT,
                &payment,
                on_file,
                entropy,
                now(),
            )
            .expect("a token")
    }

    pub fn open_apple(&self, json: &str) -> Result<WalletCard, TokenError> {
        self.open(Wallet::ApplePay, json, now())
    }

    pub fn open_google(&self, json: &str) -> Result<WalletCard, TokenError> {
        self.open(Wallet::GooglePay, json, now())
    }

    pub fn open(
        &self,
        wallet: Wallet,
        json: &str,
        now: Timestamp,
    ) -> Result<WalletCard, TokenError> {
        let token = WalletToken {
            wallet,
            json,
            gateway_merchant: GATEWAY_MERCHANT,
        };
        self.wallets.open(&token, now)
    }
}

/// JSON with one value changed.
pub(super) fn with(json: &str, pointer: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(json).expect("JSON");
    change(value.pointer_mut(pointer).expect("it is there"));
    value.to_string()
}

/// JSON without a member.
pub(super) fn without(json: &str, parent: &str, member: &str) -> String {
    with(json, parent, |value| {
        value
            .as_object_mut()
            .expect("an object")
            .remove(member)
            .expect("it is there");
    })
}

/// Changes a character of a text that stands for bytes, in base64 or hexadecimal.
pub(super) fn change_text(value: &mut Value) {
    let text = value.as_str().expect("a text");
    let middle = text.len() / 2;
    let other = if &text[middle..=middle] == "0" {
        "1"
    } else {
        "0"
    };
    *value = format!("{}{other}{}", &text[..middle], &text[middle + 1..]).into();
}
