//! The pages of every state, rendered from intents that the core made.

use std::sync::Arc;

use tatami_core::account::{Account, Scope};
use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::id::{AccountId, Environment};
use tatami_core::money::{Currency, Money};
use tatami_core::payment_intent::{
    AmountDraft, Approval, Config, Details, Draft, Flag, ItemLine, Modifier, Outcome, PayerDetails,
    PaymentIntent, Shown, Status, TaxLine, create,
};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::{Entropy, Facts};
use tatami_engine::{Sessions, View};
use tatami_locale::Language;
use tatami_vault::InstallationKey;

use crate::page::{CheckoutPage, NOT_PAID, Ways};
use crate::reader::Reader;
use crate::standing::Standing;

struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}

fn start() -> Timestamp {
    "2026-03-31T12:00:00Z".parse().expect("a moment")
}

fn decide<T>(rule: impl FnOnce(&mut Facts<'_>) -> T) -> T {
    rule(&mut Facts {
        now: start(),
        entropy: &mut Counting(0),
    })
}

fn pence(minor: i64) -> Money {
    Money::new(minor, Currency::Gbp)
}

fn draft(details: Details) -> Draft {
    Draft {
        amount: Some(AmountDraft {
            value: 1510,
            currency_code: "GBP".to_owned(),
        }),
        details: Box::new(Details {
            reference: "Order-0001".to_owned(),
            ..details
        }),
        ..Draft::default()
    }
}

fn view_of(draft: Draft, environment: Environment) -> View {
    let account = Account {
        id: decide(|facts| AccountId::mint(environment, facts)),
        name: "Harbour Books Ltd".to_owned(),
        time_zone: "Europe/London".to_owned(),
        permissions: Default::default(),
        merchant: Default::default(),
        created_at: start(),
    };
    let scope = Scope {
        account: account.id.clone(),
        environment,
    };
    let intent = decide(|facts| create(scope, draft, facts)).expect("a good draft");
    View {
        version: None,
        branding: None,
        intent: intent.intent,
        account: Arc::new(account),
        sessions: Sessions::new(&InstallationKey::new([7; 32])),
        customer_secret: None,
    }
}

fn view(details: Details) -> View {
    view_of(draft(details), Environment::Sandbox)
}

fn card() -> CardEntry {
    CardEntry {
        number: CardNumber::parse("4456530000001005").expect("a test card"),
        expiry: Expiry {
            year: 2030,
            month: 12,
        },
        cv2: None,
        holder: "Ada Lovelace".to_owned(),
    }
}

fn paying(intent: &PaymentIntent) -> Arc<PaymentIntent> {
    let summary = card().summary();
    decide(|facts| intent.begin_payment(summary, PayerDetails::default(), facts))
        .expect("payable")
        .intent
}

fn paid(intent: &PaymentIntent) -> Arc<PaymentIntent> {
    let open = paying(intent);
    let attempt = open.attempt.clone().expect("an attempt");
    let approval = Approval {
        transaction_id: "t".to_owned(),
        auth_code: "123456".to_owned(),
        message: "DEPOSITED".to_owned(),
        funding: None,
        avs_result: None,
        network_reference: None,
    };
    decide(|facts| open.conclude(&attempt.id, Outcome::Approved(approval), facts))
        .expect("concluded")
        .intent
}

fn html(view: &View, now: Timestamp, fresh: bool) -> String {
    CheckoutPage::of(view, now, fresh, None, Ways::default(), &Reader::english())
        .html()
        .expect("renders")
}

fn shop() -> Config {
    Config {
        redirect_url: Some("https://shop.example/done?o=1&amp;k=2".to_owned()),
        cancel_url: Some("https://shop.example/basket".to_owned()),
        ..Config::default()
    }
}

#[test]
fn a_payable_intent_has_its_form() {
    let page = html(&view(Details::default()), start(), false);
    for id in [
        "card-number",
        "card-name",
        "expiry",
        "cv2",
        "pay",
        "error-summary",
        "challenge-frame",
    ] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(page.contains("Pay £15.10"));
    assert!(page.contains("Harbour Books Ltd"));
    assert!(page.contains("data-month=\"2026-03\""));
    assert!(page.contains("id=\"sandbox-label\""));
    for absent in [
        "email",
        "billing-address",
        "shipping-address",
        "total",
        "reference",
        "cancel-link",
    ] {
        assert!(!page.contains(&format!("id=\"{absent}\"")), "{absent}");
    }
}

#[test]
fn production_has_no_sandbox_label() {
    let view = view_of(draft(Details::default()), Environment::Production);
    assert!(!html(&view, start(), false).contains("andbox"));
}

#[test]
fn what_the_shop_configured_is_shown() {
    let line = |name: &str, minor| ItemLine {
        quantity: Some(4),
        name: Some(name.to_owned()),
        modifiers: Some(vec![Modifier {
            id: "m".to_owned(),
            name: "Gift wrap".to_owned(),
            quantity: 2,
            amount_per_modifier: pence(50),
        }]),
        amount_total: Some(pence(minor)),
        ..ItemLine::default()
    };
    let collect = Some(Flag {
        collection_required: true,
    });
    let details = Details {
        description: Some("Books & <more>".to_owned()),
        item_lines: vec![line("Dog socks", 400)],
        tax_lines: vec![TaxLine {
            caption: Some("VAT".to_owned()),
            sub_caption: Some("10%".to_owned()),
            amount_total: Some(pence(10)),
            ..TaxLine::default()
        }],
        config: Some(Config {
            title: Some("The Company".to_owned()),
            customer_email: collect,
            billing_address: collect,
            shipping_details: collect,
            details: Some(Shown {
                show_total: true,
                show_reference: true,
            }),
            ..shop()
        }),
        ..Details::default()
    };
    let mut draft = draft(details);
    draft.tips = Some(AmountDraft {
        value: 200,
        currency_code: "GBP".to_owned(),
    });
    let page = html(&view_of(draft, Environment::Sandbox), start(), false);
    for shown in [
        "The Company",
        "Harbour Books Ltd",
        "Dog socks",
        "4 × ",
        "Gift wrap",
        "£1.00",
        "VAT",
        "10%",
        "Tip",
        "£2.00",
        "id=\"total\">£17.10",
        "id=\"reference\">Order-0001",
        "id=\"email\"",
        "id=\"billing-address1\"",
        "id=\"shipping-name\"",
        "id=\"same-address\"",
        "https://shop.example/basket",
        "k=2&#38;id=pi_sandbox_",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("<more>"), "texts are escaped");
}

#[test]
fn each_state_has_its_page() {
    let base = view(Details {
        config: Some(shop()),
        ..Details::default()
    });
    let with = |intent: Arc<PaymentIntent>| View {
        intent,
        ..base.clone()
    };
    let status = |status| {
        let intent = Arc::unwrap_or_clone(paid(&base.intent));
        with(Arc::new(PaymentIntent { status, ..intent }))
    };
    let canceled = decide(|facts| base.intent.cancel(facts)).expect("canceled");
    let late = start() + SignedDuration::from_hours(24 * 31);
    for (view, now, standing, words) in [
        (
            with(paying(&base.intent)),
            start(),
            Standing::Processing,
            "being processed",
        ),
        (
            with(paid(&base.intent)),
            start(),
            Standing::Paid,
            "Payment successful",
        ),
        (
            status(Status::Authorized),
            start(),
            Standing::Paid,
            "Payment successful",
        ),
        (
            status(Status::Refunded),
            start(),
            Standing::Refunded,
            "refunded",
        ),
        (
            status(Status::Reversed),
            start(),
            Standing::Reversed,
            "reversed",
        ),
        (
            with(canceled.intent),
            start(),
            Standing::Canceled,
            "was cancelled",
        ),
        (base.clone(), late, Standing::Expired, "expired"),
    ] {
        assert_eq!(Standing::of(&view.intent, now), standing);
        let page = html(&view, now, false);
        assert!(page.contains(words), "{standing:?}");
        assert!(page.contains(&format!("data-state=\"{}\"", standing.word())));
        assert!(!page.contains("id=\"card-number\""), "{standing:?}");
        assert!(
            page.contains("Return to shop")
                != matches!(
                    standing,
                    Standing::Processing | Standing::Refunded | Standing::Reversed
                )
        );
    }
}

#[test]
fn expiry_is_told_from_cancellation_by_its_time() {
    let mut intent = Arc::unwrap_or_clone(view(Details::default()).intent);
    intent.status = Status::Canceled;
    assert_eq!(Standing::of(&intent, start()), Standing::Canceled);
    intent.updated_at = intent.expire_at;
    assert_eq!(Standing::of(&intent, intent.expire_at), Standing::Expired);
}

#[test]
fn a_fresh_payment_is_thanked_for_and_shows_no_more_of_the_card_than_its_end() {
    let mut view = view(Details {
        config: Some(shop()),
        ..Details::default()
    });
    view.intent = paid(&view.intent);
    let page = html(&view, start(), true);
    assert!(page.contains("Payment successful"));
    assert!(page.contains("Visa ending 1005"));
    assert!(
        page.contains("31 March 2026, 13:00 BST"),
        "in the account's zone, by name"
    );
    assert!(!page.contains("44565300"));
    assert!(!page.contains("Ada"));
}

#[test]
fn long_orders_are_folded_under_their_total() {
    let page = |items: usize, modifiers: usize| {
        let modifier = Modifier {
            id: "m".to_owned(),
            name: "Gift wrap".to_owned(),
            quantity: 1,
            amount_per_modifier: pence(50),
        };
        let line = ItemLine {
            name: Some("Book".to_owned()),
            modifiers: Some(vec![modifier; modifiers]),
            ..ItemLine::default()
        };
        let details = Details {
            item_lines: vec![line; items],
            config: Some(Config {
                details: Some(Shown {
                    show_total: true,
                    show_reference: false,
                }),
                ..Config::default()
            }),
            ..Details::default()
        };
        html(&view(details), start(), false)
    };
    for (items, modifiers, folded) in [
        (0, 0, false),
        (3, 0, false),
        (3, 1, false),
        (4, 0, true),
        (30, 0, true),
        (1, 6, true),
    ] {
        let page = page(items, modifiers);
        assert_eq!(page.contains("<details"), folded, "{items} {modifiers}");
        let total = page.find("id=\"total\"").expect("the total");
        let lines = page.find("id=\"order-lines\"").expect("the lines");
        assert_eq!(total < lines, folded, "{items} {modifiers}");
        assert_eq!(page.matches("id=\"total\"").count(), 1);
    }
}

#[test]
fn a_payer_who_comes_back_unpaid_is_told() {
    let page = CheckoutPage::of(
        &view(Details::default()),
        start(),
        false,
        Some(NOT_PAID),
        Ways::default(),
        &Reader::english(),
    );
    let text = Language::english().get(NOT_PAID.text);
    assert!(page.html().expect("renders").contains(text));
}

#[test]
fn no_page_has_inline_script_or_style_or_a_foreign_address() {
    let collect = Some(Flag {
        collection_required: true,
    });
    let mut view = view(Details {
        config: Some(Config {
            billing_address: collect,
            ..Config::default()
        }),
        ..Details::default()
    });
    let mut pages = vec![html(&view, start(), false)];
    view.intent = paid(&view.intent);
    pages.push(html(&view, start(), true));
    for page in pages {
        for never in [
            " style=",
            " onclick",
            " onload",
            "<style",
            "javascript:",
            "//cdn",
            "http://",
            "https://",
        ] {
            assert!(!page.contains(never), "{never}");
        }
        for script in page.split("<script").skip(1) {
            assert!(script.contains("src=\"/checkout/assets/") && script.contains("\"></script>"));
        }
    }
}
