//! Payment intents as documents: what they are found and filtered by.

use std::collections::BTreeSet;

use tatami_core::account::AnyScope;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::{Timestamp, ticks};

use crate::ports::documents::{Aggregate, DocumentKind, IndexValue};
use crate::transactions::{GIVEN_BACK, JOURNAL};

/// The name of the ids of the wallets' tokens that an intent was paid with.
const WALLET_TOKEN: &str = "wallet-token";
/// The name of the ids of its transactions, refunds and reversal.
pub(crate) const TRANSACTION_ID: &str = "transaction-id";
/// The name of its reference, in small letters.
pub(crate) const REFERENCE: &str = "reference";
/// The name of the values by which intents are found by their customers.
pub(crate) const CUSTOMER: &str = "customer";
/// The name of the customer's e-mail address, in small letters.
pub(super) const EMAIL: &str = "email";
/// The name of the value that payment links have.
pub(super) const PAYMENT_LINK: &str = "payment-link";
/// The name of the last four digits of the card that paid.
pub(super) const LAST4: &str = "last4";
/// The longest facets, in bytes: an index has a bound for them.
const MOST_FACETS: usize = 1_000;

impl Aggregate for PaymentIntent {
    const KIND: DocumentKind = DocumentKind::PaymentIntent;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        self.status.name()
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        PaymentIntent::due_at(self)
    }

    fn first_values(&self) -> Vec<IndexValue> {
        let reference = folded(&self.details.reference);
        vec![IndexValue::new(REFERENCE, reference)]
    }

    fn values(&self) -> Vec<IndexValue> {
        let tokens = self.wallet_tokens.iter();
        let tokens = tokens.map(|token| IndexValue::unique(WALLET_TOKEN, token.as_str()));
        let link = self.details.is_payment_link();
        let link = link.then(|| IndexValue::new(PAYMENT_LINK, ""));
        let [id, email] = customer(self);
        let customer = id.map(|id| IndexValue::new(CUSTOMER, id));
        let email = email.map(|email| IndexValue::new(EMAIL, folded(email)));
        let mut values: Vec<_> = tokens.chain(link).chain(customer).chain(email).collect();
        let mut ids = BTreeSet::new();
        for transaction in self.transactions() {
            values.push(IndexValue::new(JOURNAL, transaction.line()));
            ids.insert(transaction.id);
        }
        let refunds = self.refunds.iter();
        let refunds = refunds.map(|refund| (refund.id.to_string(), refund.at));
        let reversal = self.reversal.iter();
        let reversal = reversal.map(|reversal| (reversal.id.to_string(), reversal.at));
        for (id, at) in refunds.chain(reversal) {
            values.push(IndexValue::new(GIVEN_BACK, format!("{} {id}", ticks(at))));
            ids.insert(id);
        }
        let ids = ids.into_iter();
        values.extend(ids.map(|id| IndexValue::new(TRANSACTION_ID, id)));
        let card = self.authorization.iter().map(|paid| &paid.card);
        values.extend(card.map(|card| IndexValue::new(LAST4, card.last4.as_str())));
        values
    }

    fn facets(&self) -> String {
        let total = self.total();
        let card = self.authorization.as_ref().map(|paid| &paid.card);
        let customer: Vec<&str> = customer(self).into_iter().flatten().collect();
        let mut facets = format!(
            "{} {}\nsource {}\nlast4 {}\nreference {}\ncustomer {}\n",
            amount_facet(total.minor),
            folded(total.currency.code()),
            folded(self.details.source()),
            card.map_or("", |card| card.last4.as_str()),
            folded(&self.details.reference),
            folded(&customer.join(" "))
        );
        facets.truncate(facets.floor_char_boundary(MOST_FACETS));
        facets
    }
}

/// What facets begin with: an amount as text that sorts as amounts do. A letter says how
/// many digits it has; zeros before it would look like the end of a card number.
pub(super) fn amount_facet(minor: i64) -> String {
    let digits = minor.max(0).to_string();
    let length = u8::try_from(digits.len()).unwrap_or(u8::MAX);
    format!("{}{digits}", char::from(b'a'.saturating_add(length)))
}

/// The id and the e-mail address of its customer, as far as there are such.
fn customer(intent: &PaymentIntent) -> [Option<&str>; 2] {
    let customer = intent.details.customer.as_ref();
    let id = customer.and_then(|it| it.id.as_deref());
    let email = customer.and_then(|it| it.email_address.as_deref());
    [id, email].map(|name| name.filter(|name| !name.is_empty()))
}

/// A text as it is compared: in small letters and on one line.
pub(crate) fn folded(text: &str) -> String {
    let text = text.trim().to_lowercase();
    text.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_sort_as_text() {
        let amounts = [0, 9, 10, 99, 100, 1_234, 10_000, 99_999_999, i64::MAX];
        let facets = amounts.map(amount_facet);
        assert!(facets.is_sorted(), "{facets:?}");
        assert_eq!(facets[5], "e1234");
    }
}
