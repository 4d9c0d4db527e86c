//! Transactions and the search for them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tatami_core::account::Account;
use tatami_core::card::CardSummary;
use tatami_core::money::Money as CoreMoney;
use tatami_core::terminal::EntryMode;
use tatami_core::time::serialize_ticks;
use tatami_core::transaction as core;
use tatami_engine::{Place, TransactionPage};
use tatami_http::cursor::cursor_at;
use utoipa::ToSchema;

use super::money::Money;
use super::search::Cursor;

/// Time span and page of a search for transactions.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchTransactionsRequest {
    /// Only transactions at or after this time (ISO 8601). It and `endDate` are at most
    /// 7 days apart.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub start_date: Option<Timestamp>,
    /// Only transactions at or before this time (ISO 8601).
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub end_date: Option<Timestamp>,
    /// Only transactions with one of these statuses; all statuses if left out. A page may
    /// then hold fewer than asked for and still go on: follow `after` until it is left out.
    #[schema(value_type = Option<Vec<TransactionStatus>>, max_items = 20)]
    pub statuses: Option<Vec<core::TransactionStatus>>,
    /// The page to return; the first page if left out.
    pub cursor: Option<Cursor>,
}

/// What a transaction does: takes money at once (`Sale`), holds it (`PreAuth`), takes what
/// was held (`Collection`), or pays it back (`Refund`).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TransactionType {
    Sale,
    Refund,
    PreAuth,
    Collection,
}

/// The status of a transaction. `AwaitingCollection`: the money is held and nothing of it was
/// captured; `Released` and `Expired`: the hold ended, with or without `autoExpireAction`.
/// `Held` and `UnderReview` never occur.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TransactionStatus {
    Authorized,
    Declined,
    Held,
    UnderReview,
    Reversed,
    AwaitingCollection,
    Released,
    Expired,
}

/// The product that a payment was made with. `TapToPayOnIPhone` and `DojoPocket` never occur.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum PaymentProduct {
    TapToPayOnIPhone,
    DojoPocket,
    Terminal,
    OnlineCheckout,
    VirtualTerminal,
    PaymentLinks,
    DojoBookings,
    PayByQr,
    Other,
}

/// How a card machine read the card.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalEntryModeType {
    Chip,
    ContactLess,
    Swipe,
    Keyed,
    Unknown,
}

/// The card of a transaction.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionCard {
    /// The card number, of which only the last four digits are shown.
    pub number: Option<String>,
    /// How the card is funded: `Credit`, `Debit` and others.
    pub funding_type: Option<String>,
    /// The card scheme, such as `Visa` or `Mastercard`.
    #[serde(rename = "type")]
    pub scheme: Option<&'static str>,
}

/// How a transaction was paid.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionPaymentDetails {
    /// The card that was used.
    pub card: Option<TransactionCard>,
    /// The approval code; left out if there is none.
    pub auth_code: Option<String>,
    /// Whether it was made without a card machine.
    #[schema(required = false)]
    pub is_remote: bool,
    /// The product that it was made with.
    #[schema(value_type = Option<PaymentProduct>)]
    pub payment_product: Option<&'static str>,
    /// How the card machine read the card; left out of remote payments.
    #[schema(value_type = Option<TerminalEntryModeType>)]
    pub terminal_entry_mode_type: Option<&'static str>,
    /// The id of the card machine (`tm_…`); left out of remote payments.
    pub terminal_id: Option<String>,
}

/// A payment, capture or refund.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Unique id: of a capture or refund its own (`cp_…`, `rfnd_…`), otherwise the
    /// `transactionId` that the payment intent shows.
    #[schema(required = false)]
    pub id: String,
    /// The same id, for readers of the older form.
    #[schema(required = false)]
    pub legacy_id: String,
    /// When it happened (ISO 8601, UTC).
    #[schema(required = false, value_type = String, format = DateTime)]
    #[serde(serialize_with = "serialize_ticks")]
    pub date_time: Timestamp,
    /// The payment intent; left out of refunds without a payment.
    pub payment_intent_id: Option<String>,
    /// The merchant id (MID) of the account.
    pub merchant_id: Option<String>,
    /// What the transaction does.
    #[serde(rename = "type")]
    #[schema(value_type = Option<TransactionType>)]
    pub kind: Option<&'static str>,
    /// Status of the transaction when it is read.
    #[schema(value_type = Option<TransactionStatus>)]
    pub status: Option<&'static str>,
    /// The amount without tips and cashback.
    #[schema(required = false)]
    pub amount: Money,
    /// The cashback that was paid out.
    #[schema(required = false)]
    pub cashback_amount: Money,
    /// The tips, never negative.
    #[schema(required = false)]
    pub tips_amount: Money,
    /// The merchant's reference of the order.
    pub reference: Option<String>,
    /// How it was paid: card, approval code, product.
    #[schema(required = false)]
    pub payment_details: TransactionPaymentDetails,
}

/// A page of transactions, newest first.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PagedTransaction {
    /// The transactions of this page, newest first.
    pub data: Option<Vec<Transaction>>,
    /// Cursor of the previous page; left out on the first page.
    pub before: Option<String>,
    /// Cursor of the next page; left out on the last page.
    pub after: Option<String>,
}

impl PagedTransaction {
    /// A page of an account's transactions.
    pub fn of(page: TransactionPage, account: &Account) -> Self {
        let merchant = account.merchant_id();
        let cursor = |place: Option<Place>| place.map(|place| cursor_at(place.as_str()));
        let transactions = page.transactions.into_iter();
        let transactions = transactions.map(|(_, it)| Transaction::of(it, &merchant));
        Self {
            data: Some(transactions.collect()),
            before: cursor(page.before),
            after: cursor(page.after),
        }
    }
}

impl Transaction {
    fn of(it: core::Transaction, merchant: &str) -> Self {
        let part = |minor| Money::from(CoreMoney { minor, ..it.total });
        Self {
            amount: it.sale_amount().into(),
            cashback_amount: part(it.cashback),
            tips_amount: part(it.tips),
            legacy_id: it.id.clone(),
            date_time: it.at,
            payment_intent_id: it.payment_intent.map(|id| id.to_string()),
            merchant_id: Some(merchant.to_owned()),
            kind: Some(it.kind.name()),
            status: Some(it.status.name()),
            reference: Some(it.reference).filter(|reference| !reference.is_empty()),
            payment_details: TransactionPaymentDetails {
                card: it.card.as_ref().map(TransactionCard::from),
                auth_code: Some(it.auth_code).filter(|code| !code.is_empty()),
                is_remote: it.terminal.is_none(),
                payment_product: Some(it.product.name()),
                terminal_entry_mode_type: it.terminal.as_ref().map(|(_, entry)| read_as(*entry)),
                terminal_id: it.terminal.map(|(id, _)| id.to_string()),
            },
            id: it.id,
        }
    }
}

impl From<&CardSummary> for TransactionCard {
    fn from(card: &CardSummary) -> Self {
        Self {
            number: Some(format!("************{}", card.last4)),
            funding_type: Some(card.funding.clone()),
            scheme: Some(card.scheme.title()),
        }
    }
}

/// The name that the search for transactions has for how a card was read.
const fn read_as(entry: EntryMode) -> &'static str {
    match entry {
        EntryMode::Contactless => "ContactLess",
        EntryMode::ContactChip => "Chip",
        EntryMode::Magstripe => "Swipe",
        EntryMode::ManualEntry => "Keyed",
    }
}
