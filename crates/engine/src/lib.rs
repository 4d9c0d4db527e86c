//! The use cases of Tatami: load, decide with the core, commit, call the
//! acquirer, commit the outcome. It knows neither HTTP nor SQL.
//!
//! Every entry point — API, checkout, card machine, timer — runs the same use case
//! over the same rules, so none of them decides anything about money.

mod account_clocks;
mod accounts;
mod acquiring;
mod admission;
mod call;
mod clocks;
mod command;
mod connector_state;
mod customers;
mod documents;
mod engine;
mod find;
mod idempotency;
mod jobs;
mod json;
mod listed;
mod locks;
mod nodes;
mod outside;
mod overview;
mod passwords;
mod payment_intents;
mod people;
pub mod ports;
mod refunds;
mod request_log;
mod saved_cards;
mod sessions;
mod setup_intents;
mod sign_ins;
mod tables;
mod terminals;
mod today;
mod transactions;
mod webhooks;

pub use account_clocks::{AccountClocks, Due};
pub use accounts::{
    Accounts, DOCUMENTED_KEY, DOCUMENTED_KEYS, MOST_KEYS, NamedKey, NewKey, Products,
};
pub use admission::{Admission, Permit};
pub use call::{Call, Failure};
pub use clocks::Clocks;
pub use connector_state::DocumentState;
pub use customers::{CustomerPage, Customers, NewCustomerSecret};
pub use documents::Documents;
pub use engine::{Engine, Parts, Shared};
pub use find::Owned;
pub use jobs::Jobs;
pub use json::{NotUtf8, json_text, with_json};
pub use listed::Listed;
pub use nodes::Nodes;
pub use overview::{AttemptOn, OpenAttempt, Outstanding, Overview};
pub use payment_intents::{
    Attempts, Charges, DeviceProof, Found, IntentQuery, Keep, Payers, PaymentIntents, PaymentLinks,
    PaymentResult, View, ViewPage, WalletPayment, Wanted,
};
pub use people::{
    AuditFilter, AuditPage, Authentication, Begun, Invitation, MOST_LOCATIONS, Noted, NotedChange,
    Origin, People, SecondFactors, Settings, SignIn, Team, Token, Visitor,
};
pub use refunds::{RefundEntry, RefundPage};
pub use request_log::{Draft, Kept, RequestLog, Slot, note_key};
pub use saved_cards::SavedCards;
pub use sessions::{Opens, Sessions};
pub use setup_intents::{CapturedCard, SetupIntents, SetupPayers, SetupResult, SetupView};
pub use tables::{GuestLinks, ListedOrder, OrderList, OrderView, TableFailure, Tables, VisitView};
pub use terminals::{Counters, TapSecret, TerminalSessions, Terminals};
pub use today::Day;
pub use transactions::{Place, TransactionPage, TransactionQuery, Transactions};
pub use webhooks::{NewSubscription, SubscriptionChange, TestDelivery, Webhooks, secrets};
