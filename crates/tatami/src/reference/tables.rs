//! What else is listed: events, codes, test cards and the prefixes of ids.

use tatami_acquirer::{ONE_TIME_CODE, TEST_CARDS};
use tatami_checkout::{STATUS_CODES, field_errors as errors_of_fields};
use tatami_core::event::EventType;
use tatami_core::id;
use tatami_epos::capability::Capability;
use tatami_epos::contract::PosEventKind;

use super::webhooks::summary;

/// The events that webhooks and POS systems get.
pub fn events() -> String {
    let rows = EventType::ALL.map(|kind| {
        let name = kind.name();
        let capability = Capability::of_event(name);
        let capability = capability.map(|it| format!("`{}`", it.name()));
        format!(
            "| `{name}` | {} | {} |\n",
            summary(&kind),
            capability.unwrap_or_default()
        )
    });
    format!(
        "| event | when | capability of a POS |\n| --- | --- | --- |\n{}",
        rows.concat()
    )
}

/// The events that a POS submits.
pub fn pos_events() -> String {
    let rows = PosEventKind::ALL
        .map(|kind| format!("| `{}` | `{}` |\n", kind.event_type(), kind.id_property()));
    format!("| event | id in it |\n| --- | --- |\n{}", rows.concat())
}

/// The capabilities of a POS.
pub fn capabilities() -> String {
    let row = |capability: Capability| {
        let name = capability.name();
        let method = capability.rpc_method();
        let rest = capability.rest();
        let rest = rest.map(|(method, path)| format!("`{method} {path}`"));
        format!(
            "| `{name}` | {} | `{method}` |\n",
            rest.unwrap_or_else(|| "not published".to_owned())
        )
    };
    let rows = Capability::ALL.map(row);
    format!(
        "| capability | over REST | over a WebSocket |\n| --- | --- | --- |\n{}",
        rows.concat()
    )
}

/// The codes of component endpoints.
pub fn status_codes() -> String {
    let rows = STATUS_CODES.map(|(code, said)| format!("| `{code}` | {said} |\n"));
    format!(
        "| `statusCode` | meaning |\n| --- | --- |\n{}",
        rows.concat()
    )
}

/// What component endpoints find wrong with fields.
pub fn field_errors() -> String {
    let rows = errors_of_fields().map(|(kind, said)| format!("| `{kind}` | {said} |\n"));
    let rows: String = rows.collect();
    format!("| `errorType` | message to the payer |\n| --- | --- |\n{rows}")
}

/// The prefixes of ids.
pub fn ids() -> String {
    let all = id::ORDERED_IDS.iter().chain(id::HEX_IDS);
    let rows: String = all
        .map(|(prefix, what)| format!("| `{prefix}` | {what} |\n"))
        .collect();
    format!("| prefix | of |\n| --- | --- |\n{rows}")
}

/// The test cards of the sandbox.
pub fn test_cards() -> String {
    let mut text = String::new();
    let mut group = None;
    for card in TEST_CARDS {
        if group != Some(card.group) {
            group = Some(card.group);
            text.push_str(&format!(
                "\n## {}\n\n| number | card | 3-D Secure | CV2 | what happens |\n| --- | --- | --- | --- | --- |\n",
                card.group.title()
            ));
        }
        text.push_str(&format!(
            "| `{}` | {} {} | {} | `{}` | {}. {} |\n",
            card.number,
            card.scheme.title(),
            card.funding.name(),
            card.three_ds.title(),
            card.cv2,
            card.title,
            card.description,
        ));
    }
    format!("The code that the bank's page asks for is `{ONE_TIME_CODE}`.\n{text}")
}
