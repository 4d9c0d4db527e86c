//! The names of orders in a list.

use std::collections::{HashMap, HashSet};

use super::Order;

/// The longest name that a card machine shows.
pub const MAX_NAME_CHARS: usize = 24;

/// The names of the orders of a list: display name, table or id, not too long. Orders
/// that would have the same name are numbered.
pub fn names(orders: &[Order]) -> Vec<String> {
    let cut: Vec<String> = orders.iter().map(|o| cut(own_name(o), 0)).collect();
    let mut count: HashMap<&str, usize> = HashMap::new();
    for name in &cut {
        *count.entry(name).or_default() += 1;
    }
    let is_single = |name: &str| count.get(name) == Some(&1);
    let singles = cut.iter().filter(|name| is_single(name));
    let mut used: HashSet<String> = singles.cloned().collect();
    let mut last: HashMap<&str, usize> = HashMap::new();
    let named = cut.iter().map(|name| {
        if is_single(name) {
            return name.clone();
        }
        let number = last.entry(name).or_default();
        loop {
            *number += 1;
            let suffix = format!(" - {number}");
            let numbered = self::cut(name, suffix.len()) + &suffix;
            // It may be what another order is called.
            if used.insert(numbered.clone()) {
                return numbered;
            }
        }
    });
    named.collect()
}

fn own_name(order: &Order) -> &str {
    let names = [order.display_name.as_deref(), order.table_id.as_deref()];
    let mut names = names.into_iter().flatten().map(str::trim);
    names.find(|name| !name.is_empty()).unwrap_or(&order.id)
}

/// A name so short that a suffix of that length fits behind it.
fn cut(name: &str, suffix: usize) -> String {
    name.chars()
        .take(MAX_NAME_CHARS.saturating_sub(suffix))
        .collect()
}
