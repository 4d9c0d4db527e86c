//! The pages of a table, from the orders that they are about.

use askama::Template;
use tatami_core::id::PaymentIntentId;
use tatami_core::money::{Currency, Money};
use tatami_core::pay_at_table::{Charge, Item, Order as TableOrder, reserved};
use tatami_engine::OrderView;
use tatami_locale::Language;

use super::Place;
use super::form::{MOST_ITEMS, MOST_SHARES, TableForm, Wrong};
use crate::assets;
use crate::branding::Brand;
use crate::choices::{EXAMPLE, PERCENTS};
use crate::order::{Line, Merchant, Order};
use crate::page::Notice;
use crate::reader::{self, Reader};

/// Another guest is paying, or the bill has changed.
pub(super) const BUSY: Notice = Notice {
    title: "table-busy",
    text: "table-busy-text",
};

/// The bills of a table.
#[derive(Template)]
#[template(path = "table.html")]
pub(super) struct TablePage {
    assets: &'static str,
    brand: Brand,
    merchant: Merchant,
    t: &'static Language,
    foot: reader::Foot,
    sandbox: bool,
    bills: Vec<Bill>,
}

/// A bill in the list.
struct Bill {
    name: String,
    standing: String,
    /// Where it is shown, if something of it can be paid.
    link: Option<String>,
}

impl TablePage {
    pub(super) fn of(place: &Place, orders: &[(TableOrder, String)], reader: &Reader) -> Self {
        let t = reader.language;
        let bill = |(order, name): &(TableOrder, String)| {
            let left = order.payable();
            Bill {
                name: name.clone(),
                standing: match left {
                    Some(left) => t.with("table-left", &[("amount", &t.money(left))]),
                    None => t.get("table-settled").to_owned(),
                },
                link: left.map(|_| reader.goes_to(&place.of_order(&order.id))),
            }
        };
        Self {
            assets: assets::base(),
            brand: place.brand.clone(),
            merchant: Merchant::of(&place.account, None),
            t,
            foot: reader.foot(),
            sandbox: place.is_sandbox(),
            bills: orders.iter().map(bill).collect(),
        }
    }

    fn title(&self) -> String {
        let merchant = &self.merchant.title;
        self.t.with("table-title", &[("merchant", merchant)])
    }
}

/// The currency that a bill is paid in.
pub(super) fn currency(view: &OrderView) -> Currency {
    view.order
        .total
        .map_or(Currency::Gbp, |total| total.currency)
}

/// A payment that the guest began and did not finish.
pub(super) struct Begun {
    pub(super) id: PaymentIntentId,
    pub(super) amount: String,
    pub(super) link: String,
}

/// A bill, and what of it to pay.
#[derive(Template)]
#[template(path = "table_order.html")]
pub(super) struct OrderPage {
    assets: &'static str,
    brand: Brand,
    merchant: Merchant,
    t: &'static Language,
    foot: reader::Foot,
    sandbox: bool,
    /// The order's id at the POS.
    id: String,
    name: String,
    /// What can be paid now.
    left: String,
    is_payable: bool,
    order: Order,
    /// What was paid, and what others are paying: keys of what they are, and amounts.
    standing: Vec<(&'static str, String)>,
    items: Vec<Choosable>,
    percents: Vec<(String, String)>,
    sign: &'static str,
    currency: &'static str,
    example: String,
    form: TableForm,
    errors: Vec<FieldText>,
    notice: Option<Notice>,
    begun: Option<Begun>,
    all: String,
}

/// What is wrong with a field.
struct FieldText {
    field: &'static str,
    text: String,
}

/// An item that a guest may pay for.
struct Choosable {
    index: usize,
    name: String,
    price: String,
    quantity: i64,
}

/// The most of one item that can be chosen.
const MOST_OF_ITEM: i64 = 50;

impl Choosable {
    fn counts(&self) -> std::ops::RangeInclusive<i64> {
        0..=self.quantity.min(MOST_OF_ITEM)
    }
}

/// What an order's page shows besides the order.
pub(super) struct Shown {
    pub(super) form: TableForm,
    pub(super) wrong: Vec<Wrong>,
    pub(super) notice: Option<Notice>,
    pub(super) begun: Option<Begun>,
}

impl OrderPage {
    pub(super) fn of(place: &Place, view: &OrderView, shown: Shown, reader: &Reader) -> Self {
        let t = reader.language;
        let currency = currency(view);
        let left = view.available.unwrap_or(Money::zero(currency));
        let example = t.bare(Money::new(EXAMPLE, currency));
        let text = |wrong: &Wrong| FieldText {
            field: wrong.field(),
            text: explained(*wrong, left, &example, t),
        };
        Self {
            assets: assets::base(),
            brand: place.brand.clone(),
            merchant: Merchant::of(&place.account, None),
            t,
            foot: reader.foot(),
            sandbox: place.is_sandbox(),
            id: view.order.id.clone(),
            name: view.name.clone(),
            left: t.money(left),
            is_payable: view.available.is_some(),
            order: lines(&view.order, currency, place, t),
            standing: standing(view, t),
            items: choosable(&view.order, currency, t),
            percents: PERCENTS
                .map(|percent| (percent.to_string(), t.percent(percent)))
                .into(),
            sign: currency.sign(),
            currency: currency.code(),
            errors: shown.wrong.iter().map(text).collect(),
            example,
            form: shown.form,
            notice: shown.notice,
            begun: shown.begun,
            all: reader.goes_to(&place.path()),
        }
    }

    fn title(&self) -> String {
        let merchant = &self.merchant.title;
        self.t.with("table-title", &[("merchant", merchant)])
    }

    fn error(&self, field: &str) -> Option<&str> {
        let error = self.errors.iter().find(|error| error.field == field);
        error.map(|error| error.text.as_str())
    }

    fn has_error(&self, field: &str) -> bool {
        self.error(field).is_some()
    }

    fn most_parts(&self) -> &'static str {
        MOST_SHARES_TEXT
    }
}

const MOST_SHARES_TEXT: &str = "20";
const _: () = assert!(MOST_SHARES == 20);

fn explained(wrong: Wrong, left: Money, example: &str, t: &'static Language) -> String {
    match wrong {
        Wrong::Parts => t.with("split-parts-invalid", &[("most", MOST_SHARES_TEXT)]),
        Wrong::Amount => t.with("custom-amount-invalid", &[("example", example)]),
        Wrong::AmountLarge => t.with("split-amount-large", &[("amount", &t.money(left))]),
        Wrong::Items => t.get("split-items-invalid").to_owned(),
        Wrong::Tip => t.with("own-tip-invalid", &[("example", example)]),
    }
}

/// What was paid, and what others are paying just now.
fn standing(view: &OrderView, t: &'static Language) -> Vec<(&'static str, String)> {
    let (total, due) = (view.order.total, view.order.due);
    let paid = total
        .zip(due)
        .and_then(|(total, due)| total.minus(due).ok());
    let others = total.map(|total| Money {
        minor: reserved(&view.order, &view.parts),
        ..total
    });
    let known = [("table-paid", paid), ("table-others", others)];
    known
        .into_iter()
        .filter_map(|(key, money)| Some((key, money.filter(|m| m.minor > 0)?)))
        .map(|(key, money)| (key, t.money(money)))
        .collect()
}

fn choosable(order: &TableOrder, currency: Currency, t: &'static Language) -> Vec<Choosable> {
    let items = order.items.iter().enumerate().take(MOST_ITEMS);
    let items = items.filter(|(_, item)| item.quantity > 0 && item.price > 0);
    items
        .map(|(index, item)| Choosable {
            index,
            name: item.name.clone(),
            price: t.money(Money::new(item.price, currency)),
            quantity: item.quantity,
        })
        .collect()
}

/// The order as the table that all pages show.
fn lines(order: &TableOrder, currency: Currency, place: &Place, t: &'static Language) -> Order {
    let charges = |charges: &[Charge], key: &'static str, takes_off: bool| -> Vec<Line> {
        let line = |charge: &Charge| {
            let mut amount = charge.amount;
            if takes_off {
                amount.minor = amount.minor.saturating_abs().saturating_neg();
            }
            let name = match charge.name.trim() {
                "" => t.get(key),
                name => name,
            };
            Line::new(name, t.money(amount))
        };
        charges.iter().map(line).collect()
    };
    let service = order.service_charge.filter(|charge| charge.minor != 0);
    let service = service.map(|charge| Line::new(t.get("service-charge"), t.money(charge)));
    let taken_off = charges(&order.discounts, "table-discount", true);
    let items = order
        .items
        .iter()
        .flat_map(|item| item_lines(item, currency, t));
    let groups = [
        items.collect(),
        taken_off.into_iter().chain(service).collect::<Vec<_>>(),
        charges(&order.taxes, "tax", false),
    ];
    Order::of_groups(
        Merchant::of(&place.account, None).title,
        order.total.map_or_else(String::new, |total| t.money(total)),
        groups,
    )
}

fn item_lines(item: &Item, currency: Currency, t: &'static Language) -> Vec<Line> {
    let money = |minor: i64| t.money(Money::new(minor, currency));
    let own = Line {
        count: Some(item.quantity),
        note: item.note.clone().filter(|note| !note.trim().is_empty()),
        ..Line::new(&item.name, money(item.price.saturating_mul(item.quantity)))
    };
    let parts = item.parts.iter().map(|part| Line {
        count: Some(part.quantity).filter(|quantity| *quantity != 1),
        part: true,
        ..Line::new(&part.name, String::new())
    });
    std::iter::once(own).chain(parts).collect()
}
