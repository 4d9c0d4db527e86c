//! JSON-RPC 2.0 as POS systems speak it over a WebSocket: texts to values and back.
//! Every text can be read; how large it may be is bounded where it is received.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::contract::PosFault;

/// Unknown method and invalid parameters: the same request will never be accepted.
const NEVER_UNDERSTOOD: [i64; 2] = [-32601, -32602];

/// What a text was.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The answer to a request.
    Answer {
        /// The id of the request.
        id: String,
        /// What came of it.
        outcome: Outcome,
    },
    /// A request of the POS; one without an id is a notification.
    Request {
        /// Its id, which the answer repeats.
        id: Option<Value>,
        /// The method.
        method: String,
        /// The parameters.
        params: Value,
    },
    /// Neither, and why.
    Nonsense(&'static str),
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The result.
    Result(Value),
    /// The POS refused it.
    Fault(PosFault),
    /// There was neither a result nor an error.
    Nonsense,
}

/// Every property that a message may have. In answers `method` may be there or not.
#[derive(Deserialize)]
struct Parts {
    id: Option<Value>,
    method: Option<Value>,
    params: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    error: Option<Value>,
}

/// Distinguishes a result that is `null` from none.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// Reads a text.
pub fn read(text: &str) -> Message {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Message::Nonsense("The text is not JSON.");
    };
    if !value.is_object() {
        return Message::Nonsense("The text is not a JSON object.");
    }
    let Ok(parts) = Parts::deserialize(value) else {
        return Message::Nonsense("The text is not a JSON-RPC message.");
    };
    let is_answer = parts.result.is_some() || parts.error.is_some();
    match (is_answer, parts.method, parts.id) {
        (true, _, Some(Value::String(id))) => Message::Answer {
            id,
            outcome: outcome(parts.result, parts.error),
        },
        (true, _, _) => Message::Nonsense("The answer has no id that is a string."),
        (false, Some(Value::String(method)), id) => Message::Request {
            id,
            method,
            params: parts.params.unwrap_or_default(),
        },
        (false, _, Some(Value::String(id))) => Message::Answer {
            id,
            outcome: Outcome::Nonsense,
        },
        (false, _, _) => Message::Nonsense("The message has neither a method nor a result."),
    }
}

fn outcome(result: Option<Value>, error: Option<Value>) -> Outcome {
    match (error, result) {
        (Some(error), _) => Outcome::Fault(fault(&error)),
        (None, Some(result)) => match PosFault::in_result(&result) {
            Some(fault) => Outcome::Fault(fault),
            None => Outcome::Result(result),
        },
        (None, None) => Outcome::Nonsense,
    }
}

/// An error in any of its forms: the one of JSON-RPC, with or without what the POS says
/// in `data`, and the one of the contract.
fn fault(error: &Value) -> PosFault {
    let data = PosFault::read(&error["data"]);
    let own = PosFault::read(error);
    let code = error["code"].as_i64();
    PosFault {
        kind: own.kind.or(data.kind),
        message: own.message.or(data.message),
        is_final: code.is_some_and(|code| NEVER_UNDERSTOOD.contains(&code)),
    }
}

/// A request.
pub fn request(id: &str, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// The answer to a request of the POS.
pub fn result(id: &Value, result: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()
}

/// The refusal of a request of the POS.
pub fn error(id: &Value, code: i64, message: &str) -> String {
    let error = json!({ "code": code, "message": message });
    json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::FaultKind;
    use proptest::prelude::*;

    fn outcome_of(text: &str) -> Outcome {
        match read(text) {
            Message::Answer { id, outcome } if id == "a" => outcome,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_answer_is_read_with_and_without_a_method() {
        for text in [
            r#"{"jsonrpc":"2.0","id":"a","result":{"x":1}}"#,
            r#"{"jsonrpc":"2.0","id":"a","method":"ListAreasV1","result":{"x":1}}"#,
            r#"{"id":"a","error":null,"result":{"x":1}}"#,
        ] {
            assert_eq!(outcome_of(text), Outcome::Result(json!({ "x": 1 })));
        }
        let nothing = r#"{"id":"a","result":null}"#;
        assert_eq!(outcome_of(nothing), Outcome::Result(Value::Null));
        assert_eq!(outcome_of(r#"{"id":"a"}"#), Outcome::Nonsense);
    }

    #[test]
    fn an_error_is_read_in_every_form() {
        let conflict = Some(FaultKind::Conflict);
        for (text, kind, is_final) in [
            (
                r#"{"errorType":"Conflict","debugMessage":"No."}"#,
                conflict,
                false,
            ),
            (r#"{"code":-32000,"message":"No."}"#, None, false),
            (r#"{"code":-32601,"message":"No."}"#, None, true),
            (r#"{"code":-32602,"message":"No."}"#, None, true),
            (
                r#"{"code":1,"data":{"errorType":"Conflict","debugMessage":"No."}}"#,
                conflict,
                false,
            ),
        ] {
            let fault = PosFault {
                kind,
                message: Some("No.".to_owned()),
                is_final,
            };
            let text = format!(r#"{{"id":"a","error":{text}}}"#);
            assert_eq!(outcome_of(&text), Outcome::Fault(fault), "{text}");
        }
        let legacy = r#"{"id":"a","result":{"errorType":"NotFound"}}"#;
        let Outcome::Fault(fault) = outcome_of(legacy) else {
            panic!("a fault");
        };
        assert_eq!(fault.kind, Some(FaultKind::NotFound));
        assert!(matches!(
            outcome_of(r#"{"id":"a","error":"no"}"#),
            Outcome::Fault(_)
        ));
    }

    #[test]
    fn a_request_of_a_pos_is_told_from_an_answer() {
        let request = r#"{"jsonrpc":"2.0","method":"SubmitEventV1","params":{"a":1}}"#;
        let (method, params) = ("SubmitEventV1".to_owned(), json!({ "a": 1 }));
        let expected = Message::Request {
            id: None,
            method,
            params,
        };
        assert_eq!(read(request), expected);
    }

    #[test]
    fn what_is_neither_is_nonsense() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "{",
            "[]",
            "1",
            "null",
            r#"{"id":1,"result":{}}"#,
            r#"{"result":{}}"#,
            r#"{"method":1}"#,
            "{}",
            deep.as_str(),
        ] {
            assert!(matches!(read(text), Message::Nonsense(_)), "{text:.20}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-zA-Z]{0,8}".prop_map(Value::from),
        ];
        let names = prop::sample::select(vec![
            "id",
            "method",
            "params",
            "result",
            "error",
            "code",
            "data",
            "errorType",
            "message",
        ]);
        leaf.prop_recursive(4, 64, 6, move |inner| {
            let object = prop::collection::vec((names.clone(), inner.clone()), 0..6);
            let named = |(name, value): (&str, Value)| (name.to_owned(), value);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                object.prop_map(move |parts| parts.into_iter().map(named).collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,200}") {
            read(&text);
        }

        #[test]
        fn any_json_is_read(value in any_json()) {
            read(&value.to_string());
        }

        #[test]
        fn what_is_written_is_read_again(id in ".{1,40}", value in any_json()) {
            let text = request(&id, "ListAreasV1", &value);
            let expected = Message::Request {
                id: Some(Value::from(id.as_str())),
                method: "ListAreasV1".to_owned(),
                params: serde_json::from_str(&value.to_string()).expect("JSON"),
            };
            prop_assert_eq!(read(&text), expected);
            let answer = read(&result(&Value::from(id.as_str()), &json!({ "x": 1 })));
            let outcome = Outcome::Result(json!({ "x": 1 }));
            prop_assert_eq!(answer, Message::Answer { id, outcome });
        }
    }
}
