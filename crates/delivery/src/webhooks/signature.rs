//! The signature by which receivers know a webhook is ours.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that carries the signature, in the case HTTP libraries want; it
/// goes out as `Dojo-Signature`.
pub const SIGNATURE_HEADER: &str = "dojo-signature";

/// `sha256=` and the HMAC-SHA256 of the exact body, keyed with the secret's
/// text, as upper-case hexadecimal pairs joined by hyphens.
pub fn signature(body: &[u8], secret: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(body);
    let pairs: Vec<String> = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("sha256={}", pairs.join("-"))
}

#[cfg(test)]
mod tests {
    use tatami_core::account::Scope;
    use tatami_core::event::{Event, EventType, Subject};
    use tatami_core::id::{AccountId, Environment, EventId};

    use super::*;

    const BODY: &str = r#"{"id":"evt_hnnHxIKR_Uy6bhZCusCltw","event":"payment_intent.created","accountId":"acc_test","createdAt":"2022-02-01T13:07:41.8667859Z","data":{"paymentIntentId":"pi_vpwd4ooAPEqyNAQe4z89WQ","paymentStatus":"Created","captureMode":"Auto"}}"#;

    #[test]
    fn the_published_examples_come_out_bit_for_bit() {
        for (secret, published) in [
            (
                "PDYkJQq6sESYHp_zJuTTBQ",
                "sha256=4B-49-F8-FE-25-A7-E6-7D-00-4F-A7-9C-F8-0B-63-00-C7-77-B4-F2-2D-E5-E1-22-84-FA-04-18-50-A1-76-FD",
            ),
            (
                "ws_OYsyzcrH70GpJfs8MMkKpg",
                "sha256=94-AC-93-67-D6-8B-69-6D-15-A2-C2-45-40-98-B5-E7-64-72-38-C5-1F-6D-32-D0-5F-CB-91-20-A9-20-64-F4",
            ),
        ] {
            assert_eq!(signature(BODY.as_bytes(), secret), published);
        }
    }

    #[test]
    fn an_event_of_ours_has_the_published_payload() {
        // The published account id is shorter than any of ours.
        let account = AccountId::parse("acc_test000000000000").expect("an id");
        let event = Event {
            id: EventId::parse("evt_hnnHxIKR_Uy6bhZCusCltw").expect("an id"),
            kind: EventType::PAYMENT_INTENT_CREATED,
            subject: Subject {
                kind: "payment-intent".into(),
                id: "pi_vpwd4ooAPEqyNAQe4z89WQ".to_owned(),
            },
            scope: Scope {
                account,
                environment: Environment::Production,
            }
            .into(),
            at: "2022-02-01T13:07:41.8667859Z".parse().expect("a moment"),
            data: r#"{"paymentIntentId":"pi_vpwd4ooAPEqyNAQe4z89WQ","paymentStatus":"Created","captureMode":"Auto"}"#.to_owned(),
        };
        assert_eq!(
            event.payload().replace("acc_test000000000000", "acc_test"),
            BODY
        );
    }
}
