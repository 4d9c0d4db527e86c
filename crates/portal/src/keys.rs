//! API keys of a location's environment.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use tatami_core::id::KeyId;
use tatami_core::problem::Refusal;
use tatami_core::time::{Timestamp, ticks};
use tatami_engine::{Failure, NamedKey};

use crate::PortalState;
use crate::frame::{Frame, Notice};
use crate::pages::{explained, failed, page_with, redirect_or};
use crate::times::local;
use crate::visit::{Here, path_of};

const PATH: &str = "/keys";

struct Moment {
    iso: String,
    local: String,
}

impl Moment {
    fn of(at: Timestamp, zone: &str) -> Self {
        Self {
            iso: ticks(at),
            local: local(at, zone),
        }
    }
}

struct Row {
    id: String,
    name: String,
    hint: String,
    created_at: Moment,
    last_used_at: Option<Moment>,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    path: String,
    rows: Vec<Row>,
    /// A key that was just made: the one time it is shown.
    new: Option<String>,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let done = (here.fields.get("done") == "deleted")
        .then(|| Notice::good("The key is deleted, and opens nothing any more."));
    keys(&state, &here, StatusCode::OK, done, None).await
}

async fn keys(
    state: &PortalState,
    here: &Here,
    status: StatusCode,
    notice: Option<Notice>,
    new: Option<String>,
) -> Response {
    let read = async {
        let place = here.location()?;
        let keys = state.app.engine.accounts().named_keys(&place.scope).await?;
        Ok::<_, Failure>((place, keys))
    };
    let (place, keys) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let page = KeysPage {
        frame: Frame::new(here, PATH, notice),
        path: format!("{}{PATH}", path_of(&place.scope)),
        rows: keys
            .into_iter()
            .map(|key| row(key, &place.account.time_zone))
            .collect(),
        new,
    };
    page_with(status, &page)
}

fn row(named: NamedKey, zone: &str) -> Row {
    Row {
        id: named.key.id.to_string(),
        name: match named.name.is_empty() {
            true => "Without a name".to_owned(),
            false => named.name,
        },
        hint: named.key.hint,
        created_at: Moment::of(named.key.created_at, zone),
        last_used_at: named.last_used_at.map(|at| Moment::of(at, zone)),
    }
}

pub(crate) async fn create(State(state): State<PortalState>, here: Here) -> Response {
    let created = async {
        let name = here.fields.get("name");
        let scope = state.note(&here, "key.create", name, None).await?;
        state
            .app
            .engine
            .accounts()
            .create_named_key(scope, name)
            .await
    };
    match created.await {
        Ok(new) => {
            let text = new.text.to_string();
            keys(&state, &here, StatusCode::OK, None, Some(text)).await
        }
        Err(failure) => {
            let (status, sentences) = explained(&failure);
            keys(&state, &here, status, Some(Notice::bad(sentences)), None).await
        }
    }
}

pub(crate) async fn delete(
    State(state): State<PortalState>,
    Path((_, _, id)): Path<(String, String, String)>,
    here: Here,
) -> Response {
    let deleted = async {
        let id = KeyId::parse(&id).map_err(|_| Refusal::NotFound("key"))?;
        let scope = state.note(&here, "key.delete", id.as_str(), None).await?;
        state
            .app
            .engine
            .accounts()
            .delete_key_of(scope, &id)
            .await?;
        Ok::<_, Failure>(format!("{}{PATH}?done=deleted", path_of(scope)))
    };
    redirect_or(deleted.await, |status, notice| {
        keys(&state, &here, status, notice, None)
    })
    .await
}
