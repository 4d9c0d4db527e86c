//! All routes of the portal.

use axum::Router;
use axum::routing::{get, post};
use tatami_core::people::Right::{Develop, Manage, Operate, Refund, See};

use crate::guard::{Guarded, Listed, Need};
use crate::{
    PortalState, assets, audit, branding, company, customers, home, keys, limits, links, logs,
    pages, payment_links, payments, people, profile, refunds, second_factor, settings,
    setup_intents, sign_in, terminal, transactions, webhooks,
};

/// The routes, those behind the sign-in and those before it.
pub(crate) fn router(state: &PortalState) -> Router<PortalState> {
    Router::new()
        .route("/", get(sign_in::front))
        .route(home::RECEIVER, post(home::receive))
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
        .route("/portal/{account}", get(pages::missing))
        .route("/portal/{account}/{mode}/{*path}", get(pages::missing))
        .merge(guarded(Some(state)).router)
}

fn guarded(state: Option<&PortalState>) -> Guarded<PortalState> {
    let mine = Need::SignedIn;
    let team = Need::Company(Manage);
    let at = Need::Location;
    Guarded::new(state)
        .page(mine, "", get(home::first))
        .form(mine, "/sign-out", post(sign_in::sign_out))
        .page(mine, "/profile", get(profile::show))
        .form(mine, "/profile/password", post(profile::change_password))
        .form(mine, "/profile/second-factor", post(second_factor::offer))
        .form(
            mine,
            "/profile/second-factor/confirm",
            post(second_factor::confirm),
        )
        .form(mine, "/profile/second-factor/end", post(second_factor::end))
        .form(
            mine,
            "/profile/sessions/{session}/end",
            post(profile::end_session),
        )
        .form(
            mine,
            "/profile/second-factor/codes",
            post(second_factor::renew_codes),
        )
        .form(mine, "/profile/leave", post(profile::leave))
        .page(team, "/company", get(company::show))
        .form(team, "/company/name", post(company::rename))
        .form(team, "/company/locations", post(company::add_location))
        .form(
            team,
            "/company/second-factor",
            post(company::require_second_factor),
        )
        .page(team, "/people", get(people::list))
        .form(team, "/people", post(people::invite))
        .form(team, "/people/{user}/invite", post(people::invite_again))
        .form(team, "/people/{user}/role", post(people::set_role))
        .form(
            team,
            "/people/{user}/end-sessions",
            post(people::end_sessions),
        )
        .form(team, "/people/{user}/remove", post(people::remove))
        .page(team, "/mails", get(people::mails))
        .page(team, "/audit", get(audit::list))
        .page(team, "/audit/export", get(audit::export))
        .page(at(See), "", get(home::show))
        .page(at(See), "/steps", get(home::show_steps))
        .form(at(Operate), "/try", post(home::try_one))
        .page(at(See), "/payments", get(payments::list))
        .page(at(See), "/payments/export", get(payments::export))
        .page(at(See), "/payments/{payment}", get(payments::show))
        .page(at(See), "/transactions", get(transactions::list))
        .page(at(See), "/refunds", get(refunds::list))
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
        .page(at(See), "/payment-links", get(payment_links::list))
        .page(
            at(Operate),
            "/payment-links/new",
            get(payment_links::show_form),
        )
        .form(at(Operate), "/payment-links", post(payment_links::create))
        .page(at(See), "/payment-links/{link}", get(payment_links::show))
        .page(
            at(See),
            "/payment-links/{link}/qr.svg",
            get(payment_links::qr_code),
        )
        .form(
            at(Operate),
            "/payment-links/{link}/mail",
            post(payment_links::mail),
        )
        .form(
            at(Operate),
            "/payment-links/{link}/cancel",
            post(payment_links::cancel),
        )
        .page(at(Operate), "/virtual-terminal", get(terminal::show_form))
        .form(at(Operate), "/virtual-terminal", post(terminal::take))
        .page(
            at(Operate),
            "/virtual-terminal/{payment}",
            get(terminal::show),
        )
        .form(
            at(Operate),
            "/virtual-terminal/{payment}",
            post(terminal::again),
        )
        .page(at(See), "/customers", get(customers::list))
        .page(at(Operate), "/customers/new", get(customers::show_create))
        .form(at(Operate), "/customers", post(customers::create))
        .page(at(See), "/customers/{customer}", get(customers::show))
        .page(
            at(Operate),
            "/customers/{customer}/change",
            get(customers::show_change),
        )
        .form(
            at(Operate),
            "/customers/{customer}",
            post(customers::change),
        )
        .form(
            at(Operate),
            "/customers/{customer}/delete",
            post(customers::delete),
        )
        .form(
            at(Operate),
            "/customers/{customer}/cards/{card}/delete",
            post(customers::delete_card),
        )
        .page(at(See), "/setup-intents", get(setup_intents::list))
        .page(
            at(Operate),
            "/setup-intents/new",
            get(setup_intents::show_form),
        )
        .form(at(Operate), "/setup-intents", post(setup_intents::create))
        .page(at(See), "/setup-intents/{setup}", get(setup_intents::show))
        .form(
            at(Operate),
            "/setup-intents/{setup}/cancel",
            post(setup_intents::cancel),
        )
        .page(at(Manage), "/branding", get(branding::show))
        .form(at(Manage), "/branding", post(branding::set))
        .form(at(Manage), "/branding/clear", post(branding::clear))
        .page(at(Manage), "/branding/sample", get(branding::sample))
        .page(at(See), "/settings", get(settings::show))
        .form(at(Manage), "/settings", post(settings::save))
        .page(at(Develop), "/limits", get(limits::show))
        .page(at(Develop), "/logs", get(logs::list))
        .page(at(Develop), "/logs/live", get(logs::live))
        .page(at(Develop), "/logs/{entry}", get(logs::show))
        .page(at(Develop), "/keys", get(keys::list))
        .form(at(Develop), "/keys", post(keys::create))
        .form(at(Develop), "/keys/{key}/delete", post(keys::delete))
        .page(at(Develop), "/webhooks", get(webhooks::list))
        .form(at(Develop), "/webhooks", post(webhooks::add))
        .form(at(Develop), "/webhooks/resend", post(webhooks::resend))
        .form(
            at(Develop),
            "/webhooks/resend-failed",
            post(webhooks::resend_failed),
        )
        .form(
            at(Develop),
            "/webhooks/{endpoint}/test",
            post(webhooks::test),
        )
        .form(
            at(Develop),
            "/webhooks/{endpoint}/change",
            post(webhooks::change),
        )
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
