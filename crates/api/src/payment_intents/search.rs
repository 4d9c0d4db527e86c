//! `POST /payment-intents/search`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::problem::Violation;
use tatami_engine::{IntentQuery, View};
use tatami_http::cursor::Sides;
use tatami_http::input::{Input, refuse};
use tatami_http::listing::{Around, Entry, page};
use tatami_http::openapi::{
    BadRequest, Forbidden, TooLarge, Unauthorized, UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::written;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::search::{PagedPaymentIntent, SearchPaymentIntentRequest};

/// The size of a page when none is named.
const DEFAULT_LIMIT: usize = 50;

/// List payment intents
///
/// Returns payment intents, newest first, page by page. A page holds at most 4 MB;
/// its cursor leads to the rest.
#[utoipa::path(
    post,
    path = "/payment-intents/search",
    operation_id = "PaymentIntents_Search",
    tag = "Payment intents",
    params(VersionHeader),
    request_body = SearchPaymentIntentRequest,
    responses(
        (status = 200, description = "A page of payment intents.", body = PagedPaymentIntent),
        BadRequest, Unauthorized, Forbidden, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn search(
    State(state): State<ApiState>,
    caller: Caller,
    input: Input,
) -> Result<Response, Problem> {
    let (request, broken) = input.read(caller.version)?;
    let query = query(request, broken)?;
    let backwards = query.before.is_some();
    let found = state
        .engine
        .payment_intents()
        .search(&caller.scope, query)
        .await?;
    let answers = state.answers();
    let entry = |view: &View| Entry {
        id: view.intent.id.to_string(),
        json: answers.view(view, caller.version),
    };
    let around = Around {
        before: found.more_before,
        after: found.more_after,
        backwards,
    };
    Ok(written(page(
        found.views.iter().map(entry).collect(),
        around,
    )))
}

fn query(
    request: SearchPaymentIntentRequest,
    mut broken: Vec<Violation>,
) -> Result<IntentQuery, Problem> {
    let cursor = request.cursor.unwrap_or_default();
    let sides = Sides::read(
        "Cursor",
        cursor.before,
        cursor.after,
        PaymentIntentId::parse,
        &mut broken,
    );
    refuse(broken)?;
    Ok(IntentQuery {
        statuses: request.statuses.unwrap_or_default(),
        from: request.start_date,
        to: request.end_date,
        before: sides.before,
        after: sides.after,
        limit: cursor.limit.unwrap_or(DEFAULT_LIMIT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::search::Cursor;
    use tatami_http::cursor::cursor_at;

    fn request(before: Option<&str>, after: Option<&str>) -> SearchPaymentIntentRequest {
        SearchPaymentIntentRequest {
            cursor: Some(Cursor {
                limit: None,
                before: before.map(str::to_owned),
                after: after.map(str::to_owned),
            }),
            ..SearchPaymentIntentRequest::default()
        }
    }

    #[test]
    fn a_cursor_leads_back_to_its_intent() {
        let id = PaymentIntentId::parse("pi_sandbox_RBMHTJ4fIkmSppDILZVCGw").expect("an id");
        let cursor = cursor_at(id.as_str());
        assert!(cursor.len() <= 200);
        let query = query(request(None, Some(&cursor)), Vec::new()).expect("a query");
        assert_eq!(query.after, Some(id));
        assert_eq!(query.before, None);
        assert_eq!(query.limit, 50);
    }

    #[test]
    fn other_cursors_are_refused_and_empty_ones_are_none() {
        let good = cursor_at("pi_RBMHTJ4fIkmSppDILZVCGw");
        for (before, after) in [
            (Some("pi_1"), None),
            (None, Some("!")),
            (Some(good.as_str()), Some(good.as_str())),
        ] {
            assert!(query(request(before, after), Vec::new()).is_err());
        }
        assert!(query(request(Some(""), Some("")), Vec::new()).is_ok());
        assert!(query(SearchPaymentIntentRequest::default(), Vec::new()).is_ok());
    }
}
