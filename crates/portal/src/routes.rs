//! All routes of the portal.

use axum::Router;
use axum::routing::{get, post};
use tatami_core::people::Right::{Develop, Manage, Operate, Refund, See};

use crate::guard::{Guarded, Listed, Need};
use crate::{
    PortalState, assets, audit, home, keys, links, payments, people, profile, sign_in, webhooks,
};

/// The routes, those behind the sign-in and those before it.
pub(crate) fn router(state: &PortalState) -> Router<PortalState> {
    Router::new()
        .route("/", get(sign_in::front))
        .route("/portal/start/{token}", get(sign_in::start))
        .route("/portal/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/portal/code", get(sign_in::show_code).post(sign_in::prove))
        .route(
            "/portal/forgot",
            get(links::show_forgot).post(links::forgot),
        )
        .route(
            "/portal/reset/{token}",
            get(links::show_reset).post(links::reset),
        )
        .route(
            "/portal/invitation/{token}",
            get(links::show_invitation).post(links::accept),
        )
        .route(
            &format!("{}/{{version}}/{{file}}", assets::PATH),
            get(assets::serve),
        )
        .merge(guarded(Some(state)).router)
}

fn guarded(state: Option<&PortalState>) -> Guarded {
    let mine = Need::SignedIn;
    let team = Need::Company(Manage);
    let at = Need::Location;
    Guarded::new(state)
        .page(mine, "", get(home::first))
        .form(mine, "/sign-out", post(sign_in::sign_out))
        .page(mine, "/profile", get(profile::show))
        .form(mine, "/profile/password", post(profile::change_password))
        .form(mine, "/profile/second-factor", post(profile::offer))
        .form(
            mine,
            "/profile/second-factor/confirm",
            post(profile::confirm),
        )
        .form(mine, "/profile/second-factor/end", post(profile::end))
        .form(
            mine,
            "/profile/sessions/{session}/end",
            post(profile::end_session),
        )
        .page(team, "/people", get(people::list))
        .form(team, "/people", post(people::invite))
        .form(team, "/people/{user}/role", post(people::set_role))
        .form(team, "/people/{user}/remove", post(people::remove))
        .page(team, "/mails", get(people::mails))
        .page(team, "/audit", get(audit::list))
        .page(at(See), "", get(home::show))
        .form(at(Operate), "/try", post(home::try_one))
        .page(at(See), "/payments", get(payments::list))
        .page(at(See), "/payments/{payment}", get(payments::show))
        .form(
            at(Operate),
            "/payments/{payment}/capture",
            post(payments::capture),
        )
        .form(
            at(Refund),
            "/payments/{payment}/refund",
            post(payments::refund),
        )
        .form(
            at(Operate),
            "/payments/{payment}/reverse",
            post(payments::reverse),
        )
        .form(
            at(Operate),
            "/payments/{payment}/cancel",
            post(payments::cancel),
        )
        .form(
            at(Refund),
            "/payments/{payment}/receipt",
            post(payments::receipt),
        )
        .page(at(Develop), "/keys", get(keys::list))
        .form(at(Develop), "/keys", post(keys::create))
        .form(at(Develop), "/keys/{key}/delete", post(keys::delete))
        .page(at(Develop), "/webhooks", get(webhooks::list))
        .form(at(Develop), "/webhooks", post(webhooks::add))
        .form(at(Develop), "/webhooks/resend", post(webhooks::resend))
        .form(
            at(Develop),
            "/webhooks/{endpoint}/delete",
            post(webhooks::delete),
        )
        .form(
            at(Develop),
            "/webhooks/{endpoint}/secrets",
            post(webhooks::add_secret),
        )
        .form(
            at(Develop),
            "/webhooks/{endpoint}/secrets/{secret}/activate",
            post(webhooks::activate_secret),
        )
        .form(
            at(Develop),
            "/webhooks/{endpoint}/secrets/{secret}/delete",
            post(webhooks::delete_secret),
        )
}

/// The pages behind the sign-in, for tests that try each of them.
pub fn listed() -> Vec<Listed> {
    guarded(None).listed
}
