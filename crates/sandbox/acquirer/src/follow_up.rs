//! Calls about an earlier authorization, and about references as such.

use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_core::payment_intent::{Approval, DeclineReason};
use tatami_core::time::Timestamp;
use tatami_engine::ports::acquirer::FollowUp;

use crate::authorize::{Heard, declined};
use crate::books::Desk;
use crate::books::authorizations::Authorization;
use crate::books::entries::{Answer, Entry, Operation};
use crate::cards::Outcome;
use crate::mint;

/// Carries out a follow-up, or repeats the answer its reference got. Some cards let
/// whoever asks for the first time wait.
pub(crate) fn follow_up(
    desk: &mut Desk<'_>,
    operation: Operation,
    request: &FollowUp,
    at: Timestamp,
) -> Heard {
    if let Some(entry) = desk.ledger.entry(&request.reference) {
        return Heard::Now(entry.answer);
    }
    let found = desk.ledger.authorization(&request.authorization);
    let is_slow = found
        .as_ref()
        .is_some_and(|authorization| authorization.opened.outcome == Outcome::SlowFollowUps);
    let (answer, card) = decide(desk, operation, request, found);
    desk.ledger.book(Entry {
        scope: request.scope.clone(),
        reference: request.reference.clone(),
        operation,
        authorization: Some(request.authorization.clone()),
        amount: Some(request.amount),
        original: None,
        card,
        avs_result: None,
        cv2_result: None,
        at,
        answer: answer.clone(),
        opened: None,
    });
    if is_slow {
        Heard::Later(answer)
    } else {
        Heard::Now(answer)
    }
}

/// Applies the acquirer's rules; the answer, and the card it is about.
fn decide(
    desk: &mut Desk<'_>,
    operation: Operation,
    request: &FollowUp,
    found: Option<Authorization>,
) -> (Answer, Option<String>) {
    let Some(mut authorization) = found else {
        let why = "No authorization of this reference";
        return (declined(desk, DeclineReason::DoNotHonour, why), None);
    };
    let card = Some(authorization.card.clone());
    let opened = &mut authorization.opened;
    let after = opened.balance.after(operation, request.amount);
    let refused = match (after, operation, opened.outcome) {
        (Err(why), _, _) => Some((DeclineReason::DoNotHonour, why)),
        (Ok(_), Operation::Increment, Outcome::IncrementDeclined) => {
            Outcome::InsufficientFunds.decline()
        }
        (Ok(_), Operation::Refund, Outcome::RefundDeclined) => Outcome::DoNotHonour.decline(),
        (Ok(balance), _, _) => {
            opened.balance = balance;
            None
        }
    };
    if let Some((reason, why)) = refused {
        return (declined(desk, reason, why), card);
    }
    if operation == Operation::Increment {
        opened.auth_code = mint::auth_code(desk.entropy);
    }
    let answer = Answer::Approved(Approval {
        transaction_id: mint::transaction_id(desk.entropy),
        auth_code: opened.auth_code.clone(),
        message: operation.done().to_owned(),
        funding: None,
        avs_result: None,
        network_reference: None,
    });
    desk.ledger
        .open(&authorization.reference, authorization.opened);
    (answer, card)
}

/// Tells what became of a reference, and makes it void if it was never seen or
/// waits for its holder: nothing on its way changes the answer any more.
pub(crate) fn resolve(
    desk: &mut Desk<'_>,
    scope: &Scope,
    reference: &AttemptId,
    at: Timestamp,
) -> Answer {
    let booked = desk.ledger.entry(reference).map(|entry| entry.answer);
    let waiting = matches!(booked, Some(Answer::Challenge { .. }));
    if let Some(answer) = booked.filter(|_| !waiting) {
        return answer;
    }
    let answer = Answer::Void {
        transaction_id: mint::transaction_id(desk.entropy),
    };
    if waiting {
        desk.ledger.conclude(reference, &answer);
        if let Some(pending) = desk.ledger.challenge_of(reference) {
            desk.ledger.forget_challenge(&pending.payload);
        }
        return answer;
    }
    desk.ledger.book(Entry {
        scope: scope.clone(),
        reference: reference.clone(),
        operation: Operation::Void,
        authorization: None,
        amount: None,
        original: None,
        card: None,
        avs_result: None,
        cv2_result: None,
        at,
        answer: answer.clone(),
        opened: None,
    });
    answer
}
