//! The filtered list of payments as a file, written while it is read.

use axum::extract::State;
use axum::response::Response;
use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::ticks;
use tatami_engine::{Failure, Wanted};

use super::filter::wanted;
use crate::PortalState;
use crate::csv;
use crate::money::typed;
use crate::pages::{failed, refused};
use crate::visit::Here;

/// Payments that are read at once: all that is held of the file.
const AT_ONCE: usize = 200;

const COLUMNS: [&str; 20] = [
    "id",
    "created",
    "status",
    "reference",
    "amount",
    "amount_minor",
    "currency",
    "tips_minor",
    "captured",
    "captured_minor",
    "refunded",
    "refunded_minor",
    "capture_mode",
    "source",
    "customer_id",
    "customer_email",
    "card_scheme",
    "card_last4",
    "transaction_id",
    "approval_code",
];

/// The position of the next part of the file.
struct Rest {
    state: PortalState,
    scope: Scope,
    wanted: Wanted,
    /// None before the first part.
    after: Option<PaymentIntentId>,
}

pub(crate) async fn export(State(state): State<PortalState>, here: Here) -> Response {
    let place = match here.location() {
        Ok(place) => place,
        Err(failure) => return failed(&failure),
    };
    let wanted = match wanted(&here.fields, &place.account) {
        Ok(wanted) => wanted,
        Err(bad) => return refused(http::StatusCode::BAD_REQUEST, &bad.join(" ")),
    };
    let rest = Rest {
        state,
        scope: place.scope.clone(),
        wanted,
        after: None,
    };
    csv::file("payments.csv", &COLUMNS, rest, part)
}

async fn part(mut rest: Rest) -> Result<(String, Option<Rest>), Failure> {
    let overview = rest.state.app.engine.overview();
    let after = rest.after.take();
    let found = overview
        .look(&rest.scope, &rest.wanted, after, AT_ONCE)
        .await?;
    let mut text = String::new();
    for intent in &found.intents {
        let row = row(intent);
        csv::line(row.iter().map(String::as_str), &mut text);
    }
    rest.after = found.next;
    Ok((text, rest.after.is_some().then_some(rest)))
}

fn row(intent: &PaymentIntent) -> [String; 20] {
    let details = &intent.details;
    let customer = details.customer.as_ref();
    let paid = intent.authorization.as_ref();
    let total = intent.total();
    let (captured, refunded) = (intent.captured(), intent.refunded());
    [
        intent.id.to_string(),
        ticks(intent.created_at),
        intent.status.name().to_owned(),
        details.reference.clone(),
        typed(total.minor),
        total.minor.to_string(),
        total.currency.code().to_owned(),
        intent.tips.map_or(0, |tips| tips.minor).to_string(),
        typed(captured),
        captured.to_string(),
        typed(refunded),
        refunded.to_string(),
        intent.capture_mode.name().to_owned(),
        details.source().to_owned(),
        customer.and_then(|it| it.id.clone()).unwrap_or_default(),
        customer
            .and_then(|it| it.email_address.clone())
            .unwrap_or_default(),
        paid.map_or("", |it| it.card.scheme.title()).to_owned(),
        paid.map(|it| it.card.last4.clone()).unwrap_or_default(),
        paid.map(|it| it.transaction_id.clone()).unwrap_or_default(),
        paid.map(|it| it.auth_code.clone()).unwrap_or_default(),
    ]
}
