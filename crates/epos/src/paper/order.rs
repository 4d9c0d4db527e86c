//! The part of a bill that is the order: what was ordered, and what it comes to.

use super::PaperLine;
use crate::contract::{Amount, Item, Modifier, Order, SubItem};

/// The order as lines, between two lines across the paper.
pub(super) fn lines(order: &Order) -> Vec<PaperLine> {
    let mut lines = vec![PaperLine::SingleLineSeperator];
    lines.extend(order.items.iter().flat_map(item));
    lines.push(PaperLine::SingleLineSeperator);
    for discount in &order.discounts {
        lines.push(row(&discount.name, taken_off(&discount.amount_total)));
    }
    let charge = order.service_charge_amount.as_ref();
    let charge = charge.filter(|charge| charge.value != 0);
    lines.extend(charge.map(|charge| row("Service charge", charge.to_string())));
    let total = order.total_amount.as_ref();
    lines.extend(total.map(|total| row("Total", total.to_string()).bold()));
    for tax in &order.tax_lines {
        let name = tax.name.as_deref().or(tax.id.as_deref()).unwrap_or("Tax");
        lines.push(row(&format!("Includes {name}"), tax.amount_total.to_string()).indented());
    }
    lines.extend(standing(order));
    lines.push(PaperLine::SingleLineSeperator);
    lines
}

/// What was paid and what is due, once something was paid.
fn standing(order: &Order) -> Vec<PaperLine> {
    let (Some(total), Some(paid)) = (&order.total_amount, order.paid()) else {
        return Vec::new();
    };
    let of = |value| Amount {
        value,
        currency_code: total.currency_code.clone(),
    };
    let due = total.value.checked_sub(paid);
    match (paid, due) {
        (0, _) | (_, None) => Vec::new(),
        (paid, Some(due)) => vec![
            row("Paid", of(paid).to_string()),
            row("To pay", of(due).to_string()).bold(),
        ],
    }
}

/// An item with its parts and modifiers, each with its price for all of them.
fn item(item: &Item) -> Vec<PaperLine> {
    let mut lines = vec![priced(&item.name, item.quantity, &item.amount_per_item, 1)];
    let modifiers = |modifiers: &[Modifier], times: Option<i64>| -> Vec<PaperLine> {
        let line = |m: &Modifier| {
            priced(
                &m.name,
                m.quantity,
                &m.amount_per_modifier,
                times.unwrap_or(0),
            )
            .indented()
        };
        modifiers.iter().map(line).collect()
    };
    for part in &item.sub_items {
        let SubItem { name, quantity, .. } = part;
        let amount = &part.amount_per_item;
        lines.push(priced(name, *quantity, amount, item.quantity).indented());
        let times = item.quantity.checked_mul(*quantity);
        lines.extend(modifiers(&part.modifiers, times));
    }
    lines.extend(modifiers(&item.modifiers, Some(item.quantity)));
    lines
}

/// So many of something, for each of `times` others. What costs nothing has no price.
fn priced(name: &str, quantity: i64, each: &Amount, times: i64) -> PaperLine {
    let name = match quantity {
        1 => name.to_owned(),
        quantity => format!("{quantity} x {name}"),
    };
    let value = each.value.checked_mul(quantity);
    let value = value.and_then(|value| value.checked_mul(times));
    let price = value.filter(|value| *value != 0).map(|value| {
        let currency_code = each.currency_code.clone();
        Amount {
            value,
            currency_code,
        }
    });
    row(
        &name,
        price.map(|price| price.to_string()).unwrap_or_default(),
    )
}

/// What a discount takes off, with a minus sign whether the POS writes one or not.
fn taken_off(amount: &Amount) -> String {
    let value = amount.value.checked_abs().and_then(i64::checked_neg);
    let value = value.unwrap_or(amount.value);
    let currency_code = amount.currency_code.clone();
    Amount {
        value,
        currency_code,
    }
    .to_string()
}

fn row(left: &str, right: String) -> PaperLine {
    PaperLine::columns(left, right)
}
