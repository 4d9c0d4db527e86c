//! Limits that clients of this location meet, how much of them is used now, and what
//! happens beyond.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use tatami_core::payment_intent::{MAX_RECEIPTS_A_DAY, MOST_DECLINES};
use tatami_core::webhook::MAX_SECRETS;
use tatami_engine::ports::store::PAGE_BYTES;
use tatami_engine::{Failure, MOST_KEYS, MOST_LOCATIONS};
use tatami_http::input::{MAX_BODY_BYTES, MAX_KEY_CHARS};

use crate::PortalState;
use crate::frame::Frame;
use crate::pages::{failed, page};
use crate::visit::{Here, Place};

const PATH: &str = "/limits";

struct Limit {
    title: &'static str,
    most: String,
    /// How much is used now, where that is known.
    used: Option<usize>,
    beyond: &'static str,
}

impl Limit {
    fn new(title: &'static str, most: impl Into<String>, beyond: &'static str) -> Self {
        Self {
            title,
            most: most.into(),
            used: None,
            beyond,
        }
    }

    fn used(self, used: usize) -> Self {
        Self {
            used: Some(used),
            ..self
        }
    }
}

/// Limits of one kind.
struct Group {
    id: &'static str,
    title: &'static str,
    limits: Vec<Limit>,
}

impl Group {
    fn has_used(&self) -> bool {
        self.limits.iter().any(|limit| limit.used.is_some())
    }
}

#[derive(Template)]
#[template(path = "limits.html")]
struct LimitsPage {
    frame: Frame,
    groups: [Group; 3],
}

pub(crate) async fn show(State(state): State<PortalState>, here: Here) -> Response {
    let read = async {
        let place = here.location()?;
        let keys = state.app.engine.accounts().named_keys(&place.scope).await?;
        Ok::<_, Failure>((place, keys.len()))
    };
    let (place, keys) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let groups = [
        Group {
            id: "load",
            title: "At a time",
            limits: load(&state, place),
        },
        Group {
            id: "kept",
            title: "Kept",
            limits: kept(&state, &here, keys),
        },
        Group {
            id: "fixed",
            title: "Per request or payment",
            limits: fixed(),
        },
    ];
    let frame = Frame::new(&here, PATH, None);
    page(&LimitsPage { frame, groups })
}

/// A number with its thousands apart: `100,000`.
fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// What bounds the work that is under way.
fn load(state: &PortalState, place: &Place) -> Vec<Limit> {
    let (limits, admission) = (state.app.load_shed.limits(), state.app.engine.admission());
    let rate = limits.per_key.map_or_else(
        || "any number".to_owned(),
        |most| format!("{} a second", grouped(most)),
    );
    vec![
        Limit::new(
            "Requests with one key",
            rate,
            "Requests are refused with 429, and Retry-After says when to try again.",
        ),
        Limit::new(
            "Requests to this installation",
            grouped(limits.requests),
            "Requests are refused with 503 and Retry-After: 1; those that wait for an acquirer do not count.",
        )
        .used(admission.taken()),
        Limit::new(
            "Calls to acquirers",
            format!("{} by all accounts", grouped(limits.calls)),
            "Payments are refused with 503 and Retry-After: 1 before anything is done; those under way of this account are counted.",
        )
        .used(admission.calls_of(&place.scope.account)),
    ]
}

/// What bounds what is kept.
fn kept(state: &PortalState, here: &Here, keys: usize) -> Vec<Limit> {
    let log = state.app.requests.as_ref().map_or_else(
        || "switched off".to_owned(),
        |log| format!("{} entries", grouped(log.kept().entries)),
    );
    vec![
        Limit::new(
            "API keys of this location and mode",
            MOST_KEYS.to_string(),
            "No more can be created here until one is deleted.",
        )
        .used(keys),
        Limit::new(
            "Locations of the company",
            MOST_LOCATIONS.to_string(),
            "No more can be added.",
        )
        .used(here.visitor.company.locations.len()),
        Limit::new(
            "Secrets of a webhook endpoint",
            MAX_SECRETS.to_string(),
            "A new one is refused with 409 until one is deleted.",
        ),
        Limit::new(
            "Request log of this installation",
            log,
            "The oldest entries are removed, and so are those older than 7 days.",
        ),
    ]
}

/// What bounds one request, or what is done about one payment.
fn fixed() -> Vec<Limit> {
    vec![
        Limit::new(
            "Body of a request",
            format!("{} MiB", MAX_BODY_BYTES / (1024 * 1024)),
            "The request is refused with 413.",
        ),
        Limit::new(
            "Idempotency key",
            format!("{MAX_KEY_CHARS} characters"),
            "The request is refused with 400.",
        ),
        Limit::new(
            "A page of a search",
            format!("{} MB", PAGE_BYTES / 1_000_000),
            "The page is cut; its cursor leads on.",
        ),
        Limit::new(
            "Declined cards of a payment",
            format!("{MOST_DECLINES} an hour"),
            "Another card is refused, with the time to wait.",
        ),
        Limit::new(
            "Receipts of a payment",
            format!("{MAX_RECEIPTS_A_DAY} a day"),
            "Another receipt is refused with 400.",
        ),
    ]
}
