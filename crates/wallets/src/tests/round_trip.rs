//! What goes into a token comes out of it, and none of it is printed.

use proptest::prelude::*;
use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::money::{Currency, Money};
use tatami_core::time::Timestamp;

use super::{GATEWAY_MERCHANT, Seeded, bench, card};
use crate::make::{AppleIssuer, Payment};
use crate::{BadKey, PrivateKey, Wallet};

fn a_card() -> impl Strategy<Value = CardEntry> {
    let number = "[1-9][0-9]{11,17}".prop_filter_map("a check digit fits", |digits| {
        (0..10).find_map(|check| CardNumber::parse(&format!("{digits}{check}")))
    });
    (number, 2000..2100_i16, 1..=12_i8, "\\PC{0,40}").prop_map(|(number, year, month, holder)| {
        CardEntry {
            number,
            expiry: Expiry { year, month },
            cv2: None,
            holder,
        }
    })
}

fn an_amount() -> impl Strategy<Value = Money> {
    let currency = prop_oneof![Just(Currency::Gbp), Just(Currency::Eur)];
    (any::<i64>(), currency).prop_map(|(minor, currency)| Money::new(minor, currency))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn both_wallets_hand_over_the_card(
        card in a_card(), amount in an_amount(), seed: u64, seconds in 1_500_000_000..2_100_000_000_i64,
    ) {
        let now = Timestamp::from_second(seconds).expect("a moment");
        let mut bench = bench();
        bench.apple = AppleIssuer::new(&mut Seeded(seed), now).expect("an issuer");
        let key = PrivateKey::generate(&mut Seeded(!seed));
        bench.wallets.apple = Some(super::apple_recipient(&bench.apple, key));
        let payment = Payment { card: &card, amount };
        let recipient = bench.apple_recipient();
        let token = bench.apple.token(recipient, &payment, &mut Seeded(seed), now).expect("a token");
        let opened = bench.open(Wallet::ApplePay, &token, now).expect("a good token");
        prop_assert_eq!(&opened.card.number, &card.number);
        prop_assert_eq!(opened.card.expiry, card.expiry);
        prop_assert_eq!(&opened.card.holder, &card.holder);
        prop_assert_eq!(opened.amount, Some(amount));

        let (google, recipient) = (&bench.google, bench.google_recipient());
        let now = super::now();
        let token = google
            .token(recipient, GATEWAY_MERCHANT, &payment, seed % 2 == 0, &mut Seeded(seed), now)
            .expect("a token");
        let opened = bench.open(Wallet::GooglePay, &token, now).expect("a good token");
        prop_assert_eq!(&opened.card.number, &card.number);
        prop_assert_eq!(opened.card.expiry, card.expiry);
        prop_assert_eq!(opened.authentication.is_none(), seed % 2 == 0);
    }
}

#[test]
fn nothing_secret_is_printed() {
    let mut bench = bench();
    let (apple, google) = (bench.apple_token(), bench.google_token(false));
    for (wallet, json) in [(Wallet::ApplePay, apple), (Wallet::GooglePay, google)] {
        let opened = bench
            .open(wallet, &json, super::now())
            .expect("a good token");
        let proof = opened.authentication.clone().expect("a cryptogram");
        let printed = format!("{opened:?}");
        assert!(!printed.contains(proof.cryptogram.reveal()));
        assert!(!card().number.is_in(&printed));
        assert!(!json.contains(card().number.reveal()));
    }
    let key = PrivateKey::generate(&mut bench.entropy);
    assert_eq!(format!("{key:?}"), "PrivateKey(****)");
}

#[test]
fn keys_that_are_none_are_refused() {
    let rsa = "-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n";
    for text in ["", "a key", rsa] {
        assert_eq!(
            PrivateKey::from_pem(text).err(),
            Some(BadKey::Private),
            "{text}"
        );
    }
}

#[test]
fn the_same_bytes_make_the_same_issuer() {
    let issuer = |seed| AppleIssuer::new(&mut Seeded(seed), super::now()).expect("an issuer");
    assert_eq!(issuer(7).root(), issuer(7).root());
    assert_ne!(issuer(7).root(), issuer(8).root());
}
