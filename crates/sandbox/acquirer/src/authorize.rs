//! Authorizing: what a card gets for an answer.

use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_core::money::Money;
use tatami_core::payment_intent::{Approval, Decline, DeclineReason};
use tatami_core::time::Timestamp;
use tatami_engine::ports::acquirer::{Authentication, Authorize, Channel, Verify};

use crate::books::authorizations::Opened;
use crate::books::balance::Balance;
use crate::books::challenges::{CODE_TRIES, Ending, Pending};
use crate::books::entries::{Answer, Entry, Operation};
use crate::books::{About, Desk};
use crate::cards::{Behaviour, Outcome, ThreeDs};
use crate::faults::Fault;
use crate::{checks, mint};

/// What the merchant's own 3-D Secure says of a holder who did not pass it.
const FAILED_ECI: [&str; 2] = ["00", "07"];

/// A payment as it is put to the books: of the card, only what may be kept.
#[derive(Clone)]
pub(crate) struct Presented {
    pub(crate) scope: Scope,
    pub(crate) reference: AttemptId,
    operation: Operation,
    /// None of a verification.
    amount: Option<Money>,
    /// The network reference that a merchant-initiated payment names.
    original: Option<String>,
    masked: String,
    behaviour: Behaviour,
    avs_result: Option<&'static str>,
    cv2_result: &'static str,
    pub(crate) at: Timestamp,
}

/// How an authorization reaches whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// At once.
    Now(Answer),
    /// After a while.
    Later(Answer),
    /// Not at all.
    Never,
}

impl Presented {
    pub(crate) fn payment(request: Authorize, now: Timestamp) -> Self {
        let above_limit = checks::is_above_limit(&request.channel, request.amount.minor);
        let (three_ds, original) = match request.channel {
            Channel::InPerson(_) | Channel::Moto => (false, None),
            Channel::Ecommerce { three_ds } => (three_ds, None),
            Channel::MerchantInitiated { original } => (false, Some(original)),
        };
        let operation = if request.capture {
            Operation::Charge
        } else {
            Operation::Authorize
        };
        let question = Verify {
            scope: request.scope,
            merchant: request.merchant,
            reference: request.reference,
            card: request.card,
            address: request.address,
            three_ds,
            authentication: request.authentication,
        };
        let mut presented = Self {
            operation,
            amount: Some(request.amount),
            original,
            ..Self::of(question, now)
        };
        if above_limit {
            presented.behaviour.outcome = Outcome::DoNotHonour;
        }
        presented
    }

    pub(crate) fn card(request: Verify, now: Timestamp) -> Self {
        let failed = |a: &Authentication| FAILED_ECI.contains(&a.eci.as_str());
        let failed = request.authentication.as_ref().is_some_and(failed);
        let mut presented = Self::of(request, now);
        if failed {
            presented.behaviour.three_ds = ThreeDs::FrictionlessFailed;
        }
        if presented.behaviour.outcome == Outcome::InsufficientFunds {
            // Nothing is asked for that could be missing.
            presented.behaviour.outcome = Outcome::Approved;
        }
        presented
    }

    /// Looks at the card and forgets its number.
    fn of(request: Verify, now: Timestamp) -> Self {
        let card = &request.card;
        let mut behaviour = Behaviour::of(&card.number);
        if card.expiry.is_past(now) {
            behaviour.outcome = Outcome::ExpiredCard;
            behaviour.three_ds = ThreeDs::NotEnrolled;
        }
        if !request.three_ds {
            behaviour.three_ds = ThreeDs::NotEnrolled;
        }
        Self {
            masked: card.number.masked(),
            avs_result: checks::address(request.address.as_ref(), behaviour.outcome),
            cv2_result: checks::cv2(card.cv2.is_some(), behaviour.outcome),
            scope: request.scope,
            reference: request.reference,
            operation: Operation::Verify,
            amount: None,
            original: None,
            behaviour,
            at: now,
        }
    }

    /// What it is about in the books.
    pub(crate) fn about(&self) -> About<'_> {
        match self.amount {
            Some(_) => About::payment(&self.scope, &self.reference),
            None => About::new(&self.scope, &self.reference, None),
        }
    }

    /// The same, with the fault that was set for the next payment.
    fn with(&self, fault: Option<Fault>) -> Self {
        let mut presented = self.clone();
        if let Some(fault) = fault {
            presented.behaviour.outcome = fault.outcome();
        }
        presented
    }

    fn entry(&self, answer: Answer) -> Entry {
        Entry {
            scope: self.scope.clone(),
            reference: self.reference.clone(),
            operation: self.operation,
            authorization: self.amount.map(|_| self.reference.clone()),
            amount: self.amount,
            original: self.original.clone(),
            card: Some(self.masked.clone()),
            avs_result: self.avs_result.map(str::to_owned),
            cv2_result: Some(self.cv2_result.to_owned()),
            at: self.at,
            answer,
            opened: None,
        }
    }
}

/// Books an authorization or a verification, or repeats the answer its reference got.
pub(crate) fn authorize(desk: &mut Desk<'_>, request: &Presented) -> Heard {
    if let Some(entry) = desk.ledger.entry(&request.reference) {
        return Heard::Now(entry.answer);
    }
    let request = &request.with(desk.ledger.fault());
    desk.ledger.set_fault(None);
    let outcome = request.behaviour.outcome;
    if matches!(outcome, Outcome::RequestLost | Outcome::SubmissionFails) {
        return Heard::Never;
    }
    let answer = decide(desk, request);
    let entry = request.entry(answer);
    desk.ledger.book(entry.clone());
    open(desk, &entry, outcome);
    match outcome {
        Outcome::AnswerLost => Heard::Never,
        Outcome::Slow => Heard::Later(entry.answer),
        _ => Heard::Now(entry.answer),
    }
}

fn decide(desk: &mut Desk<'_>, request: &Presented) -> Answer {
    if request.amount.is_some_and(|amount| amount.minor <= 0) {
        let why = "The amount must be greater than zero";
        return declined(desk, DeclineReason::DoNotHonour, why);
    }
    match request.behaviour.three_ds {
        ThreeDs::Frictionless | ThreeDs::NotEnrolled => {
            let behaviour = request.behaviour;
            let avs = request.avs_result.map(str::to_owned);
            let funding = behaviour.funding.name();
            verdict(desk, behaviour.outcome, request.operation, funding, avs)
        }
        ThreeDs::FrictionlessFailed => declined(
            desk,
            DeclineReason::NotAuthenticated,
            "Authentication failed",
        ),
        ThreeDs::Challenge => challenge(desk, request, None),
        ThreeDs::ChallengeFails => challenge(desk, request, Some(Ending::Failed)),
        ThreeDs::ChallengeAbandoned => challenge(desk, request, Some(Ending::Abandoned)),
    }
}

/// The issuer's word, once 3-D Secure is done with.
pub(crate) fn verdict(
    desk: &mut Desk<'_>,
    outcome: Outcome,
    operation: Operation,
    funding: &str,
    avs_result: Option<String>,
) -> Answer {
    if let Some((reason, message)) = outcome.decline() {
        return declined(desk, reason, message);
    }
    Answer::Approved(Approval {
        transaction_id: mint::transaction_id(desk.entropy),
        auth_code: mint::auth_code(desk.entropy),
        message: operation.done().to_owned(),
        funding: Some(funding.to_owned()),
        avs_result,
        network_reference: Some(mint::network_reference(desk.entropy)),
    })
}

/// A refusal, with a transaction id of its own.
pub(crate) fn declined(desk: &mut Desk<'_>, reason: DeclineReason, message: &str) -> Answer {
    Answer::Declined(Decline {
        reason,
        message: message.to_owned(),
        transaction_id: mint::transaction_id(desk.entropy),
    })
}

/// Opens the account of an approved authorization.
pub(crate) fn open(desk: &mut Desk<'_>, entry: &Entry, outcome: Outcome) {
    let (Answer::Approved(approval), Some(amount)) = (&entry.answer, entry.amount) else {
        return;
    };
    let opened = Opened {
        outcome,
        auth_code: approval.auth_code.clone(),
        balance: Balance::new(amount, entry.operation == Operation::Charge),
    };
    desk.ledger.open(&entry.reference, opened);
}

fn challenge(desk: &mut Desk<'_>, request: &Presented, forced: Option<Ending>) -> Answer {
    let payload = mint::token(desk.entropy);
    let pending = Pending {
        payload: payload.clone(),
        scope: request.scope.clone(),
        reference: request.reference.clone(),
        outcome: request.behaviour.outcome,
        funding: request.behaviour.funding.name().to_owned(),
        forced,
        tries_left: CODE_TRIES,
        ended: None,
    };
    desk.ledger.save_challenge(pending);
    Answer::Challenge {
        transaction_id: mint::transaction_id(desk.entropy),
        payload,
    }
}
