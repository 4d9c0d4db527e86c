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
use crate::books::ledger::Broken;
use crate::cards::Outcome;
use crate::mint;

/// Carries out a follow-up, or repeats the answer its reference got. Some cards let
/// whoever asks for the first time wait.
pub(crate) fn follow_up(
    desk: &mut Desk<'_>,
    operation: Operation,
    request: &FollowUp,
    at: Timestamp,
) -> Result<Heard, Broken> {
    if let Some(entry) = desk.ledger.entry(&request.scope, &request.reference)? {
        return Ok(Heard::Now(entry.answer));
    }
    let found = desk
        .ledger
        .authorization(&request.scope, &request.authorization)?;
    let is_slow = found
        .as_ref()
        .is_some_and(|authorization| authorization.outcome == Outcome::SlowFollowUps);
    let (answer, card) = decide(desk, operation, request, found)?;
    desk.ledger.book(&Entry {
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
    })?;
    Ok(if is_slow {
        Heard::Later(answer)
    } else {
        Heard::Now(answer)
    })
}

/// Applies the acquirer's rules; the answer, and the card it is about.
fn decide(
    desk: &mut Desk<'_>,
    operation: Operation,
    request: &FollowUp,
    found: Option<Authorization>,
) -> Result<(Answer, Option<String>), Broken> {
    let Some(mut authorization) = found else {
        let why = "No authorization of this reference";
        return Ok((declined(desk, DeclineReason::DoNotHonour, why), None));
    };
    let card = Some(authorization.card.clone());
    let after = authorization.balance.after(operation, request.amount);
    let refused = match (after, operation, authorization.outcome) {
        (Err(why), _, _) => Some((DeclineReason::DoNotHonour, why)),
        (Ok(_), Operation::Increment, Outcome::IncrementDeclined) => {
            Outcome::InsufficientFunds.decline()
        }
        (Ok(_), Operation::Refund, Outcome::RefundDeclined) => Outcome::DoNotHonour.decline(),
        (Ok(balance), _, _) => {
            authorization.balance = balance;
            None
        }
    };
    if let Some((reason, why)) = refused {
        return Ok((declined(desk, reason, why), card));
    }
    if operation == Operation::Increment {
        authorization.auth_code = mint::auth_code(desk.entropy);
    }
    desk.ledger.save_authorization(&authorization)?;
    let answer = Answer::Approved(Approval {
        transaction_id: mint::transaction_id(desk.entropy),
        auth_code: authorization.auth_code,
        message: operation.done().to_owned(),
        funding: None,
        avs_result: None,
        network_reference: None,
    });
    Ok((answer, card))
}

/// Tells what became of a reference, and makes it void if it was never seen or
/// waits for its holder: nothing on its way changes the answer any more.
pub(crate) fn resolve(
    desk: &mut Desk<'_>,
    scope: &Scope,
    reference: &AttemptId,
    at: Timestamp,
) -> Result<Answer, Broken> {
    let booked = desk
        .ledger
        .entry(scope, reference)?
        .map(|entry| entry.answer);
    let waiting = matches!(booked, Some(Answer::Challenge { .. }));
    if let Some(answer) = booked.filter(|_| !waiting) {
        return Ok(answer);
    }
    let answer = Answer::Void {
        transaction_id: mint::transaction_id(desk.entropy),
    };
    if waiting {
        desk.ledger.conclude(scope, reference, &answer)?;
        if let Some(pending) = desk.ledger.challenge_of(scope, reference)? {
            desk.ledger.forget_challenge(&pending.payload)?;
        }
        return Ok(answer);
    }
    desk.ledger.book(&Entry {
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
    })?;
    Ok(answer)
}
