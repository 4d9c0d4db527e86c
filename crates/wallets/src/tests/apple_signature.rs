//! The signature of an Apple Pay token: each part of it changed, and certificates that
//! are not what they should be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{Any, OctetString, SetOfVec};
use der::oid::db::{rfc5911, rfc5912};
use der::{Decode as _, Encode as _};
use serde_json::Value;
use tatami_core::time::{DAY, Timestamp};
use x509_cert::attr::Attribute;
use x509_cert::serial_number::SerialNumber;

use super::{Bench, PRICE, apple_recipient, bench, card, now, with};
use crate::apple::cms::{ContentInfo, SignerInfo};
use crate::apple::marker;
use crate::apple::token::Token;
use crate::make::apple::{Certificates, write};
use crate::make::signature::{attribute, attributes, sign};
use crate::make::{AppleIssuer, Payment};
use crate::{PrivateKey, TokenError};

/// A token whose signature was changed.
fn altered(json: &str, change: impl FnOnce(&mut ContentInfo)) -> String {
    with(json, "/signature", |value| {
        let bytes = STANDARD
            .decode(value.as_str().expect("a text"))
            .expect("base64");
        let mut info = ContentInfo::from_der(&bytes).expect("a signature");
        change(&mut info);
        *value = STANDARD.encode(info.to_der().expect("DER")).into();
    })
}

/// A token whose signer was changed.
fn altered_signer(json: &str, change: impl FnOnce(&mut SignerInfo)) -> String {
    altered(json, |info| {
        let mut signers = std::mem::take(&mut info.content.signers).into_vec();
        change(&mut signers[0]);
        info.content.signers = SetOfVec::try_from(signers).expect("a set");
    })
}

fn flip(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

#[test]
fn every_part_of_the_signer_is_checked() {
    let mut bench = bench();
    let json = bench.apple_token();
    let error =
        |change: fn(&mut SignerInfo)| bench.open_apple(&altered_signer(&json, change)).err();
    for at in [0, 5, 20, 60] {
        let changed = altered_signer(&json, |signer| {
            let bytes = flip(signer.signature.as_bytes(), at);
            signer.signature = OctetString::new(bytes).expect("octets");
        });
        assert_eq!(
            bench.open_apple(&changed).err(),
            Some(TokenError::Signature),
            "{at}"
        );
    }
    let other_serial =
        error(|signer| signer.id.serial = SerialNumber::new(&[9]).expect("a number"));
    assert_eq!(other_serial, Some(TokenError::Signer));
    let other_issuer = error(|signer| signer.id.issuer = "CN=Else".parse().expect("a name"));
    assert_eq!(other_issuer, Some(TokenError::Signer));
    let other_digest = error(|signer| signer.digest_algorithm.oid = rfc5912::ID_SHA_384);
    assert_eq!(other_digest, Some(TokenError::Algorithm));
    let other_algorithm =
        error(|signer| signer.signature_algorithm.oid = rfc5912::ECDSA_WITH_SHA_384);
    assert_eq!(other_algorithm, Some(TokenError::Algorithm));
}

#[test]
fn every_signed_attribute_is_signed() {
    let mut bench = bench();
    let json = bench.apple_token();
    for index in 0..3 {
        let changed = altered_signer(&json, |signer| {
            let mut all = std::mem::take(&mut signer.attributes).into_vec();
            let value = all[index]
                .values
                .get(0)
                .expect("a value")
                .to_der()
                .expect("DER");
            let last = value.len() - 1;
            let other = Any::from_der(&flip(&value, last)).expect("a value");
            all[index].values = SetOfVec::try_from(vec![other]).expect("a set");
            signer.attributes = SetOfVec::try_from(all).expect("a set");
        });
        assert_eq!(
            bench.open_apple(&changed).err(),
            Some(TokenError::Signature),
            "{index}"
        );
    }
}

#[test]
fn a_signature_has_one_form() {
    let mut bench = bench();
    let json = bench.apple_token();
    let malformed = Some(TokenError::Malformed("signature"));
    let error = |change: fn(&mut ContentInfo)| bench.open_apple(&altered(&json, change)).err();
    assert_eq!(
        error(|info| info.content_type = rfc5911::ID_DATA),
        malformed
    );
    let contents = error(|info| info.content.contents.content_type = rfc5911::ID_SIGNED_DATA);
    assert_eq!(contents, malformed);
    assert_eq!(
        error(|info| info.content.signers = SetOfVec::new()),
        malformed
    );
    assert_eq!(
        error(|info| info.content.certificates = SetOfVec::new()),
        Some(TokenError::LeafMarker)
    );
}

/// A token whose attributes are others, and signed.
fn signed_anew(bench: &mut Bench, change: impl FnOnce(&mut Vec<Attribute>)) -> String {
    let mut token = Token::read(&bench.apple_token()).expect("a token");
    let mut all = attributes(&token.signed_content(), now()).expect("attributes");
    change(&mut all);
    token.signature = sign(&bench.apple, all).expect("a signature");
    write(&token).expect("a token")
}

#[test]
fn each_attribute_must_be_there_once() {
    let mut bench = bench();
    let malformed = Some(TokenError::Malformed("signature"));
    for index in 0..3 {
        let lacking = signed_anew(&mut bench, |all| drop(all.remove(index)));
        assert_eq!(bench.open_apple(&lacking).err(), malformed, "{index}");
        let emptied = signed_anew(&mut bench, |all| all[index].values = SetOfVec::new());
        assert_eq!(bench.open_apple(&emptied).err(), malformed, "{index}");
    }
    let twice = signed_anew(&mut bench, |all| {
        let other = OctetString::new([0; 32].as_slice()).expect("octets");
        all.push(attribute(rfc5911::ID_MESSAGE_DIGEST, &other).expect("an attribute"));
    });
    assert_eq!(bench.open_apple(&twice).err(), malformed);
    let two_values = signed_anew(&mut bench, |all| {
        let mut values = all[2].values.iter().cloned().collect::<Vec<_>>();
        values.push(Any::null());
        all[2].values = SetOfVec::try_from(values).expect("a set");
    });
    assert_eq!(bench.open_apple(&two_values).err(), malformed);
    let odd_type = signed_anew(&mut bench, |all| {
        all[0] = attribute(rfc5911::ID_CONTENT_TYPE, &rfc5911::ID_SIGNED_DATA).expect("one");
    });
    assert_eq!(bench.open_apple(&odd_type).err(), malformed);
    let odd_time = signed_anew(&mut bench, |all| {
        all[1] = attribute(rfc5911::ID_SIGNING_TIME, &Any::null()).expect("one");
    });
    assert_eq!(
        bench.open_apple(&odd_time).err(),
        Some(TokenError::Malformed("signingTime"))
    );
    assert!(
        bench
            .open_apple(&signed_anew(&mut super::bench(), |_| ()))
            .is_ok()
    );
}

type Change = fn(&mut Certificates);

/// What becomes of a token that is signed with other certificates.
fn error_with(change: Change) -> Option<TokenError> {
    let mut entropy = super::Seeded(3);
    let mut certificates = Certificates::proper(now());
    change(&mut certificates);
    let issuer = AppleIssuer::with(&certificates, &mut entropy, now()).expect("an issuer");
    let recipient = apple_recipient(&issuer, PrivateKey::generate(&mut entropy));
    let payment = Payment {
        card: &card(),
        amount: PRICE,
    };
    let token = issuer.token(&recipient, &payment, &mut entropy, now());
    recipient.open(&token.expect("a token"), now()).err()
}

const PAST: fn() -> (Timestamp, Timestamp) = || (now() - DAY * 2, now() - DAY);
const FUTURE: fn() -> (Timestamp, Timestamp) = || (now() + DAY, now() + DAY * 2);

#[test]
fn certificates_are_what_they_should_be() {
    assert_eq!(error_with(|_| ()), None);
    let cases: [(Change, TokenError); 10] = [
        (|all| all.leaf_marker = None, TokenError::LeafMarker),
        (
            |all| all.leaf_marker = Some(rfc5911::ID_DATA),
            TokenError::LeafMarker,
        ),
        (
            |all| all.leaf_marker = Some(marker::INTERMEDIATE),
            TokenError::LeafMarker,
        ),
        (
            |all| all.intermediate_marker = None,
            TokenError::IntermediateMarker,
        ),
        (
            |all| all.intermediate_marker = Some(rfc5911::ID_DATA),
            TokenError::IntermediateMarker,
        ),
        (|all| all.is_authority = false, TokenError::Chain),
        (|all| all.leaf_of_root = true, TokenError::Chain),
        (|all| all.leaf_valid = PAST(), TokenError::CertificateTime),
        (|all| all.leaf_valid = FUTURE(), TokenError::CertificateTime),
        (
            |all| all.intermediate_valid = PAST(),
            TokenError::CertificateTime,
        ),
    ];
    for (number, (change, error)) in cases.into_iter().enumerate() {
        assert_eq!(error_with(change), Some(error), "case {number}");
    }
}

#[test]
fn no_byte_of_a_certificate_can_be_changed() {
    let mut bench = bench();
    let json = bench.apple_token();
    let originals = [bench.apple.leaf.clone(), bench.apple.intermediate.clone()];
    for (which, original) in originals.iter().enumerate() {
        for at in (4..original.len()).step_by(3) {
            let Ok(changed) = Any::from_der(&flip(original, at)) else {
                continue;
            };
            let other = Any::from_der(&originals[1 - which]).expect("a certificate");
            let token = altered(&json, |info| {
                let both = SetOfVec::try_from(vec![changed, other]);
                info.content.certificates = both.expect("a set");
            });
            assert!(
                bench.open_apple(&token).is_err(),
                "byte {at} of certificate {which}"
            );
        }
    }
}

#[test]
fn a_signature_that_is_cut_off_is_refused() {
    let mut bench = bench();
    let json = bench.apple_token();
    let whole: Value = serde_json::from_str(&json).expect("JSON");
    let whole = STANDARD
        .decode(whole["signature"].as_str().expect("a text"))
        .expect("base64");
    for length in (0..whole.len()).step_by(7) {
        let cut = with(&json, "/signature", |value| {
            *value = STANDARD.encode(&whole[..length]).into()
        });
        let error = Some(TokenError::Malformed("signature"));
        assert_eq!(bench.open_apple(&cut).err(), error, "{length}");
    }
}

#[test]
fn a_signature_in_ber_may_not_be_endlessly_nested() {
    let mut bench = bench();
    let json = bench.apple_token();
    let nested = [0x30, 0x80].repeat(5_000);
    let deep = with(&json, "/signature", |value| {
        *value = STANDARD.encode(&nested).into()
    });
    assert_eq!(
        bench.open_apple(&deep).err(),
        Some(TokenError::Malformed("signature"))
    );
}
