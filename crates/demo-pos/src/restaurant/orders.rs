//! The operations on orders.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::order::{CURRENCY, Item, Lock, Order, Payment};
use super::{Refusal, Restaurant, page, required};

impl Restaurant {
    /// The order that a request is about.
    pub(super) fn order(&self, params: &Value) -> Result<&Order, Refusal> {
        let order = self.orders.get(required(params, "orderId")?);
        order.ok_or_else(|| Refusal::not_found("order"))
    }

    fn order_mut(&mut self, params: &Value) -> Result<&mut Order, Refusal> {
        let order = self.orders.get_mut(required(params, "orderId")?);
        order.ok_or_else(|| Refusal::not_found("order"))
    }

    pub(super) fn search_orders(&self, params: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let wanted = &params["dineIn"];
        let payable_only = params["payableOnly"] == true;
        let matches = |value: &Option<String>, name: &str| {
            let wanted = wanted[name].as_str();
            wanted.is_none() || wanted == value.as_deref()
        };
        let orders = self.orders.values().filter(|order| {
            matches(&order.table, "tableId")
                && matches(&order.waiter, "waiterId")
                && matches(&order.party, "partyId")
                && wanted["reservationId"].is_null()
                && (!payable_only || order.is_payable() && order.lock_at(now).is_none())
        });
        page(orders.map(|order| order.json()).collect(), params)
    }

    pub(super) fn create_order(
        &mut self,
        params: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let items = params["items"].as_array().into_iter().flatten();
        let items = items.map(item).collect::<Result<Vec<_>, _>>()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let dine_in = &params["details"]["dineIn"];
        let order = Order {
            id: self.new_id("ord"),
            display_name: text(&params["displayName"]),
            table: text(&dine_in["tableId"]),
            waiter: text(&dine_in["waiterId"]),
            party: text(&dine_in["partyId"]),
            note: text(&params["note"]),
            items,
            discount: 0,
            service: 0,
            payments: Vec::new(),
            lock: None,
            status: "Accepted",
            created_at: now,
            updated_at: now,
        };
        let json = order.json();
        self.orders.insert(order.id.clone(), order);
        Ok(json)
    }

    pub(super) fn cancel_order(
        &mut self,
        params: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let order = self.order_mut(params)?;
        order.check_lock(None, now)?;
        if order.paid() > 0 || order.status == "Finalized" {
            return Err(Refusal::conflict("The order was paid."));
        }
        order.status = "Canceled";
        order.updated_at = now;
        Ok(order.json())
    }

    pub(super) fn record_payment(
        &mut self,
        params: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let payment = Payment {
            intent: required(params, "paymentIntentId")?.to_owned(),
            paid: pence(&params["paidAmount"])?,
            tip: match &params["tipsAmount"] {
                Value::Null => 0,
                tip => pence(tip)?,
            },
        };
        let order = self.order_mut(params)?;
        order.check_lock(params["lockId"].as_str(), now)?;
        order.record(payment)?;
        order.updated_at = now;
        Ok(order.json())
    }

    pub(super) fn lock_order(&mut self, params: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let (id, expiry) = (required(params, "lockId")?.to_owned(), expiry(params)?);
        let headers = &params["headers"];
        let holder = match (headers["waiterId"].as_str(), headers["deviceId"].as_str()) {
            (Some(waiter), _) => format!("waiter {waiter}"),
            (None, Some(device)) => format!("the card machine {device}"),
            (None, None) => "another device".to_owned(),
        };
        let order = self.order_mut(params)?;
        order.check_lock(Some(&id), now)?;
        if !order.is_payable() {
            return Err(Refusal::conflict("The order cannot be paid."));
        }
        order.lock = Some(Lock { id, expiry, holder });
        Ok(order.json())
    }

    pub(super) fn extend_lock(&mut self, params: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let (id, expiry) = (required(params, "lockId")?, expiry(params)?);
        let order = self.order_mut(params)?;
        order.check_lock(Some(id), now)?;
        match &mut order.lock {
            Some(lock) if lock.id == id => lock.expiry = expiry,
            _ => return Err(Refusal::not_found("lock")),
        }
        Ok(json!({}))
    }

    pub(super) fn unlock_order(
        &mut self,
        params: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let id = required(params, "lockId")?;
        let order = self.order_mut(params)?;
        order.check_lock(Some(id), now)?;
        // One that is deleted already is deleted.
        order.lock = None;
        Ok(order.json())
    }
}

fn item(item: &Value) -> Result<Item, Refusal> {
    let modifiers = item["modifiers"].as_array().into_iter().flatten();
    let modifiers = modifiers.map(|modifier| {
        let price = pence(&modifier["amountPerModifier"])?;
        let times = modifier["quantity"].as_i64().unwrap_or(1);
        let text = |name: &str| modifier[name].as_str().unwrap_or_default().to_owned();
        Ok((text("name"), text("plu"), price * times))
    });
    Ok(Item {
        plu: required(item, "plu")?.to_owned(),
        name: required(item, "name")?.to_owned(),
        price: pence(&item["amountPerItem"])?,
        quantity: item["quantity"].as_i64().unwrap_or(1),
        modifiers: modifiers.collect::<Result<_, _>>()?,
    })
}

fn pence(money: &Value) -> Result<i64, Refusal> {
    if money["currencyCode"] != CURRENCY {
        return Err(Refusal::invalid("The currency is not GBP."));
    }
    let value = money["value"].as_i64();
    value.ok_or_else(|| Refusal::invalid("The amount is not valid."))
}

fn expiry(params: &Value) -> Result<Timestamp, Refusal> {
    let expiry = required(params, "expiry")?.parse();
    expiry.map_err(|_| Refusal::invalid("The expiry is not a time."))
}
