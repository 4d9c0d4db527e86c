//! The clock of a location's sandbox: what time it is, steps ahead, and what is due next.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_core::time::{SignedDuration, Timestamp, ticks};
use tatami_engine::ports::documents::DocumentKind;
use tatami_engine::{Due, Failure, NotedChange};
use tatami_portal::{
    Frame, Here, Notice, Place, failed, local, moment, page_with, path_of, redirect_or,
};

use crate::{SandboxState, assets};

const PATH: &str = "/clock";
const HALF_SECOND: SignedDuration = SignedDuration::from_millis(500);
/// How much of what is due is listed.
const LISTED: usize = 20;
/// How far the clock moves for something that is due right now.
const LEAST_STEP: SignedDuration = SignedDuration::from_micros(1);

struct Row {
    iso: String,
    at: String,
    /// In how long it is.
    wait: String,
    what: &'static str,
    id: String,
    /// The page of what it is about.
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "clock.html")]
struct ClockPage {
    frame: Frame,
    assets: &'static str,
    path: String,
    iso: String,
    now: String,
    time_zone: String,
    ahead: Option<String>,
    rows: Vec<Row>,
    may_move: bool,
    /// A date that was typed and refused.
    to: String,
}

pub(super) async fn show(State(state): State<SandboxState>, here: Here) -> Response {
    let done = here.fields.get("done") == "moved";
    let notice =
        done.then(|| Notice::good("The clock is moved, and what was due on the way has happened."));
    clock(&state, &here, StatusCode::OK, notice).await
}

async fn clock(
    state: &SandboxState,
    here: &Here,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let read = async {
        let place = here.location()?;
        let due = state.engine.clocks().due(&place.scope, LISTED).await?;
        Ok::<_, Failure>((place, due))
    };
    let (place, due) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let now = state.engine.now(&place.scope);
    // The two clocks are read one after the other.
    let ahead = now.duration_since(state.engine.machine_now()) + SignedDuration::from_millis(500);
    let page = ClockPage {
        frame: Frame::new(here, PATH, notice),
        assets: assets::machines(),
        path: format!("{}{PATH}", path_of(&place.scope)),
        iso: ticks(now),
        now: local(now, &place.account.time_zone),
        time_zone: place.account.time_zone.clone(),
        ahead: (ahead >= SignedDuration::from_secs(1)).then(|| in_units(ahead)),
        rows: due.into_iter().map(|due| row(due, now, place)).collect(),
        may_move: here.visitor.may(Right::Operate, &place.scope),
        to: here.fields.get("to").to_owned(),
    };
    page_with(status, &page)
}

fn row(due: Due, now: Timestamp, place: &Place) -> Row {
    let wait = due.at.duration_since(now);
    let is_payment = due.kind == DocumentKind::PaymentIntent;
    Row {
        iso: ticks(due.at),
        at: local(due.at, &place.account.time_zone),
        wait: match wait > SignedDuration::from_secs(1) {
            true => in_units(wait),
            false => "now".to_owned(),
        },
        what: what(&due),
        href: is_payment.then(|| format!("{}/payments/{}", path_of(&place.scope), due.id)),
        id: due.id,
    }
}

/// What happens when it is due.
fn what(due: &Due) -> &'static str {
    match (due.kind, due.status.as_str()) {
        (DocumentKind::PaymentIntent, "Created") => "A payment intent expires",
        (DocumentKind::PaymentIntent, "Authorized") => "An authorization is captured or released",
        (DocumentKind::PaymentIntent, _) => "The outcome of a payment intent is checked",
        (DocumentKind::SetupIntent, _) => "A setup intent expires",
        (DocumentKind::Terminal | DocumentKind::Device | DocumentKind::TerminalSession, _) => {
            "A card machine takes its next step"
        }
        (DocumentKind::SavedCard, _) => "A card that was not confirmed is removed",
        (DocumentKind::TableOrder | DocumentKind::TablePayment | DocumentKind::TableVisit, _) => {
            "A payment at a table continues"
        }
        (DocumentKind::Subscription, _) => "A webhook is tried again",
        (DocumentKind::Integration, _) => "An event to a POS is tried again",
        _ => "Old data is removed",
    }
}

pub(super) async fn advance(State(state): State<SandboxState>, here: Here) -> Response {
    let moved = async {
        let place = here.location()?;
        let by = step(&state, &here, place).await?;
        let people = state.engine.people();
        let change = NotedChange {
            action: "clock.advance",
            new: Some(json!({ "by": in_units(by) })),
            ..NotedChange::default()
        };
        people.note(&here.visitor, &place.scope, change)?;
        state.engine.clocks().advance(&place.scope, by).await?;
        Ok::<_, Failure>(format!("{}{PATH}?done=moved", path_of(&place.scope)))
    };
    redirect_or(moved.await, |status, notice| {
        clock(&state, &here, status, notice)
    })
    .await
}

/// By how much a visitor wants the clock to be moved.
async fn step(state: &SandboxState, here: &Here, place: &Place) -> Result<SignedDuration, Failure> {
    let now = state.engine.now(&place.scope);
    match here.fields.get("by") {
        "hour" => Ok(SignedDuration::from_hours(1)),
        "day" => Ok(SignedDuration::from_hours(24)),
        "next" => {
            let next = state.engine.clocks().due(&place.scope, 1).await?;
            let next = next.first();
            let next = next.ok_or_else(|| Refusal::Conflict("Nothing is due.".to_owned()))?;
            Ok(next.at.duration_since(now).max(LEAST_STEP))
        }
        _ => {
            let to = moment(here.fields.get("to"), &place.account.time_zone);
            let to = to.filter(|to| *to > now);
            let rule = "The date must be later than the time of the clock.";
            let to = to.ok_or_else(|| Refusal::invalid("To", rule))?;
            Ok(to.duration_since(now))
        }
    }
}

/// A length of time in its two largest units.
fn in_units(length: SignedDuration) -> String {
    let seconds = (length + HALF_SECOND).as_secs().max(0);
    let all = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let some = all.into_iter().filter(|(count, _)| *count > 0).take(2);
    let some = some.map(|(count, unit)| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {unit}{plural}")
    });
    let words: Vec<_> = some.collect();
    match words.is_empty() {
        true => "less than a second".to_owned(),
        false => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_in_two_units() {
        for (seconds, words) in [
            (0, "less than a second"),
            (1, "1 second"),
            (61, "1 minute 1 second"),
            (7200, "2 hours"),
            (86_400 * 3 + 7261, "3 days 2 hours"),
        ] {
            assert_eq!(in_units(SignedDuration::from_secs(seconds)), words);
        }
    }
}
