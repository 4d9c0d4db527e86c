//! What the wire types write when there is as little in them as can be, and what holds a
//! card.

use serde_json::{Value, json};
use tatami_core::card::{CardEntry, CardNumber, Cv2, Expiry};
use tatami_core::secret::SecretText;

use crate::controls::wire::{WebhookAttempt, WebhookDelivery};
use crate::machines::controls::Pressed;
use crate::machines::wire::CardMachineActionRequest;
use crate::machines::{Action, Press};

#[test]
fn what_is_absent_is_left_out() {
    let delivery = WebhookDelivery {
        event_id: String::new(),
        event: String::new(),
        subscription_id: String::new(),
        url: String::new(),
        state: String::new(),
        created_at: String::new(),
        next_attempt_at: None,
        payload: String::new(),
        attempts: vec![WebhookAttempt {
            at: String::new(),
            status: None,
            answer: String::new(),
            took_ms: 0,
        }],
    };
    let text = serde_json::to_string(&delivery).expect("JSON");
    assert!(!text.contains("null"), "{text}");
}

#[test]
fn every_written_type_leaves_out_what_is_absent() {
    let mut seen = 0;
    for source in [
        include_str!("controls/wire.rs"),
        include_str!("machines/wire.rs"),
    ] {
        for item in source.split("\n}\n") {
            let Some((before, fields)) = item.split_once("\npub struct ") else {
                continue;
            };
            let attributes = before.rsplit("\n\n").next().unwrap_or_default();
            if attributes.contains("Serialize") && fields.contains(": Option<") {
                let left_out = attributes.contains("skip_serializing_none");
                assert!(left_out, "{fields}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 5, "only {seen} were seen");
}

#[test]
fn what_holds_a_card_prints_as_a_mask() {
    let request: CardMachineActionRequest = serde_json::from_value(json!({
        "card": "4456530000001005", "number": "4456530000001005", "expiry": "12/39",
        "cv2": "020", "digits": "1234",
    }))
    .expect("a request");
    let number = CardNumber::parse("4456530000001005").expect("a card number");
    let typed = Pressed::Typed(CardEntry {
        cv2: Cv2::parse("020", number.scheme()),
        number,
        expiry: Expiry { year: 0, month: 0 },
        holder: String::new(),
    });
    let secret = |text: &str| SecretText::from(text.to_owned());
    for shown in [
        format!("{request:?}"),
        format!("{:?}", Pressed::Pin(secret("1234"))),
        format!(
            "{:?}",
            Pressed::Card(Action::Insert, secret("4456530000001005"))
        ),
        format!("{:?}", Press::Pin(secret("1234"))),
        format!("{typed:?}").replace("year: 0, month: 0", ""),
    ] {
        let rest = shown.replace("cv2", "").replace("Cv2", "");
        assert!(!rest.contains(|c: char| c.is_ascii_digit()), "{shown}");
    }
}

/// They are the API reference: "Its id." tells its readers nothing.
#[test]
fn descriptions_say_more_than_the_name() {
    fn short(at: &str, value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(all) => {
                for (name, value) in all {
                    let at = format!("{at}/{name}");
                    match value.as_str() {
                        Some(text) if name == "description" => {
                            if text.split_whitespace().count() <= 3 {
                                found.push(format!("{at}: {text}"));
                            }
                        }
                        _ => short(&at, value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| short(at, item, found)),
            _ => {}
        }
    }
    let document = serde_json::to_value(crate::described()).expect("JSON");
    let schemas = document["components"]["schemas"].as_object();
    for (name, schema) in schemas.expect("schemas") {
        let all_of = schema["allOf"].is_array();
        assert!(schema["description"].is_string() || all_of, "{name}");
    }
    let mut found = Vec::new();
    short("", &document, &mut found);
    assert!(found.is_empty(), "{found:#?}");
}
