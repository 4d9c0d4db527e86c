//! Parties and reservations: kept as the JSON that they were created with.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Refusal, Restaurant, page, required};

impl Restaurant {
    pub(super) fn create_party(&mut self, params: &Value) -> Result<Value, Refusal> {
        required(params, "startTime")?;
        required(params, "dojoPartyId")?;
        let id = self.new_id("party");
        let mut party = stored(params, &id);
        if party["status"].is_null() {
            party["status"] = "Seated".into();
        }
        self.parties.insert(id, party.clone());
        Ok(party)
    }

    pub(super) fn create_reservation(&mut self, params: &Value) -> Result<Value, Refusal> {
        for name in ["dojoReservationId", "name", "startTime", "endTime"] {
            required(params, name)?;
        }
        let id = self.new_id("reservation");
        let reservation = stored(params, &id);
        self.reservations.insert(id, reservation.clone());
        Ok(reservation)
    }
}

/// What is kept of a request: all but the platform's own ids and the headers.
fn stored(params: &Value, id: &str) -> Value {
    let mut kept = params.clone();
    if let Some(kept) = kept.as_object_mut() {
        kept.retain(|name, _| {
            !name.starts_with("dojo") && !["headers", "partyId"].contains(&name.as_str())
        });
        kept.insert("id".to_owned(), id.into());
    }
    kept
}

/// The id that a request names: updates over a WebSocket call it `id`.
fn id_of<'a>(params: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    required(params, name).or_else(|refusal| required(params, "id").map_err(|_| refusal))
}

pub fn get(
    all: &BTreeMap<String, Value>,
    params: &Value,
    name: &str,
    what: &str,
) -> Result<Value, Refusal> {
    let found = all.get(id_of(params, name)?).cloned();
    found.ok_or_else(|| Refusal::not_found(what))
}

pub fn update(
    all: &mut BTreeMap<String, Value>,
    params: &Value,
    name: &str,
    what: &str,
) -> Result<Value, Refusal> {
    let id = id_of(params, name)?.to_owned();
    let found = all.get_mut(&id).ok_or_else(|| Refusal::not_found(what))?;
    let mut changed = stored(params, &id);
    if let Some(changed) = changed.as_object_mut() {
        changed.remove(name);
    }
    changed.clone_into(found);
    Ok(changed)
}

pub fn delete(
    all: &mut BTreeMap<String, Value>,
    params: &Value,
    name: &str,
    what: &str,
) -> Result<Value, Refusal> {
    let gone = all.remove(id_of(params, name)?);
    let gone = gone.ok_or_else(|| Refusal::not_found(what));
    gone.map(|_| json!({}))
}

fn is_at(entry: &Value, table: Option<&str>) -> bool {
    let tables = entry["tableIds"].as_array().into_iter().flatten();
    table.is_none_or(|table| tables.into_iter().any(|at| *at == table))
}

pub fn search_parties(all: &BTreeMap<String, Value>, params: &Value) -> Result<Value, Refusal> {
    let completed = params["completedOnly"] == true;
    let found = all.values().filter(|party| {
        party["endTime"].is_null() != completed && is_at(party, params["tableId"].as_str())
    });
    page(found.cloned().collect(), params)
}

pub fn search_reservations(
    all: &BTreeMap<String, Value>,
    params: &Value,
) -> Result<Value, Refusal> {
    // Times in one format compare as text.
    let (from, to) = (params["fromTime"].as_str(), params["toTime"].as_str());
    let found = all.values().filter(|reservation| {
        let start = reservation["startTime"].as_str().unwrap_or_default();
        from.is_none_or(|from| start >= from)
            && to.is_none_or(|to| start <= to)
            && is_at(reservation, params["tableId"].as_str())
    });
    page(found.cloned().collect(), params)
}
