//! What an order may say, and what it comes to.

use super::*;

#[test]
fn every_broken_rule_is_named_at_once() {
    let broken = Draft {
        amount: Some(AmountDraft {
            value: 0,
            currency_code: "USD".to_owned(),
        }),
        auto_expire_in: Some(TimeSpan::new(SignedDuration::from_secs(60))),
        expire_at: Some(at("2026-01-01T00:00:00Z")),
        details: Box::new(Details {
            reference: "x".repeat(61),
            payment_methods: vec!["Cash".to_owned()],
            config: Some(Config {
                redirect_url: Some("javascript:alert(1)".to_owned()),
                ..Config::default()
            }),
            customer: Some(Customer {
                email_address: Some("nobody".to_owned()),
                ..Customer::default()
            }),
            billing_address: Some(Address {
                country_code: Some("GBR".to_owned()),
                ..Address::default()
            }),
            ..Details::default()
        }),
        ..Draft::default()
    };
    assert_eq!(
        refused(broken),
        [
            "Amount.Value",
            "Amount.CurrencyCode",
            "AutoExpireIn",
            "ExpireAt",
            "Reference",
            "Customer.EmailAddress",
            "BillingAddress.CountryCode",
            "PaymentMethods[0]",
            "Config.RedirectUrl",
        ]
    );
    assert_eq!(refused(Draft::default()), ["Amount", "Reference"]);
    let huge = Draft {
        tips: Some(AmountDraft {
            value: 1,
            currency_code: "GBP".to_owned(),
        }),
        ..draft(i64::MAX, CaptureMode::Auto)
    };
    assert_eq!(refused(huge), ["Amount.Value"]);
}

#[test]
fn a_manual_payment_says_what_happens_at_the_end_of_its_hold() {
    let silent = Draft {
        auto_expire_action: None,
        ..draft(1000, CaptureMode::Manual)
    };
    assert_eq!(refused(silent), ["AutoExpireAction"]);
}

#[test]
fn a_hold_is_longer_than_30_seconds_and_shorter_than_7_days() {
    let with = |seconds| Draft {
        auto_expire_in: Some(TimeSpan::new(SignedDuration::from_secs(seconds))),
        ..draft(1000, CaptureMode::Manual)
    };
    for seconds in [30, 604_800] {
        assert_eq!(refused(with(seconds)), ["AutoExpireIn"], "{seconds}");
    }
    for seconds in [31, 604_799] {
        Desk::open(with(seconds));
    }
}

#[test]
fn the_total_adds_tips_service_charge_and_cashback() {
    let money = |value| {
        Some(AmountDraft {
            value,
            currency_code: "gbp".to_owned(),
        })
    };
    let desk = Desk::open(Draft {
        tips: money(100),
        service_charge: money(20),
        cashback: money(3),
        ..draft(1000, CaptureMode::Auto)
    });
    assert_eq!(desk.intent.total(), gbp(1123));
    assert_eq!(desk.intent.details.payment_methods, ["Card"]);
    assert_eq!(desk.intent.expire_at, desk.now + DEFAULT_EXPIRY);
}
