//! Events of a POS: something of it changed.

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PosEventKind {
    /// An order was created, changed or deleted.
    Order,
    /// A party was.
    Party,
    /// A reservation was.
    Reservation,
}

impl PosEventKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Order, Self::Party, Self::Reservation];

    /// The published name of its events.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Order => "OrderUpdated",
            Self::Party => "PartyUpdated",
            Self::Reservation => "ReservationUpdated",
        }
    }

    /// The property that has the id.
    pub const fn id_property(self) -> &'static str {
        match self {
            Self::Order => "orderId",
            Self::Party => "partyId",
            Self::Reservation => "reservationId",
        }
    }

    /// Reads a published name, in any case.
    pub fn from_event_type(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.event_type().eq_ignore_ascii_case(name))
    }
}

/// An event of a POS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosEvent {
    /// What it is about.
    pub kind: PosEventKind,
    /// The id of that at the POS.
    pub id: String,
}
