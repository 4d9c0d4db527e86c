//! A new customer, and changes of one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use tatami_core::bounds::TEXT_CHARS;
use tatami_core::customer::{Customer, CustomerDetails};
use tatami_core::payment_intent::Address;
use tatami_core::problem::{Refusal, Violation};
use tatami_engine::Failure;
use tatami_locale::Language;
use url::form_urlencoded::Serializer;

use super::{PATH, called, customer_id};
use crate::PortalState;
use crate::calls::{created_id, once};
use crate::fields::Fields;
use crate::forms::{Form, Wrong};
use crate::frame::Frame;
use crate::orders::billing_address;
use crate::pages::{failed, page_with};
use crate::visit::{Here, path_of};

/// The fields of a customer, and what the rules call them.
const NAMES: &[(&str, &str)] = &[
    ("Name", "name"),
    ("EmailAddress", "email"),
    ("PhoneNumber", "phone"),
    ("VatNumber", "vat"),
    ("BillingAddress.Address1", "address1"),
    ("BillingAddress.CountryCode", "country"),
];

type Named = Path<(String, String, String)>;

#[derive(Template)]
#[template(path = "customer_form.html")]
struct FormPage<'f> {
    frame: Frame,
    /// Where the form is sent.
    path: String,
    /// Where it leads without being sent.
    back: String,
    back_title: &'static str,
    title: String,
    button: &'static str,
    form: Form<'f>,
    countries: &'static [(&'static str, String)],
    country: String,
}

fn details(fields: &Fields) -> Result<CustomerDetails, Failure> {
    let text = |name: &str| Some(fields.get(name).trim().to_owned());
    let details = CustomerDetails {
        name: text("name"),
        email_address: text("email"),
        phone_number: text("phone"),
        vat_number: text("vat"),
        billing_address: Some(billing_address(fields).unwrap_or_default()),
        shipping_address: None,
    };
    let line = details.billing_address.as_ref();
    let line = line.and_then(|it| it.address1.as_ref());
    let texts = [
        ("Name", details.name.as_ref()),
        ("EmailAddress", details.email_address.as_ref()),
        ("PhoneNumber", details.phone_number.as_ref()),
        ("VatNumber", details.vat_number.as_ref()),
        ("BillingAddress.Address1", line),
    ];
    let is_long = |text: &String| text.chars().count() > TEXT_CHARS;
    let broken = texts
        .into_iter()
        .filter(|(_, text)| text.is_some_and(is_long))
        .map(|(field, _)| Violation::new(field, format!("Shorten it to {TEXT_CHARS} characters.")));
    let broken: Vec<_> = broken.collect();
    match broken.is_empty() {
        true => Ok(details),
        false => Err(Refusal::Invalid(broken).into()),
    }
}

/// What a form for a customer is filled in with.
fn filled(customer: &Customer) -> Fields {
    let details = &customer.details;
    let address = details.billing_address.clone().unwrap_or_default();
    let Address {
        address1,
        address2,
        city,
        postcode,
        country_code,
        ..
    } = address;
    let mut query = Serializer::new(String::new());
    for (name, value) in [
        ("name", details.name.clone()),
        ("email", details.email_address.clone()),
        ("phone", details.phone_number.clone()),
        ("vat", details.vat_number.clone()),
        ("address1", address1),
        ("address2", address2),
        ("city", city),
        ("postcode", postcode),
        ("country", country_code),
    ] {
        query.append_pair(name, &value.unwrap_or_default());
    }
    Fields::read(query.finish().as_bytes())
}

fn form(
    state: &PortalState,
    here: &Here,
    customer: Option<&Customer>,
    fields: &Fields,
    wrong: Wrong,
) -> Response {
    let place = match here.location() {
        Ok(place) => place,
        Err(failure) => return failed(&failure),
    };
    let list = format!("{}{PATH}", path_of(&place.scope));
    let (status, chosen) = (wrong.status(), fields.get("country"));
    let country = match chosen.is_empty() {
        true => place.account.country().to_owned(),
        false => chosen.to_owned(),
    };
    let path = customer.map(|it| format!("{list}/{}", it.id));
    let page = FormPage {
        frame: Frame::new(here, PATH, wrong.notice()),
        title: customer.map_or("New customer".to_owned(), called),
        button: customer.map_or("Create customer", |_| "Save"),
        back_title: customer.map_or("Customers", |_| "Customer"),
        back: path.clone().unwrap_or_else(|| list.clone()),
        path: path.unwrap_or(list),
        form: Form::new(state, fields, wrong),
        countries: Language::english().countries(),
        country,
    };
    page_with(status, &page)
}

pub(crate) async fn show_create(State(state): State<PortalState>, here: Here) -> Response {
    form(&state, &here, None, &here.fields, Wrong::default())
}

pub(crate) async fn create(State(state): State<PortalState>, here: Here) -> Response {
    let created = async {
        let details = details(&here.fields)?;
        let call = once(&here, "customer", here.fields.digest())?;
        let subject = details.name.clone().filter(|name| !name.is_empty());
        let subject = subject.or(details.email_address.clone());
        let subject = subject.unwrap_or_default();
        let scope = state.note(&here, "customer.create", &subject, None).await?;
        let answer = state.app.engine.customers().create(&call, details);
        let id = created_id(&answer.await?)?;
        Ok::<_, Failure>(format!("{}{PATH}/{id}?done=created", path_of(scope)))
    };
    match created.await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(failure) => {
            let wrong = Wrong::of(&failure, NAMES);
            form(&state, &here, None, &here.fields, wrong)
        }
    }
}

async fn known(state: &PortalState, here: &Here, id: &str) -> Result<Customer, Failure> {
    let (place, id) = (here.location()?, customer_id(id)?);
    let customers = state.app.engine.customers();
    customers.get(&place.scope, &id).await
}

pub(crate) async fn show_change(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    match known(&state, &here, &id).await {
        Ok(customer) => {
            let fields = filled(&customer);
            form(&state, &here, Some(&customer), &fields, Wrong::default())
        }
        Err(failure) => failed(&failure),
    }
}

pub(crate) async fn change(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let customer = match known(&state, &here, &id).await {
        Ok(customer) => customer,
        Err(failure) => return failed(&failure),
    };
    let changed = async {
        let details = details(&here.fields)?;
        let call = once(&here, &format!("customer {id}"), here.fields.digest())?;
        let new = json!({ "email": details.email_address });
        let scope = state
            .note(&here, "customer.change", customer.id.as_str(), Some(new))
            .await?;
        let customers = state.app.engine.customers();
        customers.update(&call, &customer.id, details).await?;
        let to = format!("{}{PATH}/{}?done=changed", path_of(scope), customer.id);
        Ok::<_, Failure>(to)
    };
    match changed.await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(failure) => {
            let wrong = Wrong::of(&failure, NAMES);
            form(&state, &here, Some(&customer), &here.fields, wrong)
        }
    }
}
