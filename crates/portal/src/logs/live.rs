//! Requests as they come in.

use askama::Template as _;
use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use http::{HeaderMap, StatusCode};
use tatami_core::account::Scope;
use tatami_engine::ports::request_log::RequestQuery;
use tatami_engine::{Failure, RequestLog};
use tatami_http::{Watched, live as live_events};

use super::{PAGE, Rows, Words, wanted};
use crate::PortalState;
use crate::pages::{failed, refused};
use crate::visit::Here;

/// Requests of a location that are wanted.
struct Requests {
    log: RequestLog,
    scope: Scope,
    query: RequestQuery,
    words: Words,
    /// The number of the last one that was seen.
    last: i64,
}

impl Watched for Requests {
    async fn look(&mut self) -> Result<Option<Event>, Failure> {
        let query = RequestQuery {
            after: Some(self.last),
            before: None,
            limit: PAGE,
            ..self.query.clone()
        };
        let entries = self.log.page(&self.scope, query).await?;
        let Some(newest) = entries.first() else {
            return Ok(None);
        };
        self.last = newest.number;
        let rows = entries.iter().map(|entry| self.words.row(entry)).collect();
        let html = Rows { rows }.render().unwrap_or_default();
        let event = Event::default().id(self.last.to_string());
        Ok(Some(event.data(html.trim())))
    }
}

/// The stream of requests after the one that the query names, or the browser as it connects
/// again.
pub(crate) async fn live(
    State(state): State<PortalState>,
    here: Here,
    headers: HeaderMap,
) -> Response {
    let header = headers.get("last-event-id");
    let again = header.and_then(|id| id.to_str().ok());
    let after = again.unwrap_or(here.fields.get("after")).parse();
    let (Ok(last), Some(log)) = (after, state.app.requests.clone()) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "The parameter after must be the number of a request.",
        );
    };
    let words = Words::of(&state, &here).await;
    match (words, here.location()) {
        (Ok(words), Ok(place)) => {
            let (query, _) = wanted(&here.fields, &place.account);
            let requests = Requests {
                log,
                scope: place.scope.clone(),
                query,
                words,
                last,
            };
            live_events(requests, state.app.load_shed.clone())
        }
        (Err(failure), _) | (_, Err(failure)) => failed(&failure),
    }
}
