//! `POST /payment-intents/search`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use tatami_core::id::PaymentIntentId;
use tatami_core::problem::Violation;
use tatami_engine::ViewPage;
use tatami_engine::ports::store::IntentQuery;

use crate::ApiState;
use crate::auth::Caller;
use crate::input::{Input, refuse};
use crate::openapi::{
    BadRequest, Forbidden, TooLarge, Unauthorized, UnsupportedMediaType, VersionHeader,
};
use crate::problem::Problem;
use crate::wire::search::{PagedPaymentIntent, SearchPaymentIntentRequest};

/// The size of a page when none is named.
const DEFAULT_LIMIT: usize = 50;

/// List payment intents
///
/// Newest first, in pages.
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
    let (request, broken) = input.read_or_nothing(caller.version)?;
    let query = query(request, broken)?;
    let page = state
        .engine
        .search_payment_intents(&caller.scope, query)
        .await?;
    let answers = state.answers();
    let mut body = Map::new();
    let views = page.views.iter().map(|v| answers.view(v, caller.version));
    body.insert("data".to_owned(), Value::Array(views.collect()));
    let (before, after) = cursors(&page);
    body.extend(before.map(|c| ("before".to_owned(), Value::String(c))));
    body.extend(after.map(|c| ("after".to_owned(), Value::String(c))));
    Ok(Json(Value::Object(body)).into_response())
}

fn query(
    request: SearchPaymentIntentRequest,
    mut broken: Vec<Violation>,
) -> Result<IntentQuery, Problem> {
    let cursor = request.cursor.unwrap_or_default();
    let mut place = |field: &str, cursor: Option<String>| {
        let cursor = cursor.filter(|c| !c.is_empty())?;
        let id = id_at(&cursor);
        if id.is_none() {
            broken.push(Violation::new(
                format!("Cursor.{field}"),
                format!("The {field} is not a cursor of an earlier answer."),
            ));
        }
        Some(id)
    };
    let before = place("Before", cursor.before);
    let after = place("After", cursor.after);
    if before.is_some() && after.is_some() {
        broken.push(Violation::new(
            "Cursor",
            "Only one of Before and After may be given.",
        ));
    }
    refuse(broken)?;
    Ok(IntentQuery {
        statuses: request.statuses.unwrap_or_default(),
        from: request.start_date,
        to: request.end_date,
        before: before.flatten(),
        after: after.flatten(),
        limit: cursor.limit.unwrap_or(DEFAULT_LIMIT),
    })
}

/// A cursor is the id of the intent it points at, made opaque.
fn cursor_at(id: &PaymentIntentId) -> String {
    URL_SAFE_NO_PAD.encode(id.as_str())
}

fn id_at(cursor: &str) -> Option<PaymentIntentId> {
    let id = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    PaymentIntentId::parse(&id).ok()
}

fn cursors(page: &ViewPage) -> (Option<String>, Option<String>) {
    let first = page.views.first().filter(|_| page.more_before);
    let last = page.views.last().filter(|_| page.more_after);
    (
        first.map(|v| cursor_at(&v.intent.id)),
        last.map(|v| cursor_at(&v.intent.id)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::search::Cursor;

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
        let cursor = cursor_at(&id);
        assert!(cursor.len() <= 200);
        let query = query(request(None, Some(&cursor)), Vec::new()).expect("a query");
        assert_eq!(query.after, Some(id));
        assert_eq!(query.before, None);
        assert_eq!(query.limit, 50);
    }

    #[test]
    fn other_cursors_are_refused_and_empty_ones_are_none() {
        let good = cursor_at(&PaymentIntentId::parse("pi_RBMHTJ4fIkmSppDILZVCGw").expect("an id"));
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
