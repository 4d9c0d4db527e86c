//! The restaurant as it is when the program starts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::order::{Item, Order};
use super::{Restaurant, Table};

/// The menu: products, names and prices in pence.
pub const MENU: [(&str, &str, i64); 8] = [
    ("100", "Tomato soup", 595),
    ("101", "Bread and olives", 450),
    ("200", "Margherita", 1150),
    ("201", "Burger", 1390),
    ("202", "Fish and chips", 1575),
    ("300", "Sticky toffee pudding", 725),
    ("400", "Lager", 560),
    ("401", "Sparkling water", 320),
];

fn table(id: &'static str, name: &'static str, area: &'static str, covers: u32) -> Table {
    Table {
        id,
        name,
        area,
        covers,
    }
}

/// Some of a product of the menu.
pub fn item(plu: &str, quantity: i64) -> Option<Item> {
    let (plu, name, price) = MENU.into_iter().find(|(known, _, _)| *known == plu)?;
    Some(Item {
        plu: plu.to_owned(),
        name: name.to_owned(),
        price,
        quantity,
        modifiers: Vec::new(),
    })
}

impl Restaurant {
    /// The restaurant at that time: tables, and four orders.
    pub fn open(now: Timestamp) -> Self {
        let mut restaurant = Self {
            areas: vec![("inside", "Inside"), ("garden", "Garden")],
            tables: vec![
                table("1", "Table 1", "inside", 2),
                table("2", "Table 2", "inside", 4),
                table("3", "Table 3", "inside", 4),
                table("4", "Table 4", "inside", 6),
                table("g1", "Garden 1", "garden", 4),
                table("g2", "Garden 2", "garden", 8),
            ],
            orders: BTreeMap::new(),
            parties: BTreeMap::new(),
            reservations: BTreeMap::new(),
            last_id: 0,
        };
        restaurant.add("1", "42", &[("100", 2), ("400", 2)], now);
        restaurant.add("2", "42", &[("201", 2), ("200", 1), ("401", 3)], now);
        restaurant.add("g1", "7", &[("202", 2), ("300", 2)], now);
        restaurant.add("g1", "7", &[("400", 4)], now);
        if let Some(order) = restaurant.orders.get_mut("ord_2") {
            order.service = 1250;
            if let Some(burger) = order.items.first_mut() {
                let bacon = ("Bacon".to_owned(), "900".to_owned(), 150);
                burger.modifiers.push(bacon);
            }
        }
        restaurant
    }

    /// Opens an order at a table, and returns its id.
    pub fn add(
        &mut self,
        table: &str,
        waiter: &str,
        products: &[(&str, i64)],
        now: Timestamp,
    ) -> String {
        let id = self.new_id("ord");
        let name = self.tables.iter().find(|known| known.id == table);
        let items = products.iter();
        let order = Order {
            id: id.clone(),
            display_name: name.map(|table| table.name.to_owned()),
            table: Some(table.to_owned()),
            waiter: Some(waiter.to_owned()),
            party: None,
            note: None,
            items: items.filter_map(|(plu, n)| item(plu, *n)).collect(),
            discount: 0,
            service: 0,
            payments: Vec::new(),
            lock: None,
            status: "Accepted",
            created_at: now,
            updated_at: now,
        };
        self.orders.insert(id.clone(), order);
        id
    }
}
