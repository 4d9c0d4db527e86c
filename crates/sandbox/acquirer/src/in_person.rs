//! Refunds to cards that a terminal read.

use tatami_core::payment_intent::DeclineReason;
use tatami_core::time::Timestamp;
use tatami_engine::ports::acquirer::CardRefund;

use crate::authorize::{Heard, declined, verdict};
use crate::books::Desk;
use crate::books::entries::{Answer, Entry, Operation};
use crate::cards::{Behaviour, Outcome};

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
    if matches!(outcome, Outcome::RequestLost | Outcome::SubmissionFails) {
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
