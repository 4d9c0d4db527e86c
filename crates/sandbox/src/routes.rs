//! What the sandbox adds to the API, in one list: what is served here is what its
//! description says.

use axum::Router;
use axum::routing::get;
use tatami_portal::PortalState;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::controls::{branding, next_payment, qr_codes};
use crate::machines::api as machines;
use crate::machines::integration::api as integration;
use crate::{PosTools, SandboxState, assets, bank, controls, pages, portal, wallets};

/// Routes that share what goes around them.
type Group = Vec<UtoipaMethodRouter<SandboxState>>;

/// The operations of the sandbox, which [`described`] belongs to, and its pages that ask
/// for no key.
pub fn router(state: SandboxState) -> Router {
    let (mailbox, _) = with(mailbox()).split_for_parts();
    let (controls, _) = with(controls()).split_for_parts();
    controls
        .merge(machine_operations())
        .merge(portal::led_to_portal(mailbox))
        .with_state(state.clone())
        .merge(public(state))
}

/// The sandbox's pages in the portal.
pub fn portal_router(state: SandboxState, portal: &PortalState, tools: PosTools) -> Router {
    portal::routes(portal, &state, tools).with_state(state)
}

/// The operations on card machines.
pub(crate) fn machine_operations() -> Router<SandboxState> {
    let (machines, _) = with(card_machines()).split_for_parts();
    machines
}

/// The pages that ask for no key: `/three-ds/…`, `/wallet-sheet/…` and
/// `/docs/test-cards`, and the files of all.
fn public(state: SandboxState) -> Router {
    Router::new()
        .merge(bank::routes())
        .merge(pages::test_cards::routes())
        .merge(wallets::routes())
        .route(
            &format!("{}/{{version}}/{{file}}", assets::PAGES_PATH),
            get(assets::serve_page_file),
        )
        .route(
            &format!("{}/{{version}}/{{file}}", assets::MACHINES_PATH),
            get(assets::serve_machine_file),
        )
        .with_state(state)
}

/// The operations of the sandbox, as they are described.
pub fn described() -> OpenApi {
    with(controls())
        .merge(with(card_machines()))
        .merge(with(mailbox()))
        .into_openapi()
}

fn with(group: Group) -> OpenApiRouter<SandboxState> {
    group
        .into_iter()
        .fold(OpenApiRouter::default(), OpenApiRouter::routes)
}

/// What browsers are led to a page of the portal for.
fn mailbox() -> Group {
    vec![routes!(controls::mailbox), routes!(controls::mail)]
}

fn controls() -> Group {
    vec![
        routes!(controls::clock),
        routes!(controls::advance_clock),
        routes!(controls::deliveries),
        routes!(controls::books),
        routes!(
            branding::get_branding,
            branding::set_branding,
            branding::clear_branding
        ),
        routes!(qr_codes::list),
        routes!(next_payment::get, next_payment::set, next_payment::clear),
    ]
}

fn card_machines() -> Group {
    vec![
        routes!(machines::list_machines),
        routes!(machines::list_wallet),
        routes!(machines::set_pace),
        routes!(machines::get_machine),
        routes!(machines::watch),
        routes!(machines::set_next_outcome, machines::clear_next_outcome),
        routes!(
            integration::open_integration,
            integration::close_integration
        ),
        routes!(integration::list_orders),
        routes!(integration::select_order),
        routes!(integration::print_bill),
        routes!(integration::pay_order),
        routes!(integration::leave_order),
        routes!(machines::press),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the whole document each name has the schema that came last.
    #[test]
    fn no_schema_has_the_name_of_another_of_the_api() {
        let api = tatami_api::document(&[]);
        let own = serde_json::to_value(described()).expect("JSON");
        let own = own["components"]["schemas"].as_object().expect("schemas");
        assert!(own.len() > 20, "{}", own.len());
        for (name, schema) in own {
            let known = &api["components"]["schemas"][name];
            assert!(known.is_null() || known == schema, "{name}");
        }
    }
}
