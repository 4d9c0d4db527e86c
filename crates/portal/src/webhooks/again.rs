//! What is sent because a developer asks for it: events again, and one to try an endpoint
//! with.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde_json::json;
use tatami_core::problem::Refusal;
use tatami_core::time::ticks;
use tatami_engine::Failure;

use super::changes::{Named, answered, subscription};
use super::{PATH, Said, rows, webhooks};
use crate::PortalState;
use crate::frame::Notice;
use crate::pages::explained;
use crate::times::moment;
use crate::visit::{Here, path_of};

/// Sends an event to its endpoint again.
pub(crate) async fn resend(State(state): State<PortalState>, here: Here) -> Response {
    let resent = async {
        let endpoint = subscription(here.fields.get("endpoint"))?;
        let number = here.fields.get("number").parse::<i64>();
        let number = number.map_err(|_| Refusal::NotFound("delivery"))?;
        let new = Some(json!({ "event": here.fields.get("event") }));
        let scope = state
            .note(&here, "webhook.resend", endpoint.as_str(), new)
            .await?;
        let webhooks = state.app.engine.webhooks();
        webhooks.resend(scope, &endpoint, number).await
    };
    answered(&state, &here, resent.await, "resent").await
}

/// Sends again what was given up since a moment.
pub(crate) async fn resend_failed(State(state): State<PortalState>, here: Here) -> Response {
    let resent = async {
        let place = here.location()?;
        let since = moment(here.fields.get("since"), &place.account.time_zone);
        let rule = "Write the time as 2026-01-31T12:00.";
        let since = since.ok_or_else(|| Refusal::invalid("Since", rule))?;
        let new = Some(json!({ "since": ticks(since) }));
        let scope = state.note(&here, "webhook.resend-failed", "", new).await?;
        let webhooks = state.app.engine.webhooks();
        let count = webhooks.resend_failed(scope, since).await?;
        let done = format!("done=resent-failed&count={count}");
        Ok::<_, Failure>(format!("{}{PATH}?{done}", path_of(scope)))
    };
    match resent.await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(failure) => answered(&state, &here, Err(failure), "").await,
    }
}

/// Tries an endpoint with an event that is marked as a test, and shows what came of it.
pub(crate) async fn test(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let sent = async {
        let (place, id) = (here.location()?, subscription(&id)?);
        let webhooks = state.app.engine.webhooks();
        let (endpoint, _) = webhooks.get(&place.scope, &id).await?;
        let scope = state.note(&here, "webhook.test", id.as_str(), None).await?;
        let sent = webhooks.test(scope, &id).await?;
        Ok::<_, Failure>(rows::test(endpoint.url, sent, &place.account.time_zone))
    };
    match sent.await {
        Ok(test) => {
            let notice = match test.is_delivered {
                true => Notice::good("The test event was delivered."),
                false => Notice::bad(vec!["The test event was not accepted.".to_owned()]),
            };
            let said = Said {
                notice: Some(notice),
                test: Some(test),
                tried: None,
            };
            webhooks(&state, &here, StatusCode::OK, said).await
        }
        Err(failure) => {
            let (status, sentences) = explained(&failure);
            let said = Said::notice(Notice::bad(sentences));
            webhooks(&state, &here, status, said).await
        }
    }
}
