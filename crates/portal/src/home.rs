//! The first page of a location: what happened today, what waits, and the first steps.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use tatami_core::id::Environment;
use tatami_core::payment_intent::{AmountDraft, Details, Draft, Status};
use tatami_core::people::Right;
use tatami_core::time::SignedDuration;
use tatami_engine::{Day, Failure, IntentQuery};

use crate::PortalState;
use crate::calls::{call, created_id};
use crate::frame::{Frame, Notice};
use crate::pages::{explained, failed, page, refused};
use crate::times::today;
use crate::visit::{Here, Place, path_of};

/// Payments and deliveries that are looked through for the first steps.
const LOOKED_THROUGH: usize = 100;
/// The height of the chart.
const CHART_HEIGHT: u64 = 60;

/// A bar of the chart.
struct Bar {
    x: usize,
    y: u64,
    height: u64,
}

/// What a newcomer does first.
enum First {
    Pay,
    Webhook,
    CardMachine,
    Clock,
}

struct Step {
    first: First,
    is_done: bool,
}

impl Step {
    const fn title(&self) -> &'static str {
        match self.first {
            First::Pay => "Make a payment",
            First::Webhook => "Receive a webhook",
            First::CardMachine => "Pay at a card machine",
            First::Clock => "Move the clock",
        }
    }
}

/// What waits for a user.
#[derive(Default)]
struct Waits {
    given_up: usize,
    pending: usize,
    unknown: usize,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    path: String,
    count: String,
    sums: Vec<String>,
    rate: String,
    bars: Vec<Bar>,
    chart_words: String,
    waits: Waits,
    steps: Vec<Step>,
    may_try: bool,
}

/// `/portal`: the first location, or what there is without one. `?to=payments` leads to
/// that page of it, so that documentation can.
pub(crate) async fn first(here: Here) -> Response {
    let to = here
        .some_scope()
        .map_or("/portal/profile".to_owned(), |scope| path_of(&scope));
    let page = here.fields.get("to");
    let is_page = !page.is_empty() && page.bytes().all(|c| c.is_ascii_lowercase() || c == b'-');
    match is_page {
        true => Redirect::to(&format!("{to}/{page}")).into_response(),
        false => Redirect::to(&to).into_response(),
    }
}

pub(crate) async fn show(State(state): State<PortalState>, here: Here) -> Response {
    match home(&state, &here, None).await {
        Ok(home) => page(&home),
        Err(failure) => failed(&failure),
    }
}

async fn home(
    state: &PortalState,
    here: &Here,
    notice: Option<Notice>,
) -> Result<HomePage, Failure> {
    let place = here.location()?;
    let engine = &state.app.engine;
    let start = today(engine.now(&place.scope), &place.account.time_zone);
    let day = engine.overview().day(&place.scope, start).await?;
    let is_sandbox = place.scope.environment == Environment::Sandbox;
    let more = if day.has_more { "+" } else { "" };
    let tried = day.approved + day.declined;
    Ok(HomePage {
        frame: Frame::new(here, "", notice),
        path: path_of(&place.scope),
        count: format!("{}{more}", day.approved),
        sums: day.sums.iter().map(|sum| format!("{sum}{more}")).collect(),
        rate: (day.approved * 100)
            .checked_div(tried)
            .map_or("–".to_owned(), |rate| format!("{rate} %")),
        bars: bars(&day),
        chart_words: in_words(&day),
        waits: waits(state, place).await?,
        steps: if is_sandbox {
            steps(state, place).await?
        } else {
            Vec::new()
        },
        may_try: is_sandbox && here.visitor.may(Right::Operate, &place.scope),
    })
}

fn bars(day: &Day) -> Vec<Bar> {
    let most = day.hours.iter().max().copied().unwrap_or(0).max(1);
    let bar = |(hour, count): (usize, &u64)| {
        let height = count * CHART_HEIGHT / most;
        Bar {
            x: hour * 10 + 1,
            y: CHART_HEIGHT - height,
            height,
        }
    };
    day.hours.iter().enumerate().map(bar).collect()
}

/// The chart for those who do not see it.
fn in_words(day: &Day) -> String {
    let hours = day
        .hours
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0);
    let hours: Vec<_> = hours
        .map(|(hour, count)| format!("{hour}:00: {count}"))
        .collect();
    match hours.is_empty() {
        true => "No approved payments today".to_owned(),
        false => format!("Approved payments by hour of today. {}", hours.join(", ")),
    }
}

async fn waits(state: &PortalState, place: &Place) -> Result<Waits, Failure> {
    let engine = &state.app.engine;
    let deliveries = engine
        .webhooks()
        .deliveries(&place.scope, LOOKED_THROUGH)
        .await?;
    let of_state = |state: &str| deliveries.iter().filter(|it| it.state == state).count();
    let attempts = engine.overview().open_attempts().await?;
    let unknown = attempts
        .iter()
        .filter(|it| it.scope == place.scope && it.is_unknown());
    Ok(Waits {
        given_up: of_state("gave-up"),
        pending: of_state("pending"),
        unknown: unknown.count(),
    })
}

async fn steps(state: &PortalState, place: &Place) -> Result<Vec<Step>, Failure> {
    let engine = &state.app.engine;
    let query = IntentQuery {
        statuses: vec![
            Status::Authorized,
            Status::Captured,
            Status::Refunded,
            Status::Reversed,
        ],
        limit: LOOKED_THROUGH,
        ..IntentQuery::default()
    };
    let paid = engine
        .payment_intents()
        .search(&place.scope, query)
        .await?
        .views;
    let in_person = paid.iter().any(|view| {
        view.intent
            .authorization
            .as_ref()
            .is_some_and(|it| it.in_person.is_some())
    });
    let deliveries = engine
        .webhooks()
        .deliveries(&place.scope, LOOKED_THROUGH)
        .await?;
    let ahead = engine
        .now(&place.scope)
        .duration_since(engine.machine_now());
    Ok(vec![
        Step {
            first: First::Pay,
            is_done: !paid.is_empty(),
        },
        Step {
            first: First::Webhook,
            is_done: deliveries
                .iter()
                .any(|delivery| delivery.is_webhook() && delivery.state == "delivered"),
        },
        Step {
            first: First::CardMachine,
            is_done: in_person,
        },
        Step {
            first: First::Clock,
            is_done: ahead > SignedDuration::from_secs(1),
        },
    ])
}

/// Creates a payment to try, and leads to its page.
pub(crate) async fn try_one(State(state): State<PortalState>, here: Here) -> Response {
    let Some(place) = here
        .place
        .as_ref()
        .filter(|it| it.scope.environment == Environment::Sandbox)
    else {
        return refused(
            http::StatusCode::NOT_FOUND,
            "Payments are tried in test mode.",
        );
    };
    let draft = Draft {
        amount: Some(AmountDraft {
            value: 1000,
            currency_code: "GBP".to_owned(),
        }),
        details: Box::new(Details {
            reference: "First payment".to_owned(),
            ..Details::default()
        }),
        ..Draft::default()
    };
    let intents = state.app.engine.payment_intents();
    let created = intents.create(&call(&place.scope), draft).await;
    match created.and_then(|answer| created_id(&answer)) {
        Ok(id) => {
            let to = format!("{}/payments/{id}", path_of(&place.scope));
            Redirect::to(&to).into_response()
        }
        Err(failure) => {
            let (status, sentences) = explained(&failure);
            refused(status, &sentences.join(" "))
        }
    }
}
