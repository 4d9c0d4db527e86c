use serde::Deserialize as _;
use serde_json::{Value, json};
use tatami_core::problem::Violation;

use super::{Shape, Tree};

fn shape() -> Shape {
    let document = json!({ "schemas": {
        "Money": {
            "type": "object",
            "required": ["value", "currencyCode"],
            "properties": {
                "value": { "type": "integer", "format": "int64" },
                "currencyCode": { "type": "string", "minLength": 1, "maxLength": 10 },
            },
        },
        "Mode": { "type": "string", "enum": ["Auto", "Manual"] },
    } });
    let schema = json!({
        "type": "object",
        "required": ["amount", "reference"],
        "properties": {
            "amount": { "$ref": "#/schemas/Money" },
            "tips": { "oneOf": [{ "type": "null" }, { "$ref": "#/schemas/Money" }] },
            "reference": { "type": "string", "minLength": 1, "maxLength": 5 },
            "description": { "type": ["string", "null"] },
            "mode": { "$ref": "#/schemas/Mode" },
            "at": { "type": ["string", "null"], "format": "date-time" },
            "hold": { "type": ["string", "null"], "format": "timespan" },
            "url": { "type": ["string", "null"], "format": "uri" },
            "count": { "type": "integer", "format": "int32", "minimum": 1.0, "maximum": 100 },
            "sure": { "type": "boolean" },
            "metadata": {
                "type": ["object", "null"],
                "additionalProperties": { "type": "string" },
            },
            "lines": { "type": ["array", "null"], "items": {
                "type": "object",
                "required": ["total"],
                "properties": {
                    "total": { "oneOf": [{ "type": "null" }, { "$ref": "#/schemas/Money" }] },
                    "name": { "type": "string", "maxLength": 3 },
                },
            } },
        },
    });
    Shape::compile(&document, &schema)
}

fn read_raw(value: Value) -> (Value, Vec<Violation>) {
    read_but(value, &|_| false)
}

fn read_but(value: Value, excuses: &dyn Fn(&Violation) -> bool) -> (Value, Vec<Violation>) {
    read_text(&value.to_string(), excuses)
}

fn read_text(text: &str, excuses: &dyn Fn(&Violation) -> bool) -> (Value, Vec<Violation>) {
    let shape = shape();
    let tree = Tree::parse(text).expect("JSON");
    let (read, broken) = shape.read(tree, excuses);
    (Value::deserialize(read).expect("any JSON"), broken)
}

fn order(changes: Value) -> Value {
    let mut order = json!({
        "amount": { "value": 1000, "currencyCode": "GBP" },
        "reference": "45",
    });
    for (name, value) in changes.as_object().expect("an object") {
        order[name] = value.clone();
    }
    order
}

fn read(changes: Value) -> Value {
    let (value, broken) = read_raw(order(changes));
    assert_eq!(broken, []);
    value
}

fn broken(value: Value) -> Vec<(String, String)> {
    let (_, broken) = read_raw(value);
    let pair = |v: Violation| (v.field, v.rule);
    broken.into_iter().map(pair).collect()
}

fn blames(changes: Value) -> Vec<String> {
    broken(order(changes)).into_iter().map(|(f, _)| f).collect()
}

#[test]
fn names_come_in_any_case_and_unknown_ones_are_left_out() {
    let (value, broken) = read_raw(json!({
        "Amount": { "VALUE": 560, "CurrencyCode": "GBP", "extra": 1 },
        "REFERENCE": "45",
        "somethingNew": { "deep": [1] },
        "MetaData": { "KeepThis": "x" },
    }));
    assert_eq!(broken, []);
    assert_eq!(
        value,
        json!({
            "amount": { "value": 560, "currencyCode": "GBP" },
            "reference": "45",
            "metadata": { "KeepThis": "x" },
        })
    );
}

#[test]
fn of_a_property_given_twice_the_last_counts() {
    let text = r#"{
        "count": 0, "reference": "1", "metadata": { "k": 1, "K": "x", "k": "y" },
        "amount": { "value": 1.5 }, "Reference": "2", "COUNT": "",
        "Amount": { "value": 7, "currencyCode": "GBP", "currencyCode": "EUR" }
    }"#;
    let (value, broken) = read_text(text, &|_| false);
    assert_eq!(broken, []);
    assert_eq!(
        value,
        json!({
            "amount": { "value": 7, "currencyCode": "EUR" },
            "reference": "2",
            "metadata": { "k": "y", "K": "x" },
        })
    );
}

#[test]
fn integers_may_be_texts_but_not_fractions() {
    assert_eq!(read(json!({ "count": "7" }))["count"], 7);
    assert_eq!(read(json!({ "count": 7.0 }))["count"], 7);
    assert_eq!(read(json!({ "count": " 7 " }))["count"], 7);
    for wrong in [
        json!(7.5),
        json!("7.5"),
        json!("many"),
        json!(true),
        json!({}),
    ] {
        assert_eq!(blames(json!({ "count": wrong })), ["Count"], "{wrong}");
    }
    for outside in [json!(0), json!(101), json!(-1), json!(3_000_000_000_i64)] {
        assert_eq!(blames(json!({ "count": outside })), ["Count"], "{outside}");
    }
    let huge = json!({ "value": 9_223_372_036_854_775_808_u64, "currencyCode": "GBP" });
    assert_eq!(blames(json!({ "amount": huge })), ["Amount.Value"]);
}

#[test]
fn an_empty_text_stands_for_nothing() {
    let nothing = json!({
        "tips": "", "at": "", "hold": "", "url": "", "mode": "", "count": "", "sure": "",
        "metadata": "", "lines": "",
    });
    assert_eq!(read(nothing), order(json!({})));
    assert_eq!(read(json!({ "description": "" }))["description"], "");
    let null = json!({ "tips": null, "at": null, "lines": null, "count": null });
    assert_eq!(read(null), order(json!({})));
}

#[test]
fn words_are_written_as_published() {
    assert_eq!(read(json!({ "mode": "MANUAL" }))["mode"], "Manual");
    assert_eq!(
        broken(order(json!({ "mode": "Sometimes" }))),
        [(
            "Mode".to_owned(),
            "The Mode must be one of Auto, Manual.".to_owned()
        )]
    );
}

#[test]
fn moments_come_with_an_offset_or_are_utc() {
    for (written, meant) in [
        ("2022-12-01T00:00:00", "2022-12-01T00:00:00Z"),
        ("2022-12-01T00:00:00Z", "2022-12-01T00:00:00Z"),
        ("2026-11-22T23:15:50+00:00", "2026-11-22T23:15:50Z"),
        ("2026-11-22T23:15:50.5+01:00", "2026-11-22T22:15:50.5Z"),
    ] {
        assert_eq!(read(json!({ "at": written }))["at"], meant);
    }
    for wrong in [
        json!("tomorrow"),
        json!("2022-13-01T00:00:00Z"),
        json!(1_700_000_000),
    ] {
        assert_eq!(blames(json!({ "at": wrong })), ["At"], "{wrong}");
    }
}

#[test]
fn spans_are_of_the_documented_form() {
    assert_eq!(read(json!({ "hold": "7.00:00:01" }))["hold"], "7.00:00:01");
    assert_eq!(blames(json!({ "hold": "P7D" })), ["Hold"]);
}

#[test]
fn lengths_are_counted_in_characters() {
    assert_eq!(read(json!({ "reference": "ééééé" }))["reference"], "ééééé");
    assert_eq!(
        broken(order(json!({ "reference": "123456" }))),
        [(
            "Reference".to_owned(),
            "The Reference must be at most 5 characters long.".to_owned()
        )]
    );
}

#[test]
fn every_violation_is_told_at_once() {
    let all = broken(json!({
        "amount": { "value": "many" },
        "reference": "",
        "sure": "yes",
        "metadata": { "a": 1 },
        "lines": [{ "total": { "value": 1, "currencyCode": "" } }, {}, 7, null, { "total": null }],
    }));
    let fields: Vec<&str> = all.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "Amount.Value",
            "Amount.CurrencyCode",
            "Reference",
            "Sure",
            "Metadata.a",
            "Lines[0].Total.CurrencyCode",
            "Lines[1].Total",
            "Lines[2]",
            "Lines[3]",
        ]
    );
    assert!(all.contains(&(
        "Reference".to_owned(),
        "The Reference field is required.".to_owned()
    )));
}

#[test]
fn a_list_with_a_broken_item_is_left_out_whole() {
    let (value, broken) = read_raw(order(json!({ "lines": [{ "total": null }, 7] })));
    assert_eq!(broken.len(), 1);
    assert_eq!(value.get("lines"), None);
}

#[test]
fn a_body_that_is_no_object_is_refused_as_a_whole() {
    for body in [json!([]), json!(7), json!("x"), json!(null)] {
        let broken = broken(body);
        assert_eq!(broken.len(), 1);
        assert_eq!(broken[0].0, "$");
        assert_eq!(broken[0].1, "The body must be an object.");
    }
}

#[test]
fn what_is_excused_is_no_violation() {
    let lines = json!([{ "name": "Cup" }]);
    let excuses = |v: &Violation| v.field == "Lines[0].Total";
    let (value, broken) = read_but(order(json!({ "lines": lines })), &excuses);
    assert_eq!(broken, []);
    assert_eq!(value["lines"], lines);
}

#[test]
fn truth_values_come_as_words() {
    for (sent, is) in [("true", true), (" False ", false), ("TRUE", true)] {
        assert_eq!(read(json!({ "sure": sent }))["sure"], is, "{sent}");
    }
    for wrong in [json!("yes"), json!("1"), json!(1), json!("tru e")] {
        assert_eq!(blames(json!({ "sure": wrong })), ["Sure"], "{wrong}");
    }
}

/// What a schema of one property says of a body.
fn rules(property: &Value, body: &Value) -> Vec<String> {
    let schema = json!({ "type": "object", "properties": { "notes": property } });
    let shape = Shape::compile(&Value::Null, &schema);
    let body = json!({ "notes": body }).to_string();
    let (_, broken) = shape.read(Tree::parse(&body).expect("JSON"), &|_| false);
    let text = |v: Violation| format!("{}: {}", v.field, v.rule);
    broken.into_iter().map(text).collect()
}

#[test]
fn lists_and_maps_have_the_bounds_of_their_schema() {
    let list = json!({ "type": "array", "maxItems": 2, "items": { "type": "integer" } });
    assert_eq!(rules(&list, &json!([1, 2])), [""; 0]);
    let expected = ["Notes: The Notes must have at most 2 items."];
    assert_eq!(rules(&list, &json!([1, 2, 3])), expected);
    let map = json!({
        "type": "object", "maxProperties": 2, "propertyNames": { "maxLength": 4 },
        "additionalProperties": { "type": "string", "maxLength": 6 }, "x-max-bytes": 18,
    });
    assert_eq!(rules(&map, &json!({ "äöüß": "äöüßxy" })), [""; 0]);
    for (body, rule) in [
        (
            json!({ "a": "", "b": "", "c": "" }),
            "must have at most 2 keys.",
        ),
        (
            json!({ "abcde": "" }),
            "must have keys of at most 4 characters.",
        ),
        (
            json!({ "abcd": "abcdef", "abce": "abcdef" }),
            "must be at most 18 bytes in all.",
        ),
    ] {
        assert_eq!(rules(&map, &body), [format!("Notes: The Notes {rule}")]);
    }
    let expected = ["Notes.a: The a must be at most 6 characters long."];
    assert_eq!(rules(&map, &json!({ "a": "abcdefg" })), expected);
}

#[test]
fn a_name_that_could_be_a_card_number_is_not_told() {
    let map = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    for name in [
        "4456530000001005",
        "4456 5300 0000 1005",
        "n4456-5300.0000_1005",
    ] {
        let found = rules(&map, &json!({ name: 1 }));
        assert_eq!(found, ["Notes.****: The **** must be a string."], "{name}");
    }
}
