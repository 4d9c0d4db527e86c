//! Attempts: calls to the acquirer, written down before they are made.

use serde::{Deserialize, Serialize};

use super::{
    Authorization, AutoExpireAction, Capture, CaptureMode, Challenge, Choice, Decision, InPerson,
    PaidWith, PaymentEventKind, PaymentIntent, Refund, Reversal, Session, Status,
};
use crate::Facts;
use crate::card::CardSummary;
use crate::event::EventType;
use crate::id::{AttemptId, CaptureId, RefundId, ReversalId, SavedCardId, SetupIntentId};
use crate::money::Money;
use crate::problem::Refusal;
use crate::saved_card::Keeping;
use crate::terminal::Verification;
use crate::time::{SignedDuration, Timestamp};

/// How long an attempt may stay open before somebody asks what became of it.
pub const SETTLE_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// The request that an attempt answers: its idempotency key, kept with the
/// attempt so that recovery can store the answer the caller never got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRef {
    /// The caller's key.
    pub key: String,
    /// What the request was, digested.
    pub fingerprint: String,
    /// The API version the answer is to be written in.
    pub version: String,
}

/// One call to the acquirer whose outcome is not yet written.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The reference the acquirer knows the call by.
    pub id: AttemptId,
    /// What was asked.
    pub kind: AttemptKind,
    /// When.
    pub started_at: Timestamp,
    /// When somebody asks what became of it.
    pub settle_at: Timestamp,
    /// Who waits for the answer.
    pub request: Option<RequestRef>,
    /// How the card was presented, if to a card machine.
    pub in_person: Option<InPerson>,
}

/// What an attempt asks of the acquirer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are named after what they become")]
pub enum AttemptKind {
    /// Authorize the whole, capturing it at once in `Auto` mode.
    Pay {
        amount: Money,
        card: CardSummary,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keeping: Option<Keeping>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choice: Option<Choice>,
    },
    /// Charge the whole to the card of a setup intent.
    Charge {
        amount: Money,
        card: CardSummary,
        setup_intent: SetupIntentId,
    },
    /// Raise the authorized amount.
    Increment {
        amount: Money,
        tips: Option<Money>,
        additional: Money,
    },
    /// Take part or all of what is held.
    Capture {
        id: CaptureId,
        amount: i64,
        tips: Option<i64>,
    },
    /// Give money back.
    Refund {
        id: RefundId,
        amount: i64,
        reason: Option<String>,
        notes: Option<String>,
    },
    /// Undo the payment.
    Reverse { id: ReversalId },
    /// Let go of what is still held after a part was captured.
    Release,
    /// Undo a payment whose signature was rejected.
    TakeBack,
}

/// The name of an attempt's operation, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operation {
    Pay,
    Charge,
    Increment,
    Capture,
    Refund,
    Reverse,
    Release,
    TakeBack,
}

impl Operation {
    /// The operation as one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Charge => "charge",
            Self::Increment => "increment",
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Reverse => "reverse",
            Self::Release => "release",
            Self::TakeBack => "take-back",
        }
    }
}

impl Attempt {
    /// What the payer chose to pay, if not what was asked for.
    pub(super) fn choice(&self) -> Option<Choice> {
        match self.kind {
            AttemptKind::Pay { choice, .. } => choice,
            _ => None,
        }
    }
}

impl AttemptKind {
    /// Which operation it is.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Pay { .. } => Operation::Pay,
            Self::Charge { .. } => Operation::Charge,
            Self::Increment { .. } => Operation::Increment,
            Self::Capture { .. } => Operation::Capture,
            Self::Refund { .. } => Operation::Refund,
            Self::Reverse { .. } => Operation::Reverse,
            Self::Release => Operation::Release,
            Self::TakeBack => Operation::TakeBack,
        }
    }
}

#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The acquirer's transaction id.
    pub transaction_id: String,
    /// The approval code.
    pub auth_code: String,
    /// The acquirer's word for it (`DEPOSITED`).
    pub message: String,
    /// `Credit`, `Debit`, … if the acquirer says.
    pub funding: Option<String>,
    /// The address check's result, in the contract's words.
    pub avs_result: Option<String>,
    /// The card scheme's reference of the payment, which later payments with the
    /// same card name.
    pub network_reference: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// Why.
    pub reason: DeclineReason,
    /// The acquirer's words.
    pub message: String,
    /// The acquirer's transaction id.
    pub transaction_id: String,
}

/// Why a payment was declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field's own terms")]
pub enum DeclineReason {
    DoNotHonour,
    InsufficientFunds,
    ExpiredCard,
    LostOrStolen,
    /// The issuer wants to speak to the holder first.
    Referred,
    Cv2Mismatch,
    AddressMismatch,
    IssuerUnavailable,
    InvalidCard,
    /// The acquirer takes it for one that was made already.
    Duplicate,
    /// The acquirer could not carry it out.
    Failed,
    NotAuthenticated,
    /// The card holder left the issuer's page without an answer.
    ChallengeLeft,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Approved(Approval),
    /// It was refused.
    Declined(Decline),
    /// The payer must prove who they are first; no money has moved.
    Challenged(Challenge),
    /// It never happened and never will.
    NotDone,
}

/// The card of the vault that a payment was tried with.
fn kept(keeping: Option<&Keeping>) -> Option<SavedCardId> {
    match keeping {
        Some(Keeping::Kept(id)) => Some(id.clone()),
        Some(Keeping::Keep(_)) | None => None,
    }
}

impl PaymentIntent {
    pub(super) fn attempt(
        &self,
        kind: AttemptKind,
        request: Option<RequestRef>,
        facts: &mut Facts<'_>,
    ) -> Decision {
        let mut intent = self.changed(facts.now);
        intent.attempt = Some(Box::new(Attempt {
            id: AttemptId::mint(self.scope.environment, facts),
            kind,
            started_at: facts.now,
            settle_at: facts.now + SETTLE_AFTER,
            request,
            in_person: None,
        }));
        Decision::of(intent)
    }

    /// Writes what became of the open attempt.
    ///
    /// # Errors
    /// If no attempt of that id is open: somebody else wrote its outcome.
    pub fn conclude(
        &self,
        id: &AttemptId,
        outcome: Outcome,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        let mut intent = self.changed(facts.now);
        let attempt = match intent.attempt.take() {
            Some(attempt) if attempt.id == *id => attempt,
            _ => {
                return Err(Refusal::Conflict(
                    "The result of this operation is already recorded.".to_owned(),
                ));
            }
        };
        Ok(match outcome {
            Outcome::Approved(approval) => intent.approved(*attempt, approval, facts),
            Outcome::Declined(decline) => intent.declined(&attempt, &decline, facts),
            Outcome::Challenged(challenge) => intent.challenged(&attempt, challenge, facts),
            Outcome::NotDone => intent.not_done(&attempt, facts),
        })
    }

    fn approved(mut self, attempt: Attempt, approval: Approval, facts: &mut Facts<'_>) -> Decision {
        let now = facts.now;
        let note = |intent: &mut Self, kind| {
            intent.record(kind, &approval.transaction_id, &approval.auth_code, now)
        };
        let keeping = attempt.keeping().cloned();
        self.chose(attempt.choice());
        match attempt.kind {
            AttemptKind::Pay { amount, card, .. } | AttemptKind::Charge { amount, card, .. } => {
                match attempt.in_person {
                    Some(way) if way.verification == Verification::Signature => {
                        self.sign(attempt.id, amount, card, approval, way)
                    }
                    way => {
                        let with = PaidWith { card, keeping };
                        self.paid(attempt.id, amount, with, approval, way, facts)
                    }
                }
            }
            AttemptKind::Increment {
                amount,
                tips,
                additional,
            } => {
                if let Some(authorization) = &mut self.authorization {
                    let first = authorization.amount;
                    authorization.first_amount.get_or_insert(first);
                    authorization.amount.minor += additional.minor;
                    authorization.auth_code.clone_from(&approval.auth_code);
                }
                self.requested_amount.get_or_insert(self.amount);
                (self.amount, self.tips) = (amount, tips);
                self.session = Session::open(facts);
                note(&mut self, PaymentEventKind::Authorized);
                Decision::of(self)
            }
            AttemptKind::Capture { id, amount, tips } => {
                let capture = Capture {
                    id,
                    amount,
                    tips,
                    at: now,
                };
                self.took(capture, &approval, facts)
            }
            AttemptKind::Refund {
                id,
                amount,
                reason,
                notes,
            } => {
                self.refunds.push(Refund {
                    id,
                    amount,
                    reason,
                    notes,
                    at: now,
                });
                note(&mut self, PaymentEventKind::Refunded);
                if self.refunded() == self.captured() {
                    self.status = Status::Refunded;
                    return Decision::of(self).with_status_event(facts);
                }
                Decision::of(self)
            }
            AttemptKind::Reverse { id } => {
                self.reversal = Some(Reversal { id, at: now });
                self.status = Status::Reversed;
                note(&mut self, PaymentEventKind::Reversed);
                Decision::of(self).with_status_event(facts)
            }
            AttemptKind::Release => {
                if let Some(authorization) = &mut self.authorization {
                    authorization.released = true;
                }
                note(&mut self, PaymentEventKind::Released);
                Decision::of(self)
            }
            AttemptKind::TakeBack => self.taken_back(&approval, facts),
        }
    }

    pub(super) fn paid(
        mut self,
        reference: AttemptId,
        amount: Money,
        PaidWith { card, keeping }: PaidWith,
        approval: Approval,
        in_person: Option<InPerson>,
        facts: &mut Facts<'_>,
    ) -> Decision {
        let now = facts.now;
        let manual = self.capture_mode == CaptureMode::Manual;
        let hold = self
            .auto_expire_in
            .map_or(super::DEFAULT_HOLD, crate::time::TimeSpan::length);
        let hold_until = manual.then(|| now + hold);
        self.status = if manual {
            Status::Authorized
        } else {
            Status::Captured
        };
        self.challenge = None;
        self.session.used = true;
        if let Some(tip) = in_person.as_ref().and_then(|way| way.tip) {
            let before = self.tips.map_or(0, |tips| tips.minor);
            self.tips = Some(Money {
                minor: before.saturating_add(tip.minor),
                ..tip
            });
        }
        self.authorization = Some(Box::new(Authorization {
            reference,
            amount,
            first_amount: None,
            transaction_id: approval.transaction_id.clone(),
            auth_code: approval.auth_code.clone(),
            message: approval.message,
            card: CardSummary {
                funding: approval.funding.unwrap_or_else(|| card.funding.clone()),
                ..card
            },
            payment_method: keeping.map(|keeping| keeping.id().clone()),
            avs_result: approval.avs_result,
            network_reference: approval.network_reference,
            at: now,
            hold_until,
            end_hold_at: hold_until,
            released: false,
            in_person,
        }));
        let kind = if manual {
            PaymentEventKind::Authorized
        } else {
            PaymentEventKind::Captured
        };
        self.record(kind, &approval.transaction_id, &approval.auth_code, now);
        let email = self
            .details
            .customer
            .as_ref()
            .and_then(|c| c.email_address.clone());
        let decision = Decision::of(self).with_status_event(facts);
        match email.filter(|e| !e.is_empty()) {
            Some(email) => decision.receipt(vec![email], facts),
            None => decision,
        }
    }

    fn declined(mut self, attempt: &Attempt, decline: &Decline, facts: &mut Facts<'_>) -> Decision {
        if attempt.kind == AttemptKind::TakeBack {
            return self.not_taken_back(&decline.transaction_id, facts);
        }
        let keeping = attempt.keeping();
        if let AttemptKind::Pay { amount, card, .. } | AttemptKind::Charge { amount, card, .. } =
            &attempt.kind
        {
            self.challenge = None;
            self.payment_events.push(super::PaymentEvent {
                kind: PaymentEventKind::Declined,
                transaction_id: decline.transaction_id.clone(),
                auth_code: String::new(),
                amount: Some(*amount),
                card: Some(card.clone()),
                payment_method: kept(keeping),
                at: facts.now,
            });
        } else {
            self.record(
                PaymentEventKind::Failed,
                &decline.transaction_id,
                "",
                facts.now,
            );
        }
        self.after_failure(attempt, facts.now)
    }

    fn not_done(mut self, attempt: &Attempt, facts: &mut Facts<'_>) -> Decision {
        if matches!(
            attempt.kind,
            AttemptKind::Pay { .. } | AttemptKind::Charge { .. }
        ) {
            self.challenge = None;
        }
        self.tell_not_made(attempt, facts.now);
        self.after_failure(attempt, facts.now)
    }

    /// A hold that is over and could not be ended is ended later. What failed beside
    /// that does not put it off.
    fn after_failure(mut self, attempt: &Attempt, now: Timestamp) -> Decision {
        let beside = matches!(
            attempt.kind,
            AttemptKind::Refund { .. } | AttemptKind::Increment { .. } | AttemptKind::TakeBack
        );
        if let Some(authorization) = &mut self.authorization
            && authorization.hold_until.is_some_and(|until| until <= now)
            && !beside
        {
            authorization.end_hold_at = Some(now + SETTLE_AFTER);
        }
        Decision::of(self)
    }

    /// What happens when it is due and no attempt is open.
    pub fn come_due(&self, facts: &mut Facts<'_>) -> Option<Decision> {
        match self.status {
            Status::Created => self.expire(facts),
            _ => self.end_hold(facts),
        }
    }

    /// Lets the open attempt wait longer for its outcome.
    pub fn ask_later(&self, now: Timestamp) -> Decision {
        let mut intent = self.clone();
        if let Some(attempt) = &mut intent.attempt {
            attempt.settle_at = now + SETTLE_AFTER;
        }
        Decision::of(intent)
    }

    fn challenged(
        mut self,
        attempt: &Attempt,
        mut challenge: Challenge,
        facts: &mut Facts<'_>,
    ) -> Decision {
        challenge.choice = attempt.choice();
        // One that is still there was resumed: this goes on with it.
        let begun = self.challenge.take().and_then(|c| c.session);
        challenge.session = begun.or_else(|| Some(self.session.nonce.clone()));
        self.payment_events.push(super::PaymentEvent {
            kind: PaymentEventKind::AuthChallenged,
            transaction_id: challenge.transaction_id.clone(),
            auth_code: String::new(),
            amount: None,
            card: Some(challenge.card.clone()),
            payment_method: kept(challenge.keeping.as_ref()),
            at: facts.now,
        });
        self.challenge = Some(Box::new(challenge));
        Decision::of(self)
    }

    /// What happens when the hold of a manual authorization is over, or `None` if
    /// nothing is held. The merchant's choice is about a payment of which nothing
    /// was captured: after a capture the rest is only ever let go.
    pub fn end_hold(&self, facts: &mut Facts<'_>) -> Option<Decision> {
        let authorization = self.authorization.as_ref()?;
        let over = authorization
            .hold_until
            .is_some_and(|until| until <= facts.now);
        let held = self.held();
        if !over || held == 0 || self.attempt.is_some() {
            return None;
        }
        let kind = match (self.status, self.auto_expire_action) {
            (Status::Created | Status::Canceled | Status::Reversed, _) => return None,
            (Status::Authorized, Some(AutoExpireAction::Capture)) => AttemptKind::Capture {
                id: CaptureId::mint(self.scope.environment, facts),
                amount: held,
                tips: None,
            },
            (Status::Authorized, Some(AutoExpireAction::Release) | None) => AttemptKind::Reverse {
                id: ReversalId::mint(self.scope.environment, facts),
            },
            (Status::Captured | Status::Refunded, _) => AttemptKind::Release,
        };
        let mut decision = self.attempt(kind, None, facts);
        if let Some(authorization) = &mut decision.intent_mut().authorization {
            authorization.end_hold_at = Some(facts.now + SETTLE_AFTER);
        }
        Some(decision)
    }

    /// Takes in a capture. From the first that names tips on, the intent has the
    /// tips that were taken and not those that were asked for. A capture that is the
    /// last ends the hold.
    fn took(mut self, capture: Capture, approval: &Approval, facts: &mut Facts<'_>) -> Decision {
        self.captures.push(capture);
        let tips: Vec<i64> = self.captures.iter().filter_map(|c| c.tips).collect();
        if !tips.is_empty() {
            self.tips = Some(Money {
                minor: tips.iter().sum(),
                ..self.amount
            });
        }
        let before = std::mem::replace(&mut self.status, Status::Captured);
        let is_last = self.capturable() == 0;
        if let Some(authorization) = &mut self.authorization {
            "DEPOSITED".clone_into(&mut authorization.message);
            if is_last {
                authorization.hold_until = Some(facts.now);
                authorization.end_hold_at = Some(facts.now);
            }
        }
        self.record(
            PaymentEventKind::Captured,
            &approval.transaction_id,
            &approval.auth_code,
            facts.now,
        );
        let decision = Decision::of(self);
        match before {
            Status::Captured => decision,
            _ => decision.with_status_event(facts),
        }
    }
}

impl Decision {
    pub(super) fn with_status_event(self, facts: &mut Facts<'_>) -> Self {
        self.with_event(EventType::PAYMENT_INTENT_STATUS_UPDATED, facts)
    }

    pub(super) fn receipt(mut self, to: Vec<String>, facts: &mut Facts<'_>) -> Self {
        let sent = self.intent.receipts_sent_today(facts.now);
        self.intent_mut().receipts_sent = Some(sent.and(to.len()));
        self.receipts.extend(to);
        self.with_event(EventType::PAYMENT_INTENT_SEND_RECEIPT, facts)
    }
}
