//! Customers and their saved cards.

mod edit;
mod show;

pub(crate) use edit::{change, create, show_change, show_create};
pub(crate) use show::{delete, delete_card, show};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use tatami_core::customer::Customer;
use tatami_core::id::CustomerId;
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_core::time::ticks;
use tatami_engine::Failure;

use crate::PortalState;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page};
use crate::times::local;
use crate::visit::{Here, path_of};

const PATH: &str = "/customers";
/// Customers on a page.
const SHOWN: usize = 25;

struct Row {
    href: String,
    called: String,
    email: String,
    id: String,
    at: String,
    iso: String,
}

#[derive(Template)]
#[template(path = "customers.html")]
struct CustomersPage<'f> {
    frame: Frame,
    path: String,
    find: &'f str,
    can_create: bool,
    rows: Vec<Row>,
    next: Option<String>,
}

/// What a customer is called on pages.
fn called(customer: &Customer) -> String {
    let details = &customer.details;
    let known = details.name.clone().or(details.email_address.clone());
    known.unwrap_or_else(|| "Without a name".to_owned())
}

fn customer_id(id: &str) -> Result<CustomerId, Failure> {
    Ok(CustomerId::parse(id).map_err(|_| Refusal::NotFound("customer"))?)
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let find = here.fields.get("find").trim();
    let read = async {
        let place = here.location()?;
        let customers = state.app.engine.customers();
        let after = CustomerId::parse(here.fields.get("after")).ok();
        let found = customers.look(&place.scope, find, after, SHOWN).await?;
        Ok::<_, Failure>((place, found))
    };
    let (place, found) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let path = format!("{}{PATH}", path_of(&place.scope));
    let row = |customer: &Customer| Row {
        href: format!("{path}/{}", customer.id),
        called: called(customer),
        email: customer.details.email_address.clone().unwrap_or_default(),
        id: customer.id.to_string(),
        at: local(customer.created_at, &place.account.time_zone),
        iso: ticks(customer.created_at),
    };
    let gone = here.fields.get("done") == "deleted";
    let done = gone.then(|| Notice::good("The customer is deleted, with all saved cards."));
    page(&CustomersPage {
        frame: Frame::new(&here, PATH, done),
        find,
        can_create: here.visitor.may(Right::Operate, &place.scope),
        rows: found.items.iter().map(row).collect(),
        next: found.next.map(|id| here.fields.with("after", &id)),
        path,
    })
}
