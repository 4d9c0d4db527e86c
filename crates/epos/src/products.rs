//! POS systems as the products of the platform call them.

use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::pay_at_table::{Charge, Item, ItemPart, Locking, Order};
use tatami_core::time::Timestamp;
use tatami_engine::ports::pos::{
    Abilities, OrdersPage, OrdersWanted, PaymentRecord, PosCaller, PosFailure, PosFailureKind,
    PosSystems,
};

use crate::capability::Capability;
use crate::contract::{self, Cursor, FaultKind, RecordPayment, SearchDineIn, SearchOrders};
use crate::integration::{Registry, Transport};
use crate::links::{Links, MerchantPos};
use crate::pos::{Pos, PosError};
use crate::request::Origin;

/// What card machines are, in the words of the contract.
const DEVICE_TYPE: &str = "Dojo Terminal";
/// The most orders of a page.
const PAGE: u32 = 50;
/// The longest id of an order, in bytes.
const MAX_ID: usize = 200;

/// The POS systems of merchants. Cheap to clone.
#[derive(Clone)]
pub struct PosLinks(Arc<Inner>);

struct Inner {
    links: Links,
    /// What is registered, which is read through the engine that calls these: kept
    /// weakly, or neither would ever end.
    registry: OnceLock<Weak<Registry>>,
}

impl PosLinks {
    /// POS systems that are called by `links`.
    pub fn new(links: Links) -> Self {
        let registry = OnceLock::new();
        Self(Arc::new(Inner { links, registry }))
    }

    /// From now on what is registered is known, as long as the caller keeps it.
    pub fn read_from(&self, registry: &Arc<Registry>) {
        self.0.registry.get_or_init(|| Arc::downgrade(registry));
    }

    /// The POS of a merchant, as one software house registered it.
    ///
    /// # Errors
    /// If nothing is known of what is registered yet.
    pub fn merchant(&self, scope: &Scope, house: &str) -> Result<MerchantPos, PosFailure> {
        Ok(self.any(scope)?.of_house(house))
    }

    fn any(&self, scope: &Scope) -> Result<MerchantPos, PosFailure> {
        let registry = Registry::clone(&*self.registry()?);
        Ok(MerchantPos::new(
            self.0.links.clone(),
            registry,
            scope.clone(),
        ))
    }

    fn registry(&self) -> Result<Arc<Registry>, PosFailure> {
        let registry = self.0.registry.get().and_then(Weak::upgrade);
        registry.ok_or_else(|| {
            let words = "The program is starting or stopping.";
            PosFailure::new(PosFailureKind::NotSent, words)
        })
    }

    fn of(&self, by: &PosCaller) -> Result<(MerchantPos, Origin), PosFailure> {
        let pos = self.merchant(&by.scope, &by.house)?;
        let origin = Origin {
            request_id: by.request_id.clone(),
            waiter_id: by.waiter_id.clone(),
            product: Some(by.product),
            device_id: by.terminal.as_ref().map(ToString::to_string),
            device_type: by.terminal.as_ref().map(|_| DEVICE_TYPE),
        };
        match by.is_patient {
            true => Ok((pos, origin)),
            false => Ok((pos.at_once(), origin)),
        }
    }
}

impl From<PosError> for PosFailure {
    fn from(error: PosError) -> Self {
        let kind = match &error {
            PosError::NotRegistered(_) => PosFailureKind::NotRegistered,
            PosError::NotSent(_) => PosFailureKind::NotSent,
            PosError::Unanswered(_) => PosFailureKind::Unanswered,
            PosError::Nonsense(_) => PosFailureKind::Nonsense,
            PosError::Refused { fault, status } => PosFailureKind::Refused {
                for_good: error.is_for_good(),
                not_found: match fault.kind {
                    Some(kind) => kind == FaultKind::NotFound,
                    None => *status == Some(404),
                },
            },
        };
        Self::new(kind, error.to_string())
    }
}

#[async_trait]
impl PosSystems for PosLinks {
    async fn house(&self, scope: &Scope) -> Result<String, PosFailure> {
        Ok(self.any(scope)?.house(Capability::SearchOrders).await?)
    }

    async fn abilities(&self, scope: &Scope, house: &str) -> Result<Abilities, PosFailure> {
        let found = self.registry()?.integrations(scope, Some(house)).await;
        let found = found.map_err(|failure| {
            tracing::error!(error = %failure, "the registrations of a POS could not be read");
            let words = "The registrations of the POS cannot be read.";
            PosFailure::new(PosFailureKind::NotSent, words)
        })?;
        let by = |capability| found.iter().find_map(|i| i.serves(capability));
        let has = |capability| by(capability).is_some();
        let searched = by(Capability::SearchOrders).map(|(by, _)| by);
        Ok(Abilities {
            gets: has(Capability::GetOrderById),
            records: has(Capability::RecordOrderPaymentById),
            locking: Locking::of(
                has(Capability::CreateOrderLock),
                has(Capability::DeleteOrderLock),
                has(Capability::ExtendOrderLock),
            ),
            ascii_only: searched == Some(Transport::Rest),
        })
    }

    async fn orders(
        &self,
        by: &PosCaller,
        wanted: &OrdersWanted,
    ) -> Result<OrdersPage, PosFailure> {
        let (pos, origin) = self.of(by)?;
        let dine_in = SearchDineIn {
            table_id: wanted.table_id.clone(),
            waiter_id: wanted.waiter_id.clone(),
            ..SearchDineIn::default()
        };
        let search = SearchOrders {
            dine_in: Some(dine_in).filter(|dine_in| *dine_in != SearchDineIn::default()),
            payable_only: wanted.payable_only.then_some(true),
            cursor: Some(Cursor {
                limit: Some(PAGE),
                after: wanted.after.clone(),
                before: None,
            }),
        };
        let page = pos.search_orders(&origin, &search).await?;
        for why in &page.unreadable {
            tracing::warn!(why, "an order of a POS is left out of a list");
        }
        Ok(OrdersPage {
            orders: page.data.iter().filter_map(order_of).collect(),
            after: page.after,
        })
    }

    async fn order(&self, by: &PosCaller, order: &str) -> Result<Order, PosFailure> {
        let (pos, origin) = self.of(by)?;
        let read = pos.order(&origin, order).await?;
        order_of(&read)
            .filter(|read| read.id == order)
            .ok_or_else(|| {
                let words = "The answer of the POS is another order than was asked for.";
                PosFailure::new(PosFailureKind::Nonsense, words)
            })
    }

    async fn lock(
        &self,
        by: &PosCaller,
        order: &str,
        lock: &str,
        until: Timestamp,
    ) -> Result<Option<Order>, PosFailure> {
        let (pos, origin) = self.of(by)?;
        let locked = pos.lock_order(&origin, order, lock, until).await?;
        Ok(acknowledged(locked.as_ref(), order))
    }

    async fn extend_lock(
        &self,
        by: &PosCaller,
        order: &str,
        lock: &str,
        until: Timestamp,
    ) -> Result<(), PosFailure> {
        let (pos, origin) = self.of(by)?;
        Ok(pos.extend_lock(&origin, order, lock, until).await?)
    }

    async fn unlock(&self, by: &PosCaller, order: &str, lock: &str) -> Result<(), PosFailure> {
        let (pos, origin) = self.of(by)?;
        Ok(pos.unlock_order(&origin, order, lock).await?)
    }

    async fn record(
        &self,
        by: &PosCaller,
        order: &str,
        payment: &PaymentRecord,
    ) -> Result<Option<Order>, PosFailure> {
        let (pos, origin) = self.of(by)?;
        let record = RecordPayment {
            payment_intent_id: payment.payment_intent.to_string(),
            paid_amount: payment.paid.into(),
            tips_amount: payment.tip.map(Into::into),
            lock_id: payment.lock_id.clone(),
        };
        let recorded = pos.record_payment(&origin, order, &record).await?;
        Ok(acknowledged(recorded.as_ref(), order))
    }
}

/// The order that an acknowledgement says; it need not say one.
fn acknowledged(said: Option<&contract::Order>, order: &str) -> Option<Order> {
    said.and_then(order_of)
        .filter(|said| said.id == order && said.total.is_some())
}

/// An order as products know it; none without an id.
fn order_of(order: &contract::Order) -> Option<Order> {
    let id = order.id.clone()?;
    if !(1..=MAX_ID).contains(&id.len()) {
        return None;
    }
    let dine_in = order.details.as_ref().and_then(|d| d.dine_in.as_ref());
    let total = order
        .total_amount
        .as_ref()
        .and_then(contract::Amount::money);
    let code = order
        .total_amount
        .as_ref()
        .map(|total| total.currency_code.as_str());
    let items = order.items.iter().map(|item| item_of(item, code?));
    let payments = order.payments.iter();
    let discounts = order.discounts.iter();
    let taxes = order.tax_lines.iter();
    Some(Order {
        id,
        display_name: order.display_name.clone(),
        table_id: dine_in.and_then(|dine_in| dine_in.table_id.clone()),
        waiter_id: dine_in.and_then(|dine_in| dine_in.waiter_id.clone()),
        reference: order.reference.clone(),
        status: order.status.clone(),
        total,
        due: order.due(),
        is_payable: order.payable.unwrap_or(true),
        // One that cannot be read makes the prices of all of no use.
        items: items.collect::<Option<_>>().unwrap_or_default(),
        discounts: discounts
            .filter_map(|discount| charge(discount.name.clone(), &discount.amount_total))
            .collect(),
        taxes: taxes
            .filter_map(|tax| charge(tax.name.clone().unwrap_or_default(), &tax.amount_total))
            .collect(),
        service_charge: order
            .service_charge_amount
            .as_ref()
            .and_then(contract::Amount::money),
        payments: payments
            .filter_map(|payment| payment.payment_intent_id.clone())
            .collect(),
    })
}

fn charge(name: String, amount: &contract::Amount) -> Option<Charge> {
    let amount = amount.money()?;
    Some(Charge { name, amount })
}

/// An item, if it is priced in that currency and its price fits.
fn item_of(item: &contract::Item, currency: &str) -> Option<Item> {
    let in_currency = |amount: &contract::Amount| {
        let is_same = amount
            .currency_code
            .trim()
            .eq_ignore_ascii_case(currency.trim());
        is_same.then_some(amount.value)
    };
    let change = |modifier: &contract::Modifier| {
        let amount = in_currency(&modifier.amount_per_modifier)?;
        Some(ItemPart {
            name: modifier.name.clone(),
            quantity: modifier.quantity,
            amount: amount.checked_mul(modifier.quantity)?,
        })
    };
    let sub_item = |sub: &contract::SubItem| {
        let changes = sub.modifiers.iter().map(change);
        let changes = changes.collect::<Option<Vec<_>>>()?;
        let one = sum(in_currency(&sub.amount_per_item)?, &changes)?;
        Some(ItemPart {
            name: sub.name.clone(),
            quantity: sub.quantity,
            amount: one.checked_mul(sub.quantity)?,
        })
    };
    let parts = item.sub_items.iter().map(sub_item);
    let parts = parts.chain(item.modifiers.iter().map(change));
    let parts = parts.collect::<Option<Vec<_>>>()?;
    Some(Item {
        name: item.name.clone(),
        quantity: item.quantity,
        price: sum(in_currency(&item.amount_per_item)?, &parts)?,
        note: item.note.clone(),
        parts,
    })
}

fn sum(price: i64, parts: &[ItemPart]) -> Option<i64> {
    let mut parts = parts.iter();
    parts.try_fold(price, |sum, part| sum.checked_add(part.amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(order: Value) -> Option<Order> {
        order_of(&serde_json::from_value(order).expect("an order"))
    }

    fn gbp(value: i64) -> Value {
        json!({ "value": value, "currencyCode": "GBP" })
    }

    #[test]
    fn the_price_of_an_item_is_that_of_all_its_parts() {
        let bacon = json!({ "name": "Bacon", "quantity": 2, "amountPerModifier": gbp(50) });
        let drink = json!({
            "name": "Drink", "quantity": 1, "amountPerItem": gbp(200), "modifiers": [bacon],
        });
        let burger = json!({
            "name": "Burger", "quantity": 3, "amountPerItem": gbp(1000),
            "subItems": [drink], "modifiers": [bacon],
        });
        let order = read(json!({ "id": "1", "items": [burger], "totalAmount": gbp(4200) }));
        let order = order.expect("an order");
        assert_eq!(order.items[0].price, 1000 + 200 + 100 + 100);
        assert_eq!(order.items_total(), Some(4200));
        assert_eq!(order.due, order.total);
    }

    #[test]
    fn items_in_another_currency_are_not_paid_by_items() {
        let item = json!({
            "quantity": 1, "amountPerItem": { "value": 1, "currencyCode": "EUR" },
        });
        let order = read(json!({ "id": "1", "items": [item], "totalAmount": gbp(100) }));
        assert_eq!(order.expect("an order").items, []);
    }

    #[test]
    fn an_order_needs_an_id_and_no_price() {
        assert_eq!(read(json!({ "totalAmount": gbp(1) })), None);
        let unpriced = read(json!({ "id": "1" })).expect("an order");
        assert_eq!((unpriced.total, unpriced.payable()), (None, None));
    }
}
