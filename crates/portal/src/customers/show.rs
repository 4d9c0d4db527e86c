//! One customer: details, saved cards, payments and setup intents.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use tatami_core::customer::Customer;
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_core::saved_card::SavedCard;
use tatami_core::setup_intent::SetupIntent;
use tatami_core::time::ticks;
use tatami_engine::{Failure, Listed};

use super::{PATH, called, customer_id};
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with, redirect_or};
use crate::times::local;
use crate::visit::{Here, Place, path_of};
use crate::{PortalState, setup_intents};

/// Payments and setup intents that are shown.
const SHOWN: usize = 20;

type Named = Path<(String, String, String)>;

struct Card {
    id: String,
    scheme: &'static str,
    masked: String,
    expiry: String,
    holder: String,
    is_preferred: bool,
    at: String,
}

struct Row {
    href: String,
    title: String,
    status: &'static str,
    reference: String,
    at: String,
    iso: String,
}

#[derive(Template)]
#[template(path = "customer.html")]
struct CustomerPage {
    frame: Frame,
    base: String,
    path: String,
    id: String,
    called: String,
    email: String,
    facts: Vec<(&'static str, String)>,
    cards: Vec<Card>,
    payments: Vec<Row>,
    setups: Vec<Row>,
    can_operate: bool,
}

/// What a customer's page shows.
struct Known {
    customer: Customer,
    cards: Vec<SavedCard>,
    payments: Listed<PaymentIntent>,
    setups: Listed<SetupIntent>,
}

async fn known(state: &PortalState, place: &Place, id: &str) -> Result<Known, Failure> {
    let (engine, scope) = (&state.app.engine, &place.scope);
    let id = customer_id(id)?;
    let customer = engine.customers().get(scope, &id).await?;
    let (payments, setups) = (engine.payment_intents(), engine.setup_intents());
    Ok(Known {
        cards: engine.saved_cards().list(&customer).await?,
        payments: payments.of_customer(scope, &id, SHOWN).await?,
        setups: setups.look(scope, &[], Some(&id), None, SHOWN).await?,
        customer,
    })
}

pub(crate) async fn show(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let done = match here.fields.get("done") {
        "created" => Some("The customer is created."),
        "changed" => Some("The changes are saved."),
        "card" => Some("The card is deleted. Nobody can pay with it any more."),
        _ => None,
    };
    shown(&state, &here, &id, StatusCode::OK, done.map(Notice::good)).await
}

async fn shown(
    state: &PortalState,
    here: &Here,
    id: &str,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let read = async {
        let place = here.location()?;
        Ok::<_, Failure>((place, known(state, place, id).await?))
    };
    let (place, known) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let Known {
        customer,
        cards,
        payments,
        setups,
    } = known;
    let zone = place.account.time_zone.as_str();
    let base = path_of(&place.scope);
    let page = CustomerPage {
        frame: Frame::new(here, PATH, notice),
        path: format!("{base}{PATH}/{}", customer.id),
        id: customer.id.to_string(),
        called: called(&customer),
        email: customer.details.email_address.clone().unwrap_or_default(),
        facts: facts(&customer, zone),
        cards: cards.into_iter().map(|it| card(it, zone)).collect(),
        payments: payments
            .items
            .iter()
            .map(|it| Row {
                href: format!("{base}/payments/{}", it.id),
                title: it.total().to_string(),
                status: it.status.name(),
                reference: it.details.reference.clone(),
                at: local(it.created_at, zone),
                iso: ticks(it.created_at),
            })
            .collect(),
        setups: setups
            .items
            .iter()
            .map(|it| Row {
                href: format!("{base}/setup-intents/{}", it.id),
                title: setup_intents::kind(it).to_owned(),
                status: it.status.name(),
                reference: it.details.reference.clone(),
                at: local(it.created_at, zone),
                iso: ticks(it.created_at),
            })
            .collect(),
        can_operate: here.visitor.may(Right::Operate, &place.scope),
        base,
    };
    page_with(status, &page)
}

fn card(saved: SavedCard, zone: &str) -> Card {
    Card {
        id: saved.id.to_string(),
        scheme: saved.card.scheme.title(),
        masked: saved.card.masked,
        expiry: saved.card.expiry.to_string(),
        holder: saved.card.holder,
        is_preferred: saved.preferred,
        at: local(saved.created_at, zone),
    }
}

fn facts(customer: &Customer, zone: &str) -> Vec<(&'static str, String)> {
    let details = &customer.details;
    let address = details.billing_address.clone().map(|address| {
        let lines = [
            address.address1,
            address.address2,
            address.city,
            address.postcode,
            address.country_code,
        ];
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        lines.join(", ")
    });
    [
        ("E-mail address", details.email_address.clone()),
        ("Telephone", details.phone_number.clone()),
        ("VAT number", details.vat_number.clone()),
        ("Billing address", address.filter(|it| !it.is_empty())),
        ("Created", Some(local(customer.created_at, zone))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

pub(crate) async fn delete(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let deleted = async {
        let named = customer_id(&id)?;
        let scope = state
            .note(&here, "customer.delete", named.as_str(), None)
            .await?;
        state.app.engine.customers().delete(scope, &named).await?;
        Ok::<_, Failure>(format!("{}{PATH}?done=deleted", path_of(scope)))
    };
    answered(&state, &here, &id, deleted.await).await
}

pub(crate) async fn delete_card(
    State(state): State<PortalState>,
    Path((_, _, id, card)): Path<(String, String, String, String)>,
    here: Here,
) -> Response {
    let deleted = async {
        let (place, named) = (here.location()?, customer_id(&id)?);
        let card = SavedCardId::parse(&card).map_err(|_| Refusal::NotFound("saved card"))?;
        let engine = &state.app.engine;
        let customer = engine.customers().get(&place.scope, &named).await?;
        let scope = state
            .note(&here, "saved-card.delete", card.as_str(), None)
            .await?;
        engine.saved_cards().delete(&customer, &card).await?;
        Ok::<_, Failure>(format!("{}{PATH}/{named}?done=card", path_of(scope)))
    };
    answered(&state, &here, &id, deleted.await).await
}

async fn answered(
    state: &PortalState,
    here: &Here,
    id: &str,
    result: Result<String, Failure>,
) -> Response {
    redirect_or(result, |status, notice| {
        shown(state, here, id, status, notice)
    })
    .await
}
