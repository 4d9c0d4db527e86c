//! Receipts, and what an event says.

use super::*;
use crate::time::DAY;

#[test]
fn receipts_go_to_valid_addresses_of_paid_intents() {
    let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
    let send = |emails: &[&str]| {
        let emails: Vec<String> = emails.iter().map(|e| (*e).to_owned()).collect();
        move |i: &PaymentIntent, f: &mut Facts<'_>| i.send_receipt(emails.clone(), f)
    };
    assert!(matches!(
        desk.run(send(&["a@shop.example"])),
        Err(Refusal::Conflict(_))
    ));
    let mut desk = paid(CaptureMode::Auto);
    desk.run(send(&["a@shop.example", "b.c+d@x-y.co.uk"]))
        .expect("paid");
    assert_eq!(fields(desk.run(send(&[])).expect_err("none")), ["Emails"]);
    assert_eq!(
        fields(
            desk.run(send(&["a@shop.example"; 21]))
                .expect_err("too many")
        ),
        ["Emails"]
    );
    let bad = [
        "a",
        "a@b",
        "a@@b.c",
        ".a@b.co",
        "a..b@c.de",
        "a b@c.de",
        "a@-b.co",
        "a@b..co",
        "a\r\nBcc: x@y.zz@b.co",
    ];
    assert_eq!(
        fields(desk.run(send(&bad)).expect_err("all bad")).len(),
        bad.len()
    );
}

#[test]
fn a_receipt_goes_out_by_itself_when_the_address_is_known() {
    let mut known = draft(1000, CaptureMode::Auto);
    known.details.customer = Some(Customer {
        email_address: Some("p@shop.example".to_owned()),
        ..Customer::default()
    });
    let mut desk = Desk::open(known);
    desk.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f))
        .expect("payable");
    let attempt = desk.intent.attempt.clone().expect("open");
    let facts = &mut Facts {
        now: desk.now,
        entropy: &mut desk.entropy,
    };
    let decision = desk
        .intent
        .conclude(&attempt.id, Outcome::Approved(approval()), facts)
        .expect("open");
    assert_eq!(decision.receipts, ["p@shop.example"]);
    let kinds: Vec<_> = decision.events.iter().map(|e| e.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            EventType::PAYMENT_INTENT_STATUS_UPDATED,
            EventType::PAYMENT_INTENT_SEND_RECEIPT
        ]
    );
    assert!(
        desk.intent
            .due_at()
            .is_none_or(|t| t <= desk.now + 31 * DAY)
    );
}

#[test]
fn the_payload_has_the_published_form() {
    let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
    desk.intent.id = PaymentIntentId::parse("pi_vpwd4ooAPEqyNAQe4z89WQ").expect("published");
    let facts = &mut Facts {
        now: at("2022-02-01T13:07:41.8667859Z"),
        entropy: &mut desk.entropy,
    };
    let event = Event {
        id: EventId::parse("evt_hnnHxIKR_Uy6bhZCusCltw").expect("published"),
        ..desk.intent.event(EventType::PAYMENT_INTENT_CREATED, facts)
    };
    let expected = r#"{"id":"evt_hnnHxIKR_Uy6bhZCusCltw","event":"payment_intent.created","accountId":"ACC","createdAt":"2022-02-01T13:07:41.8667859Z","data":{"paymentIntentId":"pi_vpwd4ooAPEqyNAQe4z89WQ","paymentStatus":"Created","captureMode":"Auto"}}"#;
    assert_eq!(
        event.payload(),
        expected.replace("ACC", scope().account.as_str())
    );
}
