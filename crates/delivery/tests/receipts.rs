//! What receipts say.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

use std::sync::Arc;

use tatami_core::account::{Account, Scope};
use tatami_core::card::{CardSummary, Expiry, Scheme};
use tatami_core::id::{AccountId, AttemptId, CaptureId, Environment, RefundId};
use tatami_core::money::{Currency, Money};
use tatami_core::payment_intent::{
    AmountDraft, Authorization, AutoExpireAction, Capture, CaptureMode, Config, Draft, ItemLine,
    Modifier, PaymentIntent, Refund, Status, TaxLine, create,
};
use tatami_core::time::Timestamp;
use tatami_core::{Entropy, Facts};
use tatami_delivery::HtmlReceipts;
use tatami_engine::ports::mail::{Receipt, Receipts};

const TAIL: &str = "0123456789abcdefghijkl";

struct Nines;
impl Entropy for Nines {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(9);
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn account() -> Account {
    Account {
        id: AccountId::parse(&format!("acc_{TAIL}")).expect("an id"),
        name: "The Corner Bakery".to_owned(),
        time_zone: Account::DEFAULT_TIME_ZONE.to_owned(),
        permissions: Default::default(),
        merchant: Default::default(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn pounds(minor: i64) -> Money {
    Money::new(minor, Currency::Gbp)
}

/// A paid intent: £10.00, £1.50 tips and 50p service charge.
fn paid(mode: CaptureMode, environment: Environment) -> PaymentIntent {
    let draft = |value| {
        Some(AmountDraft {
            value,
            currency_code: "GBP".to_owned(),
        })
    };
    let mut wish = Draft {
        capture_mode: Some(mode),
        amount: draft(1_000),
        tips: draft(150),
        service_charge: draft(50),
        auto_expire_action: (mode == CaptureMode::Manual).then_some(AutoExpireAction::Release),
        ..Draft::default()
    };
    wish.details.reference = "Order-0001".to_owned();
    wish.details.description = Some("Two breakfasts".to_owned());
    let scope = Scope {
        account: account().id,
        environment,
    };
    let now = at("2026-07-01T11:30:00Z");
    let facts = &mut Facts {
        now,
        entropy: &mut Nines,
    };
    let created = create(scope, wish, facts).expect("a valid draft");
    let mut intent = Arc::unwrap_or_clone(created.intent);
    intent.status = match mode {
        CaptureMode::Auto => Status::Captured,
        CaptureMode::Manual => Status::Authorized,
    };
    intent.authorization = Some(Box::new(Authorization {
        payment_method: None,
        reference: AttemptId::parse(&format!("att_{TAIL}")).expect("an id"),
        amount: intent.total(),
        first_amount: None,
        transaction_id: "230101".to_owned(),
        auth_code: "A1B2C3".to_owned(),
        message: "DEPOSITED".to_owned(),
        card: CardSummary {
            masked: "44565300****1096".to_owned(),
            last4: "1096".to_owned(),
            expiry: Expiry::parse("12/30").expect("a month"),
            scheme: Scheme::Visa,
            holder: "Ada Payer".to_owned(),
            funding: "Debit".to_owned(),
            wallet: None,
        },
        avs_result: None,
        network_reference: None,
        at: now,
        hold_until: None,
        end_hold_at: None,
        released: false,
        in_person: None,
    }));
    intent
}

fn capture(intent: &mut PaymentIntent, amount: i64) {
    intent.status = Status::Captured;
    intent.captures.push(Capture {
        id: CaptureId::parse(&format!("cp_{TAIL}")).expect("an id"),
        amount,
        tips: None,
        at: intent.created_at,
    });
}

fn refund(intent: &mut PaymentIntent, amount: i64) {
    intent.refunds.push(Refund {
        id: RefundId::parse(&format!("rfnd_{TAIL}")).expect("an id"),
        amount,
        reason: None,
        notes: None,
        at: intent.created_at,
    });
}

fn write(intent: &PaymentIntent) -> Receipt {
    HtmlReceipts.write(&account(), intent)
}

/// Both parts say each of these.
fn says(receipt: &Receipt, all: &[&str]) {
    for wanted in all {
        assert!(
            receipt.html.contains(wanted),
            "{wanted} in {}",
            receipt.html
        );
        assert!(
            receipt.text.contains(wanted),
            "{wanted} in {}",
            receipt.text
        );
    }
}

#[test]
fn a_receipt_names_whom_the_payer_paid() {
    let mut intent = paid(CaptureMode::Auto, Environment::Production);
    for (title, named) in [
        (Some("Corner\nCakes"), "Corner Cakes"),
        (Some("  "), "The Corner Bakery"),
        (None, "The Corner Bakery"),
    ] {
        intent.details.config = Some(Config {
            title: title.map(str::to_owned),
            ..Config::default()
        });
        let receipt = write(&intent);
        assert_eq!(receipt.subject, format!("Your receipt from {named}"));
        says(&receipt, &[named, &format!("Please ask {named}")]);
    }
}

#[test]
fn a_receipt_tells_what_was_paid_for_what_and_how() {
    let mut intent = paid(CaptureMode::Auto, Environment::Production);
    intent.details.item_lines = vec![ItemLine {
        quantity: Some(2),
        name: Some("Full breakfast".to_owned()),
        amount_total: Some(pounds(900)),
        modifiers: Some(vec![Modifier {
            id: "m1".to_owned(),
            name: "Extra toast".to_owned(),
            quantity: 2,
            amount_per_modifier: pounds(50),
        }]),
        ..ItemLine::default()
    }];
    intent.details.tax_lines = vec![TaxLine {
        caption: Some("VAT".to_owned()),
        sub_caption: Some("20% included".to_owned()),
        amount_total: Some(pounds(167)),
        ..TaxLine::default()
    }];
    let receipt = write(&intent);
    assert_eq!(receipt.subject, "Your receipt from The Corner Bakery");
    says(
        &receipt,
        &[
            "The Corner Bakery",
            "Paid",
            "£12.00",
            "2 × Full breakfast",
            "£9.00",
            "2 × Extra toast",
            "£1.00",
            "VAT",
            "20% included",
            "£1.67",
            "Amount",
            "£10.00",
            "Tip",
            "£1.50",
            "Service charge",
            "£0.50",
            "Total",
            "Order-0001",
            "Two breakfasts",
            // Half past twelve: British summer time.
            "1 July 2026, 12:30 BST",
            "Visa **** 1096",
            "A1B2C3",
            intent.id.as_str(),
        ],
    );
    for part in [&receipt.html, &receipt.text] {
        assert!(!part.to_lowercase().contains("sandbox"));
        assert!(!part.contains("44565300"), "no more than the last digits");
        assert!(!part.contains("Cashback"), "nothing that is not there");
    }
    assert!(
        receipt
            .html
            .starts_with("<!DOCTYPE html>\n<html lang=\"en-GB\"")
    );
    for remote in [
        "<img", "<link", "<style", "<script", "http:", "https:", "url(",
    ] {
        assert!(!receipt.html.contains(remote), "{remote}");
    }
}

#[test]
fn the_plain_text_reads_well() {
    let mut intent = paid(CaptureMode::Auto, Environment::Sandbox);
    intent.details.item_lines = vec![ItemLine {
        name: Some("Loaf".to_owned()),
        amount_total: Some(pounds(1_000)),
        ..ItemLine::default()
    }];
    refund(&mut intent, 200);
    let expected = format!(
        "SANDBOX: this is a test. No money was moved.

The Corner Bakery
Paid: £12.00

£2.00 of this payment has been refunded.

Summary
  Loaf: £10.00
  Amount: £10.00
  Tip: £1.50
  Service charge: £0.50
  Total: £12.00

Payment details
  Date: 1 July 2026, 12:30 BST
  Reference: Order-0001
  Description: Two breakfasts
  Card: Visa **** 1096
  Authorisation code: A1B2C3
  Payment: {}

Questions about this payment? Please ask The Corner Bakery and name the reference above.",
        intent.id
    );
    assert_eq!(write(&intent).text.trim_end(), expected);
}

#[test]
fn the_sandbox_says_so() {
    let receipt = write(&paid(CaptureMode::Auto, Environment::Sandbox));
    assert_eq!(
        receipt.subject,
        "[Sandbox] Your receipt from The Corner Bakery"
    );
    says(&receipt, &["No money was moved."]);
}

#[test]
fn held_partly_taken_refunded_and_reversed_payments_say_so() {
    let mut intent = paid(CaptureMode::Manual, Environment::Production);
    says(
        &write(&intent),
        &["Authorised", "It has not been taken yet."],
    );

    capture(&mut intent, 700);
    says(
        &write(&intent),
        &["£7.00 of the £12.00 authorised was taken. £5.00 is still held on your card."],
    );
    if let Some(authorization) = &mut intent.authorization {
        authorization.released = true;
    }
    says(&write(&intent), &["was taken. The rest will not be taken."]);

    refund(&mut intent, 200);
    says(
        &write(&intent),
        &["£2.00 of this payment has been refunded."],
    );

    refund(&mut intent, 500);
    intent.status = Status::Refunded;
    let receipt = write(&intent);
    assert!(receipt.subject.starts_with("Your refund from"));
    says(
        &receipt,
        &[
            "Refunded",
            "£7.00",
            "All of this payment has been refunded.",
        ],
    );

    let mut intent = paid(CaptureMode::Auto, Environment::Production);
    intent.status = Status::Reversed;
    says(&write(&intent), &["Reversed", "This payment was reversed."]);
}

#[test]
fn hostile_texts_stay_texts() {
    let mut intent = paid(CaptureMode::Auto, Environment::Production);
    let hostile = "<img src=x onerror=alert(1)>\r\nTotal: £0.00\u{202e}\"'&";
    intent.details.reference = hostile.to_owned();
    intent.details.description = Some(hostile.to_owned());
    intent.details.item_lines = vec![ItemLine {
        name: Some(hostile.to_owned()),
        ..ItemLine::default()
    }];
    let mut account = account();
    account.name = "<b>Shop</b>\r\nBcc: all@example.com".to_owned();
    account.time_zone = "Nowhere/Known".to_owned();
    let receipt = HtmlReceipts.write(&account, &intent);
    assert!(!receipt.html.contains("<img") && !receipt.html.contains("<b>"));
    assert!(receipt.html.contains("&#60;img src=x"));
    assert_eq!(
        receipt.subject,
        "Your receipt from <b>Shop</b>  Bcc: all@example.com"
    );
    assert!(receipt.text.lines().all(|line| !line.starts_with("Total:")));
    assert!(!receipt.text.contains('\u{202e}') && !receipt.html.contains('\u{202e}'));
    assert!(receipt.text.contains("1 July 2026, 11:30 UTC"));
}
