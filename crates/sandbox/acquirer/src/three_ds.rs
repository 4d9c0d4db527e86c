//! The issuer's side of a challenge, and the payment after it.

use serde::Serialize;
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_core::money::Money;
use tatami_core::payment_intent::DeclineReason;
use tatami_core::time::Timestamp;

use crate::authorize::{declined, open, verdict};
use crate::books::Desk;
use crate::books::challenges::{Ending, Pending};
use crate::books::entries::{Answer, Entry, Operation};
use crate::mint;

/// The code that passes every challenge. The page shows it: this bank is not
/// a real one.
pub const ONE_TIME_CODE: &str = "123456";

/// What the issuer's page shows of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeView {
    /// Whose payment it is.
    pub scope: Scope,
    /// What the payer is asked to approve; none of a verification, which takes
    /// nothing.
    pub amount: Option<Money>,
    /// The masked card number.
    pub card: String,
    /// The acquirer's transaction id (`md` to existing clients).
    pub transaction_id: String,
    /// Whether the payer has decided.
    pub state: ChallengeState,
    /// The code to type.
    pub code_hint: &'static str,
}

/// Where a challenge stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChallengeState {
    /// The payer has yet to decide.
    Waiting {
        /// How many codes they may still try.
        left: u8,
    },
    /// The payer decided and came back to the page; they are to go on to the
    /// shop with this.
    Decided {
        /// The proof (`paRes`).
        proof: String,
    },
}

/// What the payer does at the issuer's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Says that it is they who pay.
    Approve {
        /// The one-time code as typed.
        code: String,
    },
    /// Says that it is not.
    Refuse,
    /// Goes back to the shop.
    Cancel,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Decided {
    /// The challenge is over: the payer goes back to the shop with this proof
    /// (`paRes`), whichever way it went.
    Proof(String),
    WrongCode {
        /// How many codes they may still try.
        left: u8,
    },
    /// There is no such challenge, or its payment is concluded.
    Gone,
}

/// What the issuer's page shows.
pub(crate) fn view(desk: &mut Desk<'_>, payload: &str) -> Option<ChallengeView> {
    let pending = desk.ledger.challenge(payload)?;
    let entry = desk.ledger.entry(&pending.reference)?;
    match entry.answer {
        Answer::Challenge { transaction_id, .. } => Some(ChallengeView {
            scope: entry.scope,
            amount: entry.amount,
            card: entry.card?,
            transaction_id,
            state: match pending.ended {
                Some((_, proof)) => ChallengeState::Decided { proof },
                None => ChallengeState::Waiting {
                    left: pending.tries_left,
                },
            },
            code_hint: ONE_TIME_CODE,
        }),
        Answer::Approved(_) | Answer::Declined(_) | Answer::Void { .. } => None,
    }
}

/// Writes what the payer decided.
pub(crate) fn decide(desk: &mut Desk<'_>, payload: &str, decision: &Decision) -> Decided {
    let Some(mut pending) = desk.ledger.challenge(payload) else {
        return Decided::Gone;
    };
    if let Some((_, proof)) = pending.ended {
        return Decided::Proof(proof);
    }
    let Some(ending) = ending(&mut pending, decision) else {
        let left = pending.tries_left;
        desk.ledger.save_challenge(pending);
        return Decided::WrongCode { left };
    };
    let proof = mint::token(desk.entropy);
    pending.ended = Some((ending, proof.clone()));
    desk.ledger.save_challenge(pending);
    Decided::Proof(proof)
}

/// How the challenge ends by that decision; `None` if the payer may try again.
fn ending(pending: &mut Pending, decision: &Decision) -> Option<Ending> {
    if pending.forced.is_some() {
        return pending.forced;
    }
    match decision {
        Decision::Refuse => Some(Ending::Refused),
        Decision::Cancel => Some(Ending::Cancelled),
        Decision::Approve { code } if code.trim() == ONE_TIME_CODE => Some(Ending::Passed),
        Decision::Approve { .. } => {
            pending.tries_left = pending.tries_left.saturating_sub(1);
            (pending.tries_left == 0).then_some(Ending::Failed)
        }
    }
}

/// Goes on with a payment after its challenge, or repeats its final answer.
pub(crate) fn complete(
    desk: &mut Desk<'_>,
    scope: &Scope,
    reference: &AttemptId,
    proof: &str,
    at: Timestamp,
) -> Answer {
    let Some(mut entry) = desk.ledger.entry(reference) else {
        return never_asked(desk, scope, reference, at);
    };
    if !matches!(entry.answer, Answer::Challenge { .. }) {
        return entry.answer;
    }
    let pending = desk.ledger.challenge_of(reference);
    entry.answer = match &pending {
        Some(pending) => judged(desk, pending, proof, &entry),
        None => declined(desk, DeclineReason::NotAuthenticated, "Not authenticated"),
    };
    desk.ledger.conclude(reference, &entry.answer);
    if let Some(pending) = pending {
        open(desk, &entry, pending.outcome);
        desk.ledger.forget_challenge(&pending.payload);
    }
    entry.answer
}

fn judged(desk: &mut Desk<'_>, pending: &Pending, proof: &str, entry: &Entry) -> Answer {
    let ending = pending
        .ended
        .as_ref()
        .filter(|(_, issued)| issued == proof)
        .map(|(ending, _)| *ending);
    let why = match ending {
        Some(Ending::Passed) => {
            let avs = entry.avs_result.clone();
            return verdict(
                desk,
                pending.outcome,
                entry.operation,
                &pending.funding,
                avs,
            );
        }
        Some(Ending::Refused) => "The card holder refused the payment",
        Some(Ending::Cancelled) => "Authentication was cancelled",
        Some(Ending::Failed) => "Authentication failed",
        Some(Ending::Abandoned) => "Authentication was abandoned",
        None => "Not authenticated",
    };
    let reason = match ending {
        Some(Ending::Cancelled | Ending::Abandoned) => DeclineReason::ChallengeLeft,
        _ => DeclineReason::NotAuthenticated,
    };
    declined(desk, reason, why)
}

/// Books the completion of a payment nobody asked for, so that a request that
/// comes late finds the same answer.
fn never_asked(desk: &mut Desk<'_>, scope: &Scope, reference: &AttemptId, at: Timestamp) -> Answer {
    let why = "No payment of this reference waits for authentication";
    let answer = declined(desk, DeclineReason::NotAuthenticated, why);
    desk.ledger.book(Entry {
        scope: scope.clone(),
        reference: reference.clone(),
        operation: Operation::Authorize,
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
