//! `POST /transactions/search`

use axum::Json;
use axum::extract::State;
use tatami_core::id::MalformedId;
use tatami_core::problem::Violation;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::{Place, TransactionQuery};
use tatami_http::cursor::Sides;
use tatami_http::input::{Input, refuse};
use tatami_http::openapi::{
    BadRequest, Forbidden, TooLarge, Unauthorized, UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::transaction::{PagedTransaction, SearchTransactionsRequest};

/// The size of a page when none is named.
const DEFAULT_LIMIT: usize = 50;
/// How far apart the dates may be.
const LONGEST_SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// List transactions
///
/// Returns the payments, captures and refunds of up to 7 days one by one, newest first,
/// page by page; refunds without a payment and declined payments included.
#[utoipa::path(
    post,
    path = "/transactions/search",
    operation_id = "Transactions_Search",
    tag = "Transactions",
    params(VersionHeader),
    request_body = SearchTransactionsRequest,
    responses(
        (status = 200, description = "A page of transactions.", body = PagedTransaction),
        BadRequest, Unauthorized, Forbidden, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn search(
    State(state): State<ApiState>,
    caller: Caller,
    input: Input,
) -> Result<Json<PagedTransaction>, Problem> {
    let (request, broken) = input.read(caller.version)?;
    let query = query(request, broken)?;
    let engine = &state.engine;
    let found = engine.transactions().search(&caller.scope, &query).await?;
    let account = engine.account(&caller.scope.account).await?;
    Ok(Json(PagedTransaction::of(found, &account)))
}

fn query(
    request: SearchTransactionsRequest,
    mut broken: Vec<Violation>,
) -> Result<TransactionQuery, Problem> {
    let cursor = request.cursor.unwrap_or_default();
    let sides = Sides::read("Cursor", cursor.before, cursor.after, place, &mut broken);
    check_span(request.start_date, request.end_date, &mut broken);
    refuse(broken)?;
    Ok(TransactionQuery {
        from: request.start_date,
        to: request.end_date,
        statuses: request.statuses.unwrap_or_default(),
        before: sides.before,
        after: sides.after,
        limit: cursor.limit.unwrap_or(DEFAULT_LIMIT),
        ..TransactionQuery::default()
    })
}

fn place(text: &str) -> Result<Place, MalformedId> {
    Place::parse(text).ok_or(MalformedId("cursor"))
}

/// Both dates are given, in their order, and not too far apart.
fn check_span(from: Option<Timestamp>, to: Option<Timestamp>, broken: &mut Vec<Violation>) {
    for (name, date) in [("StartDate", from), ("EndDate", to)] {
        if date.is_none() && !broken.iter().any(|violation| violation.field == name) {
            broken.push(Violation::new(
                name,
                format!("The {name} field is required."),
            ));
        }
    }
    let (Some(from), Some(to)) = (from, to) else {
        return;
    };
    let span = to.duration_since(from);
    if span < SignedDuration::ZERO {
        let rule = "The EndDate must not be before the StartDate.";
        broken.push(Violation::new("EndDate", rule));
    } else if span > LONGEST_SPAN {
        let rule = "The EndDate must be at most 7 days after the StartDate.";
        broken.push(Violation::new("EndDate", rule));
    }
}
