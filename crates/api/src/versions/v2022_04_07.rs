//! 2022-04-07, the first. After it, in 2024-02-05:
//!
//! - item lines have a `name` for their `caption`, need an `amountTotal`, and
//!   gained `category`, `modifiers` and `plu`; tax lines gained `affectedPlu`
//! - manual authorizations have to say what happens at the end of their hold
//! - `cardHolderNotPresent` took the place of `transactionSource: MOTO`
//! - the client session secret is only given on request, and a canceled payment
//!   intent is only found if it is asked for
//! - the card of `paymentDetails` is an object of its own, beside a transaction
//!   id and a payment method id; events of payments have that id, too
//! - payment intents gained cashback, service charge, order details, setup
//!   intent, payment link, captures and card machine sessions
//! - setup intents gained `expireAt`, `paymentDetails`, `paymentSource`,
//!   `requestSecurity` and the status `Closed`
//! - payments can be made with saved cards, and cards be kept for more than
//!   bookings
//! - card machines came

use tatami_core::problem::Violation;
use tatami_http::shape::{Members, Tree};

use super::Version;
use super::change::{Change, words};

pub(super) const VERSION: Version = Version {
    date: "2022-04-07",
    always_shows_secret: true,
    hides_canceled: false,
    upgrade,
    changes: &[
        Change::Gone {
            of: "CreatePaymentIntentRequest",
            property: "transactionSource",
            words: &["MOTO"],
        },
        Change::Added("ItemLine", &["category", "modifiers", "plu"]),
        Change::Renamed {
            of: "ItemLine",
            now: "name",
            then: "caption",
        },
        Change::Optional {
            of: "ItemLine",
            property: "amountTotal",
        },
        Change::Added("TaxLine", &["affectedPlu"]),
        Change::Flat {
            of: "PaymentDetails",
            property: "card",
            properties: &["cardNumber", "cardName", "expiryDate", "cardType"],
        },
        Change::Added("PaymentDetails", &["transactionId", "paymentMethodId"]),
        Change::Added("PaymentEvent", &["paymentMethodId"]),
        Change::Added("PaymentIntent", &LATER),
        Change::Added("PublicPaymentIntent", &LATER),
        words("PaymentIntent", "paymentMethods", &METHODS),
        words("PublicPaymentIntent", "paymentMethods", &METHODS),
        Change::Added(
            "SetupIntentPublicResponse",
            &[
                "expireAt",
                "paymentDetails",
                "paymentSource",
                "requestSecurity",
            ],
        ),
        words("SetupIntentPublicResponse", "paymentMethods", &METHODS),
        Change::Optional {
            of: "SetupIntentPublicResponse",
            property: "merchantInitiatedTransactionType",
        },
        words(
            "SetupIntentPublicResponse",
            "merchantInitiatedTransactionType",
            &["NoShow"],
        ),
        Change::Words {
            of: "SetupIntentPublicResponse",
            property: "status",
            words: &SETUP_STATUSES,
            // One with a card that was given up had no status of its own.
            instead: Some("Canceled"),
        },
        Change::Parameter {
            path: "/payment-intents/{paymentIntentId}",
            name: "returnCanceled",
        },
        Change::Path("/terminals"),
        Change::Path("/terminal-sessions"),
    ],
    excuses,
};

/// The properties that a payment intent did not have.
const LATER: [&str; 8] = [
    "cardHolderNotPresent",
    "orderDetails",
    "setupIntentId",
    "cashbackAmount",
    "serviceChargeAmount",
    "paymentLink",
    "terminalSessionHistory",
    "captures",
];

const METHODS: [&str; 2] = ["Card", "Wallet"];

const SETUP_STATUSES: [&str; 6] = [
    "Created",
    "Authorized",
    "Canceled",
    "Completed",
    "Expired",
    "CardExpired",
];

/// Reads this version's names as the newest.
pub(super) fn understand(body: &mut Members<'_>) {
    if let Some(Tree::List(lines)) = body.get_mut("itemLines") {
        for line in lines {
            name_for_caption(line);
        }
    }
    let source = body.take("transactionSource");
    let moto = matches!(source, Some(Tree::Text(s)) if s.eq_ignore_ascii_case("MOTO"));
    if moto && body.get_mut("cardHolderNotPresent").is_none() {
        body.push("cardHolderNotPresent", Tree::Boolean(true));
    }
}

/// What happens at the end of a hold had not to be said.
fn upgrade(body: &mut Members<'_>) {
    let mode = body.get_mut("captureMode");
    let manual = matches!(mode, Some(Tree::Text(mode)) if mode.eq_ignore_ascii_case("Manual"));
    let is_silent = |action: &Tree<'_>| match action {
        Tree::Nothing => true,
        Tree::Text(text) => text.is_empty(),
        _ => false,
    };
    let silent = body
        .get_mut("autoExpireAction")
        .is_none_or(|action| is_silent(action));
    if manual && silent {
        body.take("autoExpireAction");
        body.push("autoExpireAction", Tree::Text("Release".into()));
    }
}

fn name_for_caption(line: &mut Tree<'_>) {
    let Tree::Object(line) = line else { return };
    if let Some(caption) = line.take("caption")
        && line.get_mut("name").is_none()
    {
        line.push("name", caption);
    }
}

fn excuses(violation: &Violation) -> bool {
    violation.field.starts_with("ItemLines[")
        && violation.field.ends_with("].AmountTotal")
        && violation.rule.ends_with("is required.")
}
