//! Cards that a machine read: refunds to them, and the wallet they come from.

use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::card_machine::{Feature, Wallet, WalletCard};
use tatami_core::payment_intent::DeclineReason;
use tatami_core::terminal_session::{CONTACTLESS_LIMIT, EntryMode, Verification};
use tatami_core::time::Timestamp;
use tatami_engine::ports::acquirer::{CardRefund, Channel, Presented};

use crate::authorize::{Heard, declined, verdict};
use crate::books::Desk;
use crate::books::entries::{Answer, Entry, Operation};
use crate::cards::{Behaviour, Outcome};

/// A good many years after any clock can be moved to.
const EXPIRY: Expiry = Expiry {
    year: 2079,
    month: 12,
};
const ALL: &[Feature] = &[
    Feature::Chip,
    Feature::Contactless,
    Feature::Swipe,
    Feature::Device,
];
const PLASTIC: &[Feature] = &[Feature::Chip, Feature::Contactless, Feature::Swipe];
const OLD: &[Feature] = &[Feature::Chip, Feature::Swipe];
const PIN: Verification = Verification::Pin;

/// A row of the wallet: handle, name, what it does, number, what can be done
/// with it, and how its chip verifies its holder.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [Feature],
    Verification,
);

const ROWS: [Row; 10] = [
    (
        "visa-debit",
        "Visa debit",
        "Approved",
        "4456530000001005",
        ALL,
        PIN,
    ),
    (
        "mastercard",
        "Mastercard credit",
        "Approved",
        "5200000000001005",
        ALL,
        PIN,
    ),
    (
        "amex",
        "American Express",
        "Approved",
        "378282246310005",
        PLASTIC,
        PIN,
    ),
    (
        "visa-signature",
        "Visa credit with signature",
        "Approved, once the signature is accepted",
        "4111111111111111",
        OLD,
        Verification::Signature,
    ),
    (
        "declined",
        "Visa debit",
        "Declined",
        "4456530000001013",
        ALL,
        PIN,
    ),
    (
        "no-funds",
        "Mastercard debit without money",
        "Declined: insufficient funds",
        "5200000000002003",
        ALL,
        PIN,
    ),
    (
        "refund-declined",
        "Visa debit, refunds declined",
        "Approved; refunds through the API are declined",
        "4456530000002193",
        ALL,
        PIN,
    ),
    (
        "slow",
        "Visa debit, slow",
        "Approved after five seconds",
        "4456530000002151",
        ALL,
        PIN,
    ),
    (
        "answer-lost",
        "Visa debit, answer lost",
        "Approved, but no answer is heard",
        "4456530000002169",
        ALL,
        PIN,
    ),
    (
        "request-lost",
        "Visa debit, request lost",
        "Nothing is done, and no answer is heard",
        "4456530000002177",
        ALL,
        PIN,
    ),
];

/// The test cards that can be presented to card machines.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestWallet;

impl Wallet for TestWallet {
    fn cards(&self) -> Vec<WalletCard> {
        ROWS.iter().filter_map(card).collect()
    }

    fn scripted(&self, declined: bool, contactless: bool) -> Option<WalletCard> {
        self.card(match (declined, contactless) {
            (true, _) => "declined",
            (false, false) => "visa-debit",
            (false, true) => "mastercard",
        })
    }
}

fn card(row: &Row) -> Option<WalletCard> {
    let (handle, name, says, number, features, verification) = *row;
    let card = CardEntry {
        number: CardNumber::parse(number)?,
        expiry: EXPIRY,
        cv2: None,
        holder: "Test Card".to_owned(),
    };
    Some(WalletCard {
        handle,
        name,
        says,
        features,
        verification,
        card,
    })
}

/// Whether nobody verified the holder of a card that was tapped for more than
/// the limit.
pub(crate) fn is_above_limit(channel: &Channel, minor: i64) -> bool {
    let tapped = matches!(
        channel,
        Channel::InPerson(Presented {
            entry: EntryMode::Contactless,
            verification: Verification::None,
            ..
        })
    );
    tapped && minor > CONTACTLESS_LIMIT
}

/// A refund as it is put to the books: of the card, only what may be kept.
pub(crate) struct ToCard {
    pub(crate) request: CardRefund,
    masked: String,
    behaviour: Behaviour,
    at: Timestamp,
}

impl ToCard {
    /// Looks at the card and forgets its number.
    pub(crate) fn new(request: CardRefund, at: Timestamp) -> Self {
        let mut behaviour = Behaviour::of(&request.card.number);
        if request.card.expiry.is_past(at) {
            behaviour.outcome = Outcome::ExpiredCard;
        }
        if behaviour.outcome == Outcome::InsufficientFunds {
            // Money is given, not asked for.
            behaviour.outcome = Outcome::Approved;
        }
        Self {
            masked: request.card.number.masked(),
            behaviour,
            at,
            request,
        }
    }
}

/// Books a refund to a card, or repeats the answer its reference got.
pub(crate) fn refund(desk: &mut Desk<'_>, to: &ToCard) -> Heard {
    let request = &to.request;
    if let Some(entry) = desk.ledger.entry(&request.reference) {
        return Heard::Now(entry.answer);
    }
    let outcome = to.behaviour.outcome;
    if outcome == Outcome::RequestLost {
        return Heard::Never;
    }
    let answer = decide(desk, to);
    desk.ledger.book(Entry {
        scope: request.scope.clone(),
        reference: request.reference.clone(),
        operation: operation(request),
        authorization: request.authorization.clone(),
        amount: Some(request.amount),
        original: None,
        card: Some(to.masked.clone()),
        avs_result: None,
        cv2_result: None,
        at: to.at,
        answer: answer.clone(),
        opened: None,
    });
    match outcome {
        Outcome::AnswerLost => Heard::Never,
        Outcome::Slow => Heard::Later(answer),
        _ => Heard::Now(answer),
    }
}

const fn operation(request: &CardRefund) -> Operation {
    match request.authorization {
        Some(_) => Operation::Refund,
        None => Operation::Credit,
    }
}

fn decide(desk: &mut Desk<'_>, to: &ToCard) -> Answer {
    let (request, outcome) = (&to.request, to.behaviour.outcome);
    let operation = operation(request);
    let refused = |desk: &mut Desk<'_>, why: &str| declined(desk, DeclineReason::DoNotHonour, why);
    if request.amount.minor <= 0 {
        return refused(desk, "The amount must be greater than zero");
    }
    let funding = to.behaviour.funding.name();
    let answer = verdict(desk, outcome, operation, funding, None);
    let (Some(reference), Answer::Approved(_)) = (&request.authorization, &answer) else {
        return answer;
    };
    let Some(mut authorization) = desk.ledger.authorization(reference) else {
        return refused(desk, "No authorization of this reference");
    };
    match authorization
        .opened
        .balance
        .after(operation, request.amount)
    {
        Ok(balance) => {
            authorization.opened.balance = balance;
            desk.ledger.open(reference, authorization.opened);
            answer
        }
        Err(why) => refused(desk, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_of_the_wallet_is_one() {
        let cards = TestWallet.cards();
        assert_eq!(cards.len(), ROWS.len());
        for card in &cards {
            let found = TestWallet.card(card.handle).expect("it is there");
            assert_eq!(found.name, card.name);
            assert!(!card.features.is_empty() && !card.says.ends_with('.'));
        }
        for (is_declined, contactless) in [(false, false), (false, true), (true, false)] {
            let card = TestWallet.scripted(is_declined, contactless).expect("one");
            let outcome = Behaviour::of(&card.card.number).outcome;
            assert_eq!(outcome.decline().is_some(), is_declined);
        }
    }
}
