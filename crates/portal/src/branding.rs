//! How the pages of a location look to payers: logo, icon and colours, with a sample of
//! them.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde_json::{Value, json};
use tatami_core::branding::{Branding, Picture, Wanted};
use tatami_engine::Failure;
use tatami_http::{FRAMED_POLICY, page_of};

use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with, redirect_or};
use crate::visit::{Here, path_of};
use crate::{PortalState, assets};

const PATH: &str = "/branding";
/// What the colours are if none is set.
const PRIMARY: &str = "#175c4c";
const BACKGROUND: &str = "#ffffff";

/// A colour of the form.
struct Shade {
    name: &'static str,
    title: &'static str,
    value: String,
    /// Whether it is ours, as long as the merchant chooses none.
    is_own: bool,
}

#[derive(Template)]
#[template(path = "branding.html")]
struct BrandingPage {
    frame: Frame,
    path: String,
    logo: Option<String>,
    favicon: Option<String>,
    shades: [Shade; 2],
    is_set: bool,
}

pub(crate) async fn show(State(state): State<PortalState>, here: Here) -> Response {
    let notice = match here.fields.get("done") {
        "set" => Some(Notice::good(
            "The branding is set: payers see it from now on.",
        )),
        "cleared" => Some(Notice::good("The branding is removed.")),
        _ => None,
    };
    branding(&state, &here, StatusCode::OK, notice).await
}

async fn branding(
    state: &PortalState,
    here: &Here,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let read = async {
        let scope = &here.location()?.scope;
        let set = state.app.engine.accounts().branding(scope).await?;
        Ok::<_, Failure>((scope, set))
    };
    let (scope, set) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let of = |colour: fn(&Branding) -> Option<String>| set.as_ref().and_then(colour);
    let shade = |name, title, set: Option<String>, own: &str| {
        let typed = Some(here.fields.get(name)).filter(|typed| !typed.is_empty());
        Shade {
            name,
            title,
            is_own: set.is_none() && typed.is_none(),
            value: typed.map(str::to_owned).or(set).unwrap_or(own.to_owned()),
        }
    };
    let page = BrandingPage {
        frame: Frame::new(here, PATH, notice),
        path: format!("{}{PATH}", path_of(scope)),
        logo: set.as_ref().and_then(Branding::logo_path),
        favicon: set.as_ref().and_then(Branding::favicon_path),
        shades: [
            shade(
                "primary",
                "Buttons and links",
                of(|set| set.primary.map(|colour| colour.to_string())),
                PRIMARY,
            ),
            shade(
                "background",
                "Background",
                of(|set| set.background.map(|colour| colour.to_string())),
                BACKGROUND,
            ),
        ],
        is_set: set.is_some(),
    };
    page_with(status, &page)
}

pub(crate) async fn set(State(state): State<PortalState>, here: Here) -> Response {
    let changed = async {
        let scope = &here.location()?.scope;
        let accounts = state.app.engine.accounts();
        let before = accounts.branding(scope).await?;
        let wanted = wanted(&here, before.as_ref());
        // Refused before it is noted.
        Branding::of(scope.clone(), &wanted, state.app.engine.now(scope))?;
        state
            .note(&here, "branding.set", "", Some(noted(&wanted)))
            .await?;
        accounts.set_branding(scope, &wanted).await?;
        Ok::<_, Failure>(format!("{}{PATH}?done=set", path_of(scope)))
    };
    redirect_or(changed.await, |status, notice| {
        branding(&state, &here, status, notice)
    })
    .await
}

/// What a form asks for: a picture that was not chosen stays unless it is to go.
fn wanted(here: &Here, before: Option<&Branding>) -> Wanted {
    let fields = &here.fields;
    let picture = |name: &str, before: Option<&Picture>| {
        let chosen = Some(fields.get(name)).filter(|chosen| !chosen.is_empty());
        let is_to_go = fields.get(&format!("remove-{name}")) == "yes";
        let stays = before.filter(|_| !is_to_go).map(Picture::data_url);
        chosen.map(str::to_owned).or(stays)
    };
    let colour = |name: &str| {
        let own = fields.get(&format!("own-{name}")) == "yes";
        let typed = fields.get(name).trim();
        (!own && !typed.is_empty()).then(|| typed.to_owned())
    };
    Wanted {
        logo: picture("logo", before.and_then(|set| set.logo.as_ref())),
        favicon: picture("favicon", before.and_then(|set| set.favicon.as_ref())),
        primary: colour("primary"),
        background: colour("background"),
    }
}

/// What the audit trail says of it: of pictures whether there is one.
fn noted(wanted: &Wanted) -> Value {
    json!({
        "logo": wanted.logo.is_some(),
        "favicon": wanted.favicon.is_some(),
        "primaryColour": wanted.primary,
        "backgroundColour": wanted.background,
    })
}

pub(crate) async fn clear(State(state): State<PortalState>, here: Here) -> Response {
    let cleared = async {
        let scope = state.note(&here, "branding.clear", "", None).await?;
        state.app.engine.accounts().clear_branding(scope).await?;
        Ok::<_, Failure>(format!("{}{PATH}?done=cleared", path_of(scope)))
    };
    match cleared.await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(failure) => failed(&failure),
    }
}

#[derive(Template)]
#[template(path = "branding_sample.html")]
struct SamplePage {
    assets: &'static str,
    name: String,
    logo: Option<String>,
    colours: Option<String>,
}

/// A payment page in the location's looks, which takes nothing.
pub(crate) async fn sample(State(state): State<PortalState>, here: Here) -> Response {
    let read = async {
        let place = here.location()?;
        let set = state.app.engine.accounts().branding(&place.scope).await?;
        Ok::<_, Failure>((place, set))
    };
    match read.await {
        Ok((place, set)) => {
            let colours = set.as_ref().filter(|set| set.has_colours());
            let page = SamplePage {
                assets: assets::base(),
                name: place.account.name.clone(),
                logo: set.as_ref().and_then(Branding::logo_path),
                colours: colours.map(Branding::colours_path),
            };
            page_of(FRAMED_POLICY, page.render())
        }
        Err(failure) => failed(&failure),
    }
}
