//! Creating a setup intent.

use super::{SetupIntent, Status, TransactionType};
use crate::Facts;
use crate::account::Scope;
use crate::id::SetupIntentId;
use crate::money::Money;
use crate::payment_intent::{AmountDraft, CaptureMode, DEFAULT_EXPIRY, Details, Rules, Session};
use crate::problem::{Refusal, Violation};
use crate::time::Timestamp;

/// The longest terms.
pub const MAX_TERMS_CHARS: usize = 10_240;

/// A setup intent as a caller asks for it.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Draft {
    pub kind: Option<TransactionType>,
    pub terms: String,
    pub capture_mode: Option<CaptureMode>,
    pub intended_amount: Option<AmountDraft>,
    pub expire_at: Option<Timestamp>,
    pub details: Details,
}

/// Every rule that a draft breaks, for a caller that has found more wrong with
/// the request than a draft can hold.
pub fn check(draft: &Draft, now: Timestamp) -> Vec<Violation> {
    checked(draft, now).1
}

fn checked(draft: &Draft, now: Timestamp) -> (Option<Money>, Vec<Violation>) {
    let mut rules = Rules::default();
    let intended = rules.money("IntendedAmount", draft.intended_amount.as_ref(), None, 1);
    if draft.kind.is_none() {
        rules.required("MerchantInitiatedTransactionType");
    }
    if draft.terms.trim().is_empty() {
        rules.required("Terms");
    } else if draft.terms.chars().count() > MAX_TERMS_CHARS {
        rules.broken("Terms", "The Terms must be at most 10240 characters long.");
    }
    if draft.capture_mode == Some(CaptureMode::Manual) {
        rules.broken(
            "CaptureMode",
            "A setup intent can only have the capture mode 'Auto'.",
        );
    }
    rules.future("ExpireAt", draft.expire_at, now);
    rules.details(&draft.details);
    (intended, rules.into_broken())
}

/// Creates a setup intent in `Created`.
///
/// # Errors
/// [`Refusal::Invalid`] with every rule that the draft breaks.
pub fn create(scope: Scope, draft: Draft, facts: &mut Facts<'_>) -> Result<SetupIntent, Refusal> {
    let (intended_amount, broken) = checked(&draft, facts.now);
    let Some(kind) = draft.kind.filter(|_| broken.is_empty()) else {
        return Err(Refusal::Invalid(broken));
    };
    let mut details = draft.details;
    details.settle_methods();
    Ok(SetupIntent {
        id: SetupIntentId::mint(scope.environment, facts),
        scope,
        status: Status::Created,
        kind,
        terms: draft.terms,
        intended_amount,
        details,
        expire_at: draft.expire_at.unwrap_or(facts.now + DEFAULT_EXPIRY),
        session: Session::open(facts),
        attempt: None,
        waiting: None,
        verification: None,
        charge: None,
        events: Vec::new(),
        created_at: facts.now,
        updated_at: facts.now,
    })
}
