//! Changes of endpoints and their secrets.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;
use tatami_core::id::{SecretId, SubscriptionId};
use tatami_core::problem::Refusal;
use tatami_engine::{Failure, NewSubscription, SubscriptionChange};

use super::{PATH, Said, webhooks};
use crate::PortalState;
use crate::calls::call;
use crate::pages::redirect_or;
use crate::visit::{Here, path_of};

pub(super) async fn answered(
    state: &PortalState,
    here: &Here,
    result: Result<(), Failure>,
    done: &str,
) -> Response {
    let place = here.location().map(|place| path_of(&place.scope));
    let to = result
        .and(place)
        .map(|base| format!("{base}{PATH}?done={done}"));
    redirect_or(to, |status, notice| {
        let said = Said {
            notice,
            ..Said::default()
        };
        webhooks(state, here, status, said)
    })
    .await
}

pub(crate) async fn add(State(state): State<PortalState>, here: Here) -> Response {
    let added = async {
        let wish = NewSubscription {
            events: here.fields.all("event").map(str::to_owned).collect(),
            url: here.fields.get("url").trim().to_owned(),
            description: None,
        };
        let new = Some(json!({ "events": wish.events }));
        let scope = state.note(&here, "webhook.add", &wish.url, new).await?;
        state
            .app
            .engine
            .webhooks()
            .subscribe(&call(scope), wish)
            .await?;
        Ok(())
    };
    answered(&state, &here, added.await, "added").await
}

pub(super) type Named = Path<(String, String, String)>;
type NamedSecret = Path<(String, String, String, String)>;

pub(super) fn subscription(id: &str) -> Result<SubscriptionId, Failure> {
    Ok(SubscriptionId::parse(id).map_err(|_| Refusal::NotFound("endpoint"))?)
}

fn secret(id: &str) -> Result<SecretId, Failure> {
    Ok(SecretId::parse(id).map_err(|_| Refusal::NotFound("secret"))?)
}

pub(crate) async fn change(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let changed = async {
        let id = subscription(&id)?;
        let change = SubscriptionChange {
            events: Some(here.fields.all("event").map(str::to_owned).collect()),
            url: Some(here.fields.get("url").trim().to_owned()),
            description: None,
        };
        let new = Some(json!({ "events": change.events, "url": change.url }));
        let scope = state
            .note(&here, "webhook.change", id.as_str(), new)
            .await?;
        let webhooks = state.app.engine.webhooks();
        webhooks.update(&call(scope), &id, change).await?;
        Ok(())
    };
    answered(&state, &here, changed.await, "changed").await
}

pub(crate) async fn delete(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let deleted = async {
        let id = subscription(&id)?;
        let scope = state
            .note(&here, "webhook.delete", id.as_str(), None)
            .await?;
        state.app.engine.webhooks().delete(scope, &id).await
    };
    answered(&state, &here, deleted.await, "deleted").await
}

pub(crate) async fn add_secret(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let added = async {
        let id = subscription(&id)?;
        let scope = state
            .note(&here, "webhook.add-secret", id.as_str(), None)
            .await?;
        state
            .app
            .engine
            .webhooks()
            .add_secret(&call(scope), &id)
            .await?;
        Ok(())
    };
    answered(&state, &here, added.await, "secret").await
}

pub(crate) async fn activate_secret(
    State(state): State<PortalState>,
    Path((_, _, id, of)): NamedSecret,
    here: Here,
) -> Response {
    let activated = async {
        let (id, of) = (subscription(&id)?, secret(&of)?);
        let scope = state
            .note(&here, "webhook.activate-secret", of.as_str(), None)
            .await?;
        state
            .app
            .engine
            .webhooks()
            .activate_secret(scope, &id, &of)
            .await
    };
    answered(&state, &here, activated.await, "secret").await
}

pub(crate) async fn delete_secret(
    State(state): State<PortalState>,
    Path((_, _, id, of)): NamedSecret,
    here: Here,
) -> Response {
    let deleted = async {
        let (id, of) = (subscription(&id)?, secret(&of)?);
        let scope = state
            .note(&here, "webhook.delete-secret", of.as_str(), None)
            .await?;
        state
            .app
            .engine
            .webhooks()
            .delete_secret(scope, &id, &of)
            .await
    };
    answered(&state, &here, deleted.await, "secret").await
}
