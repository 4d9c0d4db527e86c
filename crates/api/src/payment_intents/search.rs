//! `POST /payment-intents/search`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::problem::Violation;
use tatami_engine::ViewPage;
use tatami_engine::ports::store::IntentQuery;

use crate::ApiState;
use crate::answers::written;
use crate::auth::Caller;
use crate::cursor::{Sides, cursor_at};
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
    let (request, broken) = input.read(caller.version)?;
    let query = query(request, broken)?;
    let page = state
        .engine
        .search_payment_intents(&caller.scope, query)
        .await?;
    let answers = state.answers();
    let views = page.views.iter().map(|v| answers.view(v, caller.version));
    Ok(written(listing(views, cursors(&page))))
}

/// A page of what is JSON already. Cursors are base64url: nothing to escape.
fn listing(
    items: impl Iterator<Item = Vec<u8>>,
    (before, after): (Option<String>, Option<String>),
) -> Vec<u8> {
    let mut body = br#"{"data":["#.to_vec();
    for (n, item) in items.enumerate() {
        if n > 0 {
            body.push(b',');
        }
        body.extend(item);
    }
    body.push(b']');
    for (name, cursor) in [("before", before), ("after", after)] {
        if let Some(cursor) = cursor {
            body.extend(format!(r#","{name}":"{cursor}""#).into_bytes());
        }
    }
    body.push(b'}');
    body
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

fn cursors(page: &ViewPage) -> (Option<String>, Option<String>) {
    let first = page.views.first().filter(|_| page.more_before);
    let last = page.views.last().filter(|_| page.more_after);
    (
        first.map(|v| cursor_at(v.intent.id.as_str())),
        last.map(|v| cursor_at(v.intent.id.as_str())),
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
    fn a_page_is_json() {
        let items = || ["{}", r#"{"a":1}"#].map(|item| item.as_bytes().to_vec());
        for (page, expected) in [
            (
                listing(items().into_iter(), (None, Some("cGk".to_owned()))),
                r#"{"data":[{},{"a":1}],"after":"cGk"}"#,
            ),
            (
                listing(std::iter::empty(), (Some("x".to_owned()), None)),
                r#"{"data":[],"before":"x"}"#,
            ),
        ] {
            assert_eq!(String::from_utf8(page).expect("text"), expected);
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
