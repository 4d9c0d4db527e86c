//! Records: every aggregate that is kept. They are found by id, owner, status,
//! time of creation and by values that their kind names. Storage knows only what
//! it searches by; the body is the aggregate as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tatami_core::account::AnyScope;
use tatami_core::id::{
    CustomerId, MailId, PaymentIntentId, SavedCardId, SetupIntentId, SubscriptionId,
};
use tatami_core::time::{Timestamp, with_ticks};

use super::store::{StoreError, Stored};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocumentKind {
    Account,
    PaymentIntent,
    /// A webhook subscription.
    Subscription,
    Customer,
    /// A card in the vault; its owner is the customer or the setup intent.
    SavedCard,
    SetupIntent,
    /// A card machine.
    Terminal,
    /// A session of a card machine; its owner is the machine.
    TerminalSession,
    /// What a connector keeps under a key.
    ConnectorState,
    Mail,
    /// What a gateway keeps of a card machine.
    Device,
    /// What a software house registered of a merchant's POS.
    Integration,
    /// That something at a merchant's POS changed.
    PosChange,
    /// The node that a merchant's POS is connected to.
    PosConnection,
    /// A message between nodes about a connection of a POS.
    PosMessage,
    /// A test of a merchant's POS.
    PosFlow,
    /// How the pages of an account look.
    Branding,
    /// A card machine on which orders of a POS are chosen.
    TableVisit,
    /// An order of a POS that is being paid.
    TableOrder,
    /// A part of an order of a POS, with its payment intent.
    TablePayment,
    /// A business with its locations.
    Company,
    /// A user of the portal; its owner is the company.
    User,
    /// A user in a browser; its owner is the user.
    PortalSession,
    /// A one-time link for a user; its owner is the user.
    PortalLink,
    /// What a user did in the portal; its owner is the company.
    AuditEntry,
    /// What is kept of a key for its owners.
    KeyNote,
    /// Tries to sign in that failed.
    SignInTries,
}

impl DocumentKind {
    /// All kinds.
    pub const ALL: [Self; 27] = [
        Self::Account,
        Self::PaymentIntent,
        Self::Subscription,
        Self::Customer,
        Self::SavedCard,
        Self::SetupIntent,
        Self::Terminal,
        Self::TerminalSession,
        Self::ConnectorState,
        Self::Mail,
        Self::Device,
        Self::Integration,
        Self::PosChange,
        Self::PosConnection,
        Self::PosMessage,
        Self::PosFlow,
        Self::Branding,
        Self::TableVisit,
        Self::TableOrder,
        Self::TablePayment,
        Self::Company,
        Self::User,
        Self::PortalSession,
        Self::PortalLink,
        Self::AuditEntry,
        Self::KeyNote,
        Self::SignInTries,
    ];

    /// Those that events are delivered to: the events that one wants are its values
    /// of the name [`EVENT`].
    pub const ENDPOINTS: [Self; 2] = [Self::Subscription, Self::Integration];

    /// The word for it in storage.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::PaymentIntent => "payment-intent",
            Self::Subscription => "subscription",
            Self::Customer => "customer",
            Self::SavedCard => "saved-card",
            Self::SetupIntent => "setup-intent",
            Self::Terminal => "terminal",
            Self::TerminalSession => "terminal-session",
            Self::ConnectorState => "connector-state",
            Self::Mail => "mail",
            Self::Device => "device",
            Self::Integration => "integration",
            Self::PosChange => "pos-change",
            Self::PosConnection => "pos-connection",
            Self::PosMessage => "pos-message",
            Self::PosFlow => "pos-flow",
            Self::Branding => "branding",
            Self::TableVisit => "table-visit",
            Self::TableOrder => "table-order",
            Self::TablePayment => "table-payment",
            Self::Company => "company",
            Self::User => "user",
            Self::PortalSession => "portal-session",
            Self::PortalLink => "portal-link",
            Self::AuditEntry => "audit-entry",
            Self::KeyNote => "key-note",
            Self::SignInTries => "sign-in-tries",
        }
    }

    /// Reads [`DocumentKind::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether a document of the kind keeps every value that it ever had, so that a
    /// change need not look for those that went.
    pub const fn only_gains_values(self) -> bool {
        matches!(self, Self::PaymentIntent | Self::ConnectorState)
    }

    /// The smallest id of a moment in a scope, if ids of the kind have their
    /// times to the millisecond.
    pub fn floor(self, scope: &AnyScope, at: Timestamp) -> Option<String> {
        let environment = scope.account()?.environment;
        Some(match self {
            Self::PaymentIntent => PaymentIntentId::floor(environment, at).to_string(),
            Self::Subscription => SubscriptionId::floor(environment, at).to_string(),
            Self::Customer => CustomerId::floor(environment, at).to_string(),
            Self::SavedCard => SavedCardId::floor(environment, at).to_string(),
            Self::SetupIntent => SetupIntentId::floor(environment, at).to_string(),
            Self::Mail => MailId::floor(environment, at).to_string(),
            Self::Account
            | Self::Terminal
            | Self::TerminalSession
            | Self::ConnectorState
            | Self::Device
            | Self::Integration
            | Self::PosChange
            | Self::PosConnection
            | Self::PosMessage
            | Self::PosFlow
            | Self::Branding
            | Self::TableVisit
            | Self::TableOrder
            | Self::TablePayment
            | Self::Company
            | Self::User
            | Self::PortalSession
            | Self::PortalLink
            | Self::AuditEntry
            | Self::KeyNote
            | Self::SignInTries => {
                return None;
            }
        })
    }
}

/// An aggregate in its stored form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub kind: DocumentKind,
    /// Its id, unique over all scopes; ids of a kind sort by time.
    pub id: String,
    pub scope: AnyScope,
    /// What it belongs to.
    pub owner: Option<String>,
    /// The word it is filtered by.
    pub status: String,
    /// When it was made (account time).
    pub created_at: Timestamp,
    /// When it is to be looked at again (account time).
    pub due_at: Option<Timestamp>,
    /// The aggregate as JSON.
    pub body: String,
}

/// The name of the values by which an endpoint is found: the types of the events
/// that are delivered to it.
pub const EVENT: &str = "event";

/// A value that documents of a kind are searched by, beside their own columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexValue {
    /// What it is, such as `refund`.
    pub name: &'static str,
    /// The value; values are compared as text.
    pub value: String,
    /// Whether only one document of the kind and scope may have it.
    pub is_unique: bool,
}

impl IndexValue {
    /// A value that any number of documents may have.
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            name,
            value: value.into(),
            is_unique: false,
        }
    }

    /// A value that one document of the kind and scope may have.
    pub fn unique(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            is_unique: true,
            ..Self::new(name, value)
        }
    }

    /// A moment, so that a range of values is a range of time.
    pub fn moment(name: &'static str, at: Timestamp) -> Self {
        Self::new(name, ticks_text(at))
    }
}

/// A moment as text that sorts by time.
fn ticks_text(at: Timestamp) -> String {
    with_ticks(at, str::to_owned)
}

/// The documents that have a value in a range, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueRange {
    pub name: &'static str,
    /// From where.
    pub from: String,
    /// Up to where.
    pub to: String,
}

impl ValueRange {
    /// Those with just that value.
    pub fn exactly(name: &'static str, value: &str) -> Self {
        Self {
            name,
            from: value.to_owned(),
            to: value.to_owned(),
        }
    }

    /// Those with a moment of that range.
    pub fn moments(name: &'static str, from: Timestamp, to: Timestamp) -> Self {
        Self {
            name,
            from: ticks_text(from),
            to: ticks_text(to),
        }
    }
}

/// Values of documents in their order: those between two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueQuery {
    pub kind: DocumentKind,
    pub name: &'static str,
    /// Only greater ones.
    pub above: String,
    /// Only smaller ones.
    pub below: String,
    /// Whether the smallest come first, and not the greatest.
    pub ascending: bool,
    /// At most so many.
    pub limit: usize,
}

/// An aggregate that is kept as a document.
pub trait Aggregate: Serialize + DeserializeOwned {
    const KIND: DocumentKind;
    fn id(&self) -> &str;
    fn scope(&self) -> AnyScope;
    /// What it belongs to.
    fn owner(&self) -> Option<&str> {
        None
    }
    /// The word it is filtered by.
    fn status(&self) -> &str;
    /// When it was made (account time).
    fn created_at(&self) -> Timestamp;
    /// When it is to be looked at again (account time).
    fn due_at(&self) -> Option<Timestamp> {
        None
    }
    /// Values that it has from the beginning and for ever.
    fn first_values(&self) -> Vec<IndexValue> {
        Vec::new()
    }
    /// Further values it is found by.
    fn values(&self) -> Vec<IndexValue> {
        Vec::new()
    }
    /// The words that a listing is filtered by; they are in the index of listings.
    fn facets(&self) -> String {
        String::new()
    }
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError(error.to_string())
}

impl Document {
    /// The stored form of an aggregate.
    pub fn of<T: Aggregate>(value: &T) -> Result<Self, StoreError> {
        Ok(Self {
            kind: T::KIND,
            id: value.id().to_owned(),
            scope: value.scope(),
            owner: value.owner().map(str::to_owned),
            status: value.status().to_owned(),
            created_at: value.created_at(),
            due_at: value.due_at(),
            body: serde_json::to_string(value).map_err(|e| unreadable(&e))?,
        })
    }

    /// The aggregate.
    ///
    /// # Errors
    /// If the document is of another kind, or cannot be read.
    pub fn read<T: Aggregate>(&self) -> Result<T, StoreError> {
        if self.kind != T::KIND {
            let (found, wanted) = (self.kind.word(), T::KIND.word());
            return Err(StoreError(format!("a {found} is not a {wanted}")));
        }
        serde_json::from_str(&self.body).map_err(|e| unreadable(&e))
    }
}

impl Stored<Document> {
    /// The aggregate, with the version it was read at.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn read<T: Aggregate>(&self) -> Result<Stored<T>, StoreError> {
        Ok(Stored {
            value: self.value.read()?,
            version: self.version,
        })
    }
}

/// The write of one document in a commit.
#[derive(Clone, Debug)]
pub enum DocumentWrite {
    /// It is new, or changes.
    Put {
        /// The new state.
        record: Box<Document>,
        /// All further values it is found by from now on.
        values: Vec<IndexValue>,
        /// The words that a listing is filtered by.
        facets: String,
        /// The version that must still be there; `None` for a new one.
        expected: Option<i64>,
    },
    /// It goes.
    Delete {
        kind: DocumentKind,
        id: String,
        /// The version that must still be there.
        expected: i64,
    },
}

impl DocumentWrite {
    /// Writes an aggregate.
    pub fn put<T: Aggregate>(value: &T, expected: Option<i64>) -> Result<Self, StoreError> {
        let mut values = value.values();
        // They are there already, and stay.
        if expected.is_none() || !T::KIND.only_gains_values() {
            values.extend(value.first_values());
        }
        Ok(Self::Put {
            record: Box::new(Document::of(value)?),
            values,
            facets: value.facets(),
            expected,
        })
    }

    /// Takes an aggregate out.
    pub fn delete<T: Aggregate>(stored: &Stored<T>) -> Self {
        Self::Delete {
            kind: T::KIND,
            id: stored.value.id().to_owned(),
            expected: stored.version,
        }
    }

    /// Whether it is a document about paying an order of a POS, and due at that moment.
    pub fn is_due_at_table(&self, now: Timestamp) -> bool {
        let is_at_table =
            |kind| matches!(kind, DocumentKind::TableOrder | DocumentKind::TablePayment);
        matches!(self, Self::Put { record, .. }
            if is_at_table(record.kind) && record.due_at.is_some_and(|due| due <= now))
    }

    /// Whether it is a mail that is to be sent.
    pub fn is_due_mail(&self) -> bool {
        matches!(self, Self::Put { record, .. }
            if record.kind == DocumentKind::Mail && record.due_at.is_some())
    }

    /// The id of the document that is written.
    pub fn id(&self) -> &str {
        match self {
            Self::Put { record, .. } => &record.id,
            Self::Delete { id, .. } => id,
        }
    }
}

/// Which documents of a kind and scope a listing wants. Newest first; keyset by
/// id, which is by time.
#[derive(Clone, Debug, Default)]
pub struct DocumentQuery {
    /// Only those of this owner.
    pub owner: Option<String>,
    /// Any of these; empty means all.
    pub statuses: Vec<String>,
    /// Created at or after.
    pub from: Option<Timestamp>,
    /// Created at or before.
    pub to: Option<Timestamp>,
    /// Only those with such a value.
    pub value: Option<ValueRange>,
    /// Only those with such facets; not together with an owner or a range of values. Of a
    /// long listing only a part is read, newest first.
    pub facets: Option<FacetFilter>,
    /// Whether a replica that is a little behind may be asked.
    pub may_lag: bool,
    /// Only those that come before this id in the listing (newer ones); the
    /// page then ends right before it.
    pub before: Option<String>,
    /// Only those that come after this id in the listing (older ones).
    pub after: Option<String>,
    /// At most so many, 1 to 1000.
    pub limit: usize,
}

/// What facets must be.
#[derive(Clone, Debug, Default)]
pub struct FacetFilter {
    /// From where to where they sort, both ends included.
    pub between: Option<(String, String)>,
    /// What they hold, in this order.
    pub parts: Vec<String>,
}

/// A page of a listing.
#[derive(Clone, Debug, Default)]
pub struct DocumentPage {
    /// The documents, newest first.
    pub documents: Vec<Stored<Document>>,
    /// Whether the listing goes on before the first.
    pub more_before: bool,
    /// Whether the listing goes on after the last.
    pub more_after: bool,
    /// The last document that was looked at, where a filter stopped before the end of
    /// the listing.
    pub looked_to: Option<String>,
}
