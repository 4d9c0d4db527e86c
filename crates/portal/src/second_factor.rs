//! The visitor's second factor: turned on and off, and its recovery codes.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use tatami_epos::paper::qr_svg;

use crate::PortalState;
use crate::frame::{Frame, Notice};
use crate::pages::{explained, failed, page, page_with};
use crate::profile::{PATH, answered, done};
use crate::visit::Here;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    frame: Frame,
    /// For the camera of the device that the app is on.
    qr: Option<String>,
    /// In groups, for people who type it.
    secret: String,
    /// For the app on this device.
    link: String,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryCodesPage {
    frame: Frame,
    codes: Vec<String>,
}

pub(crate) async fn offer(State(state): State<PortalState>, here: Here) -> Response {
    let password = here.fields.secret("present");
    let people = state.app.engine.people();
    match people
        .second_factors()
        .offer_second_factor(&here.visitor, &password)
        .await
    {
        Ok(secret) => second_factor(&here, &secret, StatusCode::OK, None),
        Err(failure) => answered(&state, &here, &failure).await,
    }
}

fn second_factor(
    here: &Here,
    secret: &str,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let email = &here.visitor.user.email;
    let email: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
    let link = format!("otpauth://totp/Tatami:{email}?secret={secret}&issuer=Tatami");
    let groups = secret.as_bytes().chunks(4).map(String::from_utf8_lossy);
    let page = SecondFactorPage {
        frame: Frame::new(here, PATH, notice),
        secret: groups.collect::<Vec<_>>().join(" "),
        qr: qr_svg(&link),
        link,
    };
    page_with(status, &page)
}

pub(crate) async fn confirm(State(state): State<PortalState>, here: Here) -> Response {
    let people = state.app.engine.people();
    let code = here.fields.secret("code");
    let failure = match people
        .second_factors()
        .confirm_second_factor(&here.visitor, &code)
        .await
    {
        Ok(codes) => return recovery_codes(&here, codes, "The second factor is on."),
        Err(failure) => failure,
    };
    let (status, sentences) = explained(&failure);
    match people.second_factors().offered_secret(&here.visitor) {
        Ok(Some(secret)) => second_factor(&here, &secret, status, Some(Notice::bad(sentences))),
        Ok(None) => answered(&state, &here, &failure).await,
        Err(failure) => failed(&failure),
    }
}

pub(crate) async fn end(State(state): State<PortalState>, here: Here) -> Response {
    let password = here.fields.secret("present");
    let people = state.app.engine.people();
    match people
        .second_factors()
        .end_second_factor(&here.visitor, &password)
        .await
    {
        Ok(()) => done("second-factor-off"),
        Err(failure) => answered(&state, &here, &failure).await,
    }
}

pub(crate) async fn renew_codes(State(state): State<PortalState>, here: Here) -> Response {
    let password = here.fields.secret("present");
    let people = state.app.engine.people();
    match people
        .second_factors()
        .renew_recovery_codes(&here.visitor, &password)
        .await
    {
        Ok(codes) => recovery_codes(&here, codes, "The earlier codes no longer work."),
        Err(failure) => answered(&state, &here, &failure).await,
    }
}

fn recovery_codes(here: &Here, codes: Vec<String>, said: &str) -> Response {
    page(&RecoveryCodesPage {
        frame: Frame::new(here, PATH, Some(Notice::good(said))),
        codes,
    })
}
