//! A new setup intent.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use tatami_core::problem::Refusal;
use tatami_core::setup_intent::{Draft, TransactionType, check};
use tatami_core::time::Timestamp;
use tatami_engine::Failure;

use super::PATH;
use crate::PortalState;
use crate::calls::{created_id, once};
use crate::fields::Fields;
use crate::forms::{Form, Wrong};
use crate::frame::Frame;
use crate::orders::{NAMES, amount, details, expiry, others};
use crate::pages::{failed, page_with};
use crate::visit::{Here, path_of};

#[derive(Template)]
#[template(path = "new_setup_intent.html")]
struct NewSetupPage<'f> {
    frame: Frame,
    path: String,
    form: Form<'f>,
}

pub(crate) async fn show_form(State(state): State<PortalState>, here: Here) -> Response {
    form(&state, &here, Wrong::default())
}

fn form(state: &PortalState, here: &Here, wrong: Wrong) -> Response {
    let place = match here.location() {
        Ok(place) => place,
        Err(failure) => return failed(&failure),
    };
    let status = wrong.status();
    let page = NewSetupPage {
        frame: Frame::new(here, PATH, wrong.notice()),
        path: format!("{}{PATH}", path_of(&place.scope)),
        form: Form::new(state, &here.fields, wrong),
    };
    page_with(status, &page)
}

fn draft(fields: &Fields, zone: &str, now: Timestamp) -> Result<Draft, Failure> {
    let mut broken = Vec::new();
    let draft = Draft {
        kind: TransactionType::from_name(fields.get("kind")),
        terms: fields.get("terms").trim().to_owned(),
        intended_amount: amount(fields, &mut broken),
        expire_at: expiry(fields, zone, &mut broken),
        details: details(fields),
        ..Draft::default()
    };
    broken.extend(others(&broken, check(&draft, now)));
    match broken.is_empty() {
        true => Ok(draft),
        false => Err(Refusal::Invalid(broken).into()),
    }
}

pub(crate) async fn create(State(state): State<PortalState>, here: Here) -> Response {
    let created = async {
        let place = here.location()?;
        let now = state.app.engine.now(&place.scope);
        let draft = draft(&here.fields, &place.account.time_zone, now)?;
        let call = once(&here, "setup-intent", here.fields.digest())?;
        let reference = draft.details.reference.clone();
        let scope = state
            .note(&here, "setup-intent.create", &reference, None)
            .await?;
        let answer = state.app.engine.setup_intents().create(&call, draft);
        let id = created_id(&answer.await?)?;
        Ok::<_, Failure>(format!("{}{PATH}/{id}?done=created", path_of(scope)))
    };
    match created.await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(failure) => form(&state, &here, Wrong::of(&failure, NAMES)),
    }
}
