//! Settings of a location: its name and time zone, which products are on, and how receipts
//! go out.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use tatami_core::account::{Account, AccountSettings};
use tatami_core::id::Environment;
use tatami_core::people::Right;
use tatami_engine::{Failure, NotedChange, Products};
use url::form_urlencoded::Serializer;

use crate::PortalState;
use crate::fields::Fields;
use crate::forms::{Form, Wrong};
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with};
use crate::times::{local, zones};
use crate::visit::{Here, Place, path_of};

const PATH: &str = "/settings";
/// The fields of the form, by what rules are about.
const NAMES: &[(&str, &str)] = &[("Name", "name"), ("TimeZone", "zone")];

/// Something that an account may be able to do.
struct Product {
    title: &'static str,
    is_on: bool,
    about: &'static str,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage<'h> {
    frame: Frame,
    path: String,
    form: Form<'h>,
    can_change: bool,
    zones: &'static [String],
    products: Vec<Product>,
    sends_mail: bool,
    facts: Vec<(&'static str, String)>,
}

pub(crate) async fn show(State(state): State<PortalState>, here: Here) -> Response {
    let account = match here.location() {
        Ok(place) => &place.account,
        Err(failure) => return failed(&failure),
    };
    let done = (here.fields.get("done") == "saved")
        .then(|| Notice::good("The settings are saved: payers see them from now on."));
    settings(&state, &here, &filled(account), Wrong::default(), done).await
}

/// What the form is filled in with.
fn filled(account: &Account) -> Fields {
    let mut query = Serializer::new(String::new());
    query.append_pair("name", &account.name);
    query.append_pair("zone", &account.time_zone);
    Fields::read(query.finish().as_bytes())
}

async fn settings(
    state: &PortalState,
    here: &Here,
    fields: &Fields,
    wrong: Wrong,
    done: Option<Notice>,
) -> Response {
    let read = async {
        let place = here.location()?;
        let accounts = state.app.engine.accounts();
        Ok::<_, Failure>((place, accounts.products(&place.scope).await?))
    };
    let (place, on) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let status = wrong.status();
    let page = SettingsPage {
        frame: Frame::new(here, PATH, wrong.notice().or(done)),
        path: format!("{}{PATH}", path_of(&place.scope)),
        form: Form::new(state, fields, wrong),
        can_change: here.visitor.may(Right::Manage, &place.scope),
        zones: zones(),
        products: products(on, place.scope.environment),
        sends_mail: on.mail,
        facts: facts(place),
    };
    page_with(status, &page)
}

fn products(on: Products, environment: Environment) -> Vec<Product> {
    let product = |title, is_on, about: &'static str, otherwise| Product {
        title,
        is_on,
        about: if is_on { about } else { otherwise },
    };
    vec![
        product(
            "Online payments",
            on.payments,
            "Checkout page, components, payment links, virtual terminal and saved cards.",
            "No acquirer is set up for this location. The operator of the installation does that.",
        ),
        product(
            "Card machines",
            on.card_machines,
            "Simulated machines, for payments at the counter and at the table.",
            match environment {
                Environment::Production => "Available in test mode only.",
                Environment::Sandbox => "This installation has none.",
            },
        ),
        product(
            "Orders of a POS",
            on.orders,
            "Pay at Table and Pay by QR, for a POS that is registered.",
            "This installation connects to no POS.",
        ),
        product(
            "Card numbers from your own server",
            on.tokenization,
            "Your server may capture card numbers and send them.",
            "The operator permits it when an account is made, with --permission tokenization.",
        ),
    ]
}

fn facts(place: &Place) -> Vec<(&'static str, String)> {
    let account = &place.account;
    vec![
        ("Account", account.id.to_string()),
        ("Merchant id", account.merchant_id()),
        ("Category code", account.merchant_category().to_owned()),
        ("Country", account.country().to_owned()),
        ("Created", local(account.created_at, &account.time_zone)),
    ]
}

pub(crate) async fn save(State(state): State<PortalState>, here: Here) -> Response {
    let saved = async {
        let place = here.location()?;
        let (fields, old) = (&here.fields, place.account.settings());
        let new = AccountSettings::of(fields.get("name"), fields.get("zone"))?;
        if new != old {
            let change = NotedChange {
                action: "location.change",
                subject: place.account.id.as_str(),
                old: Some(json!(old)),
                new: Some(json!(new)),
            };
            state.note_change(&here, change)?;
            let accounts = state.app.engine.accounts();
            accounts.change(&place.account.id, &new).await?;
        }
        Ok::<_, Failure>(format!("{}{PATH}?done=saved", path_of(&place.scope)))
    };
    match saved.await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(failure) => {
            let wrong = Wrong::of(&failure, NAMES);
            settings(&state, &here, &here.fields, wrong, None).await
        }
    }
}
