//! The virtual card machines as pages: a list of them, and each as a hand-held
//! device in the browser.
//!
//! The pages are drawn by their scripts, which are clients of the JSON API under
//! `/sandbox/card-machines`. Nothing is decided here.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use http::StatusCode;
use tatami_core::account::Scope;
use tatami_core::problem::Refusal;
use tatami_engine::Failure;
use tatami_http::{PAGE_POLICY, page_of};

use crate::{SandboxState, assets};

/// The pages. What they show belongs to an account, so whoever serves them asks
/// for its key first and adds its [`Scope`] to the request.
pub(crate) fn routes() -> Router<SandboxState> {
    Router::new()
        .route("/card-machines", get(machines))
        .route("/card-machines/{tid}", get(machine))
}

#[derive(Template)]
#[template(path = "machines.html")]
struct MachinesPage {
    assets: &'static str,
}

async fn machines() -> Response {
    let page = MachinesPage {
        assets: assets::machines(),
    };
    page_of(PAGE_POLICY, page.render())
}

#[derive(Template)]
#[template(path = "machine.html")]
struct MachinePage {
    assets: &'static str,
    tid: String,
}

async fn machine(
    State(state): State<SandboxState>,
    Extension(scope): Extension<Scope>,
    Path(tid): Path<String>,
) -> Response {
    if let Err(failure) = state.engine.terminals().get_by_tid(&scope, &tid).await {
        return no_machine(&failure);
    }
    let page = MachinePage {
        assets: assets::machines(),
        tid,
    };
    page_of(PAGE_POLICY, page.render())
}

#[derive(Template)]
#[template(path = "no_machine.html")]
struct NoMachinePage {
    assets: &'static str,
    title: &'static str,
    told: &'static str,
}

fn no_machine(failure: &Failure) -> Response {
    let (status, title, told) = match failure {
        Failure::Refused(Refusal::NotFound(_)) => (
            StatusCode::NOT_FOUND,
            "No such card machine",
            "This account has no card machine with that TID.",
        ),
        other => {
            tracing::error!(error = %other, "a card machine could not be shown");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "The card machine cannot be shown",
                "Try again in a moment.",
            )
        }
    };
    let page = NoMachinePage {
        assets: assets::machines(),
        title,
        told,
    };
    let mut response = page_of(PAGE_POLICY, page.render());
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_what_is_asked_for_as_text() {
        let page = MachinePage {
            assets: assets::machines(),
            tid: "\"><script>alert(1)</script>".to_owned(),
        };
        let page = page.render().expect("renders");
        assert!(!page.contains("<script>alert"));
        assert!(page.contains("&#60;script&#62;alert(1)"), "it is there");
    }

    /// Scripts draw pictures by name: each must be on the page.
    #[test]
    fn every_picture_that_is_used_is_on_the_page() {
        let page = MachinePage {
            assets: assets::machines(),
            tid: String::new(),
        };
        let page = page.render().expect("renders");
        let used: Vec<&str> = page
            .split("href=\"#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(used.len() > 10, "{used:?}");
        for name in used {
            assert!(page.contains(&format!("<symbol id=\"{name}\"")), "{name}");
        }
    }
}
