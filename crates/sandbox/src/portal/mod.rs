//! The sandbox's pages in the portal: card machines, the mailbox, the clock and faults.

mod calls;
mod clock;
mod faults;
mod machines;
mod mailbox;
mod old;
mod pos;

use axum::Router;
use axum::routing::{get, post};
use axum::{Extension, middleware};
use tatami_core::people::Right::{Develop, Operate, See};
use tatami_portal::{Guarded, Listed, Need, PortalState, Section};

use crate::{PosTools, SandboxState};

pub(crate) use mailbox::html_of;

/// The sections that the pages are under.
pub const SECTIONS: &[Section] = &[
    ("/card-machines", "Card machines", Need::Sandbox(See)),
    ("/pos", "POS", Need::Sandbox(Develop)),
    ("/mailbox", "Mailbox", Need::Sandbox(See)),
    ("/clock", "Clock", Need::Sandbox(See)),
    ("/faults", "Faults", Need::Sandbox(See)),
];

/// The pages, and the addresses that they had before.
pub(crate) fn routes(
    portal: &PortalState,
    state: &SandboxState,
    tools: PosTools,
) -> Router<SandboxState> {
    guarded(Some(portal))
        .router
        .layer(Extension(calls::Calls::new(state)))
        .layer(Extension(tools))
        .merge(old::routes())
}

/// The pages, for tests that try each of them.
pub fn listed() -> Vec<Listed> {
    guarded(None).listed
}

/// Shows a browser that has no key the page in the portal.
pub(crate) fn led_to_portal(routes: Router<SandboxState>) -> Router<SandboxState> {
    routes.route_layer(middleware::from_fn(old::lead_browsers))
}

fn guarded(portal: Option<&PortalState>) -> Guarded<SandboxState> {
    let see = Need::Sandbox(See);
    let operate = Need::Sandbox(Operate);
    let develop = Need::Sandbox(Develop);
    Guarded::new(portal)
        .page(see, "/card-machines", get(machines::list))
        .page(see, "/card-machines/{tid}", get(machines::show))
        .page(see, "/calls/{*path}", get(calls::forward))
        .form(
            operate,
            "/calls/{*path}",
            post(calls::forward)
                .put(calls::forward)
                .delete(calls::forward),
        )
        .page(develop, "/pos", get(pos::show))
        .form(develop, "/pos/flows", post(pos::start))
        .page(develop, "/pos/flows/{flow}", get(pos::flow))
        .page(develop, "/pos/flows/{flow}/live", get(pos::watch))
        .page(develop, "/pos/qr-codes", get(pos::qr_codes))
        .page(see, "/mailbox", get(mailbox::list))
        .page(see, "/mailbox/live", get(mailbox::watch))
        .page(see, "/mailbox/{mail}", get(mailbox::show))
        .page(see, "/mailbox/{mail}/html", get(mailbox::html))
        .page(see, "/clock", get(clock::show))
        .form(operate, "/clock", post(clock::advance))
        .page(see, "/faults", get(faults::show))
        .form(operate, "/faults", post(faults::set))
}
