//! The first page of a location: what happened today, what waits, and the first steps.

mod steps;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use tatami_core::time::SignedDuration;
use tatami_engine::{Day, Failure};

use crate::PortalState;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page};
use crate::sections;
use crate::times::{local, today};
use crate::visit::{Here, Place, path_of};

use steps::Steps;
pub(crate) use steps::{RECEIVER, receive, show as show_steps, try_one};

/// How many of the latest deliveries are read.
const LOOKED_THROUGH: usize = 100;
/// How far ahead the page looks for what happens by itself.
const SOON: SignedDuration = SignedDuration::from_hours(24);
/// The height of the chart.
const CHART_HEIGHT: u64 = 60;

/// A bar of the chart.
struct Bar {
    x: usize,
    y: u64,
    height: u64,
}

/// Something that waits for a user, with where it is looked at.
struct Waiting {
    what: String,
    href: String,
    /// Whether something went wrong; else it only comes next.
    is_bad: bool,
}

/// An hour of the day in the table beside the chart.
struct Hour {
    from: String,
    count: u64,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    path: String,
    count: String,
    sums: Vec<String>,
    rate: String,
    tried: String,
    bars: Vec<Bar>,
    chart_words: String,
    hours: Vec<Hour>,
    waits: Vec<Waiting>,
    /// None once all are done, and in live mode.
    steps: Option<Steps>,
    /// Whether another payment may be tried.
    offers_more: bool,
}

/// `/portal`: redirects to the first location, or to a page for users without one.
/// `?to=payments` leads to that section, if the visitor may see it, and `?to=payments/…` to
/// a page of the section, for links in the documentation and for older addresses.
pub(crate) async fn first(here: Here) -> Response {
    let home = here
        .some_scope()
        .map_or("/portal/profile".to_owned(), |scope| path_of(&scope));
    let query = here.fields.without(&["to"]);
    let to = page_of(&here, here.fields.get("to")).map(|page| match query.is_empty() {
        true => page,
        false => format!("{page}?{query}"),
    });
    Redirect::to(&to.unwrap_or(home)).into_response()
}

/// Where a page of a section is.
fn page_of(here: &Here, page: &str) -> Option<String> {
    let (section, rest) = page.split_once('/').unwrap_or((page, ""));
    let section = sections::link_to(here, section)?;
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'/');
    match rest.is_empty() || !rest.bytes().all(is_plain) {
        true => Some(section),
        false => Some(format!("{section}/{rest}")),
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
    let more = if day.has_more { "+" } else { "" };
    let steps = steps::read(state, here).await?;
    let tried = day.approved + day.declined;
    Ok(HomePage {
        frame: Frame::new(here, "", notice),
        path: path_of(&place.scope),
        count: format!("{}{more}", day.approved),
        sums: day.sums.iter().map(|sum| format!("{sum}{more}")).collect(),
        rate: (day.approved * 100)
            .checked_div(tried)
            .map_or("–".to_owned(), |rate| format!("{rate}%")),
        tried: match tried {
            0 => "no payments tried yet".to_owned(),
            1 => "of 1 payment tried".to_owned(),
            tried => format!("of {tried}{more} payments tried"),
        },
        bars: bars(&day),
        chart_words: in_words(&day),
        hours: hours(&day),
        waits: waits(state, place).await?,
        offers_more: steps.as_ref().is_some_and(Steps::offers_more),
        steps: steps.filter(Steps::are_shown),
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

fn hours(day: &Day) -> Vec<Hour> {
    let hours = day.hours.iter().enumerate();
    let hour = |(hour, count): (usize, &u64)| Hour {
        from: format!("{hour:02}:00"),
        count: *count,
    };
    hours.filter(|(_, count)| **count > 0).map(hour).collect()
}

async fn waits(state: &PortalState, place: &Place) -> Result<Vec<Waiting>, Failure> {
    let (engine, scope) = (&state.app.engine, &place.scope);
    let path = path_of(scope);
    let mut waits = Vec::new();
    let mut add = |count: usize, one: &str, many: &str, page: &str, is_bad: bool| {
        let what = match count {
            0 => return,
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        waits.push(Waiting {
            what,
            href: format!("{path}{page}"),
            is_bad,
        });
    };
    let deliveries = engine.webhooks().deliveries(scope, LOOKED_THROUGH).await?;
    let of_state = |state: &str| deliveries.iter().filter(|it| it.state == state).count();
    let one = "webhook could not be delivered";
    let many = "webhooks could not be delivered";
    add(of_state("gave-up"), one, many, "/webhooks", true);
    let attempts = engine.overview().open_attempts().await?;
    let unknown = attempts
        .iter()
        .filter(|it| it.scope == *scope && it.is_unknown());
    let one = "payment whose outcome the acquirer has not reported yet";
    let many = "payments whose outcome the acquirer has not reported yet";
    add(unknown.count(), one, many, "/payments", true);
    let lost = state.gateway.disconnected(engine, scope).await?;
    let (one, many) = ("POS is not connected", "POS are not connected");
    add(lost.len(), one, many, "/pos", true);
    let one = "webhook is waiting to be delivered";
    let many = "webhooks are waiting to be delivered";
    add(of_state("pending"), one, many, "/webhooks", false);
    let (due, first) = engine.overview().due_within(scope, SOON).await?;
    if let Some(first) = first {
        let first = local(first, &place.account.time_zone);
        let one = format!("payment expires or is completed by itself by {first}");
        let many = format!("payments expire or are completed by themselves, the first {first}");
        add(due, &one, &many, "/payments", false);
    }
    Ok(waits)
}
