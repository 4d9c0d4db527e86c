//! The front page, for people who open the base URL in a browser.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use tatami_http::{PAGE_POLICY, page_of};

use crate::{CheckoutState, assets};

pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new().route("/", get(front))
}

#[derive(Template)]
#[template(path = "front.html")]
struct FrontPage {
    assets: &'static str,
    has_sandbox: bool,
}

async fn front(State(state): State<CheckoutState>) -> Response {
    let page = FrontPage {
        assets: assets::base(),
        has_sandbox: state.has_sandbox,
    };
    page_of(PAGE_POLICY, page.render())
}
