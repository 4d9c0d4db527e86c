//! A new payment link.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use tatami_core::payment_intent::{Details, PAYMENT_LINKS};
use tatami_engine::Failure;

use super::PATH;
use crate::PortalState;
use crate::calls::{created_id, once};
use crate::forms::{Form, Wrong};
use crate::frame::Frame;
use crate::orders::{NAMES, details, draft};
use crate::pages::{failed, page_with};
use crate::visit::{Here, path_of};

#[derive(Template)]
#[template(path = "new_payment_link.html")]
struct NewLinkPage<'f> {
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
    let page = NewLinkPage {
        frame: Frame::new(here, PATH, wrong.notice()),
        path: format!("{}{PATH}", path_of(&place.scope)),
        form: Form::new(state, &here.fields, wrong),
    };
    page_with(status, &page)
}

pub(crate) async fn create(State(state): State<PortalState>, here: Here) -> Response {
    let created = async {
        let place = here.location()?;
        let now = state.app.engine.now(&place.scope);
        let details = Details {
            payment_source: Some(PAYMENT_LINKS.to_owned()),
            is_not_online_checkout: true,
            ..details(&here.fields)
        };
        let draft = draft(&here.fields, &place.account.time_zone, now, details)?;
        let call = once(&here, "payment-link", here.fields.digest())?;
        let amount = draft.amount.as_ref();
        let new = json!({
            "amount": amount.map(|it| json!({ "value": it.value, "currencyCode": it.currency_code })),
            "email": draft.details.customer.as_ref().and_then(|it| it.email_address.clone()),
        });
        let reference = draft.details.reference.clone();
        let scope = state
            .note(&here, "payment-link.create", &reference, Some(new))
            .await?;
        let answer = state.app.engine.payment_intents().create(&call, draft);
        let id = created_id(&answer.await?)?;
        Ok::<_, Failure>(format!("{}{PATH}/{id}?done=created", path_of(scope)))
    };
    match created.await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(failure) => form(&state, &here, Wrong::of(&failure, NAMES)),
    }
}
