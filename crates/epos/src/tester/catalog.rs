//! The flows that can be started, and their parameters.

use serde_json::{Map, Value, json};

use crate::capability::Capability;

/// What a flow does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Calls one capability.
    Call(Capability),
    /// Something that takes several.
    Story(Story),
    /// Pays an order.
    Pay(Paying),
}

/// A way to pay an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paying {
    /// All that is due.
    InFull,
    /// In equal parts.
    InParts,
    /// All that is due, and a tip.
    WithTip,
    /// Half of what is due, and no more.
    Partly,
    /// More than is due, which has to be refused.
    TooMuch,
}

/// What takes several capabilities, or a POS that is looked at closely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Lock an order, keep it locked and unlock it.
    LockAndExtend,
    /// Lock an order that is locked.
    LockRefused,
    /// Read a bill that can be printed.
    PrintBill,
    /// Ask for an order that is not there.
    UnknownOrder,
    /// See how long answers take.
    SlowPos,
    /// Break the connection between two requests.
    LineLost,
    /// Send an event twice.
    DuplicateEvent,
}

/// A parameter of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be given.
    pub is_required: bool,
    /// What it is.
    pub description: &'static str,
    /// What it is if it is not given.
    pub default: Option<&'static str>,
}

/// A flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The name that it is started by.
    pub name: String,
    /// What it does.
    pub what: What,
    /// Its parameters.
    pub params: Vec<Param>,
}

const fn required(name: &'static str, description: &'static str) -> Param {
    Param {
        name,
        is_required: true,
        description,
        default: None,
    }
}

const fn optional(name: &'static str, description: &'static str) -> Param {
    Param {
        name,
        is_required: false,
        description,
        default: None,
    }
}

const fn with_default(
    name: &'static str,
    description: &'static str,
    default: &'static str,
) -> Param {
    Param {
        name,
        is_required: false,
        description,
        default: Some(default),
    }
}

const ORDER: Param = required("orderId", "The id of an order at the POS");
const PARTY: Param = required("partyId", "The id of a party at the POS");
const RESERVATION: Param = required("reservationId", "The id of a reservation at the POS");
const OF_TABLE: Param = optional("tableId", "Only those of this table");
const AT_TABLE: Param = with_default("tableId", "The id of a table at the POS", "1");
const WAITER: Param = optional("waiterId", "The id of a waiter at the POS");
const NAME: Param = with_default("name", "The name of a guest", "EPOS Tester");
const COVERS: Param = with_default("covers", "How many guests they are", "2");
const AMOUNT: Param = with_default("amount", "In minor units, such as pence", "100");
const CURRENCY: Param = with_default("currencyCode", "The currency of the amount", "GBP");
const PAID: Param = required(
    "paymentIntentId",
    "The id of a payment intent of this account that is authorized or captured",
);
const ABOUT: Param = with_default(
    "paymentIntentId",
    "The payment intent that the event is about",
    "pi_sandbox_0000000000000000000000",
);

const STORIES: [(Story, &str, &[Param]); 7] = [
    (Story::LockAndExtend, "Lock And Extend", &[ORDER, WAITER]),
    (Story::LockRefused, "Lock Refused", &[ORDER, WAITER]),
    (Story::PrintBill, "Print Bill", &[ORDER, WAITER]),
    (Story::UnknownOrder, "Unknown Order", &[]),
    (Story::SlowPos, "Slow POS", &[ORDER]),
    (Story::LineLost, "Line Lost", &[ORDER]),
    (Story::DuplicateEvent, "Duplicate Event", &[ABOUT]),
];

const KEEP: Param = with_default(
    "keep",
    "`true` if the payment is not to be reversed",
    "false",
);
const PARTS: Param = with_default("parts", "In how many parts", "2");
const TIP: Param = with_default("tip", "The tip in per cent", "10");

const PAYING: [(Paying, &str, &[Param]); 5] = [
    (Paying::InFull, "Pay In Full", &[ORDER, KEEP]),
    (Paying::InParts, "Pay In Parts", &[ORDER, PARTS, KEEP]),
    (Paying::WithTip, "Pay With Tip", &[ORDER, TIP, KEEP]),
    (Paying::Partly, "Pay Partly And Leave", &[ORDER, KEEP]),
    (Paying::TooMuch, "Record Refused", &[ORDER]),
];

/// All flows, in the order in which they are listed.
pub fn flows() -> Vec<Flow> {
    let calls = Capability::ALL.into_iter().map(|capability| Flow {
        name: spaced(capability),
        what: What::Call(capability),
        params: params(capability).to_vec(),
    });
    let stories = STORIES.into_iter().map(|(story, name, params)| Flow {
        name: name.to_owned(),
        what: What::Story(story),
        params: params.to_vec(),
    });
    let paying = PAYING.into_iter().map(|(way, name, params)| Flow {
        name: name.to_owned(),
        what: What::Pay(way),
        params: params.to_vec(),
    });
    calls.chain(stories).chain(paying).collect()
}

/// The request that starts the flow which calls a method, by its name over either
/// transport.
pub fn flow_of_method(method: &str) -> Option<Value> {
    let name = method.strip_suffix("V1").unwrap_or(method);
    let capability = match name {
        "HandleEvent" => Capability::PaymentIntentCreated,
        name => Capability::from_name(name)?,
    };
    let mut flows = flows().into_iter();
    let flow = flows.find(|flow| flow.what == What::Call(capability))?;
    let params = flow.params.iter().filter_map(|param| {
        let value = param.default.or(param.is_required.then_some(""))?;
        Some((param.name.to_owned(), Value::from(value)))
    });
    Some(json!({ "flow": flow.name, "params": params.collect::<Map<_, _>>() }))
}

/// The name of a capability in steps: the published one of `GetOrderById` is shorter.
pub fn method(capability: Capability) -> &'static str {
    match capability {
        Capability::GetOrderById => "GetOrder",
        other => other.name(),
    }
}

/// The words of a capability's name, without what it finds things by.
fn spaced(capability: Capability) -> String {
    let name = capability.name();
    let name = name.strip_suffix("ById").unwrap_or(name);
    let mut spaced = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        match letter {
            ':' => spaced.push(' '),
            _ if letter.is_ascii_uppercase() && !spaced.is_empty() => {
                spaced.push(' ');
                spaced.push(letter);
            }
            _ => spaced.push(letter),
        }
    }
    spaced
}

fn params(capability: Capability) -> &'static [Param] {
    match capability {
        Capability::CreateOrder => &[AT_TABLE, WAITER, AMOUNT, CURRENCY],
        Capability::GetOrderById
        | Capability::CancelOrderById
        | Capability::GetOrderBillById
        | Capability::CreateOrderLock
        | Capability::ExtendOrderLock
        | Capability::DeleteOrderLock => &[ORDER, WAITER],
        Capability::SearchOrders => &[OF_TABLE, WAITER],
        Capability::RecordOrderPaymentById => &[ORDER, PAID, AMOUNT, CURRENCY, WAITER],
        Capability::CreateParty => &[AT_TABLE, NAME, COVERS],
        Capability::GetPartyById | Capability::DeletePartyById => &[PARTY],
        Capability::UpdateParty => &[PARTY, AT_TABLE, NAME, COVERS],
        Capability::SearchParties | Capability::SearchReservations => &[OF_TABLE],
        Capability::CreateReservation => &[AT_TABLE, NAME, COVERS],
        Capability::GetReservationById | Capability::DeleteReservationById => &[RESERVATION],
        Capability::UpdateReservation => &[RESERVATION, AT_TABLE, NAME, COVERS],
        Capability::SearchTables => &[WAITER],
        Capability::PaymentIntentCreated | Capability::PaymentIntentStatusUpdated => &[ABOUT],
        Capability::ListAreas
        | Capability::AddOrderItems
        | Capability::CalculateOrder
        | Capability::SubmitCalculatedOrder
        | Capability::SearchMenus => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_capability_has_a_flow_and_every_flow_a_name_of_its_own() {
        let flows = flows();
        for capability in Capability::ALL {
            let mut of = flows.iter().map(|flow| flow.what);
            assert!(of.any(|what| what == What::Call(capability)));
        }
        let names: BTreeSet<_> = flows.iter().map(|flow| flow.name.as_str()).collect();
        assert_eq!(names.len(), flows.len());
        assert!(names.contains("Get Order") && names.contains("Record Order Payment"));
        assert!(names.contains("Handle Event payment_intent.created"));
        for method in [
            "SearchOrders",
            "SearchOrdersV1",
            "HandleEvent",
            "HandleEventV1",
        ] {
            assert!(flow_of_method(method).is_some(), "{method}");
        }
        let read = json!({ "flow": "Get Order", "params": { "orderId": "" } });
        assert_eq!(flow_of_method("GetOrderByIdV1"), Some(read));
        assert_eq!(flow_of_method("SubmitEventV1"), None);
    }
}
