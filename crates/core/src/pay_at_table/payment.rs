//! Parts of an order: payments that are to be recorded at its POS.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::schedule::{GIVEN_BACK_AFTER, wait_after};
use super::{ChosenItem, Part};
use crate::account::Scope;
use crate::id::{PaymentIntentId, TerminalId};
use crate::money::Money;
use crate::payment_intent::{PaymentIntent, SETTLE_AFTER, Status};
use crate::time::{SignedDuration, Timestamp};

/// How long after its time a payment intent that nobody paid is looked at.
const LOOKED_AT_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// Who pays a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartPayer {
    /// A person at a card machine.
    Machine(TerminalId),
    /// A guest on a phone.
    Guest,
}

/// Where a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartStage {
    /// It is not paid yet.
    Waiting,
    /// It is paid, and the POS has not said that it recorded that.
    Recording,
    /// The POS recorded it.
    Recorded,
    /// It is paid, and is to be given back.
    GivingBack,
    /// It was given back.
    GivenBack,
    /// Nobody paid it.
    Dropped,
    /// It is paid, and the POS refused it after it may have recorded it; which it did
    /// cannot be asked.
    Uncertain,
}

impl PartStage {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Recording,
        Self::Recorded,
        Self::GivingBack,
        Self::GivenBack,
        Self::Dropped,
        Self::Uncertain,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Recording => "recording",
            Self::Recorded => "recorded",
            Self::GivingBack => "givingBack",
            Self::GivenBack => "givenBack",
            Self::Dropped => "dropped",
            Self::Uncertain => "uncertain",
        }
    }
}

/// What a part is made of.
#[derive(Clone, Debug)]
pub struct NewPart {
    /// Whose order it is.
    pub scope: Scope,
    /// The software house whose POS has the order.
    pub house: String,
    /// The order, by its id at the POS.
    pub order_id: String,
    /// The document of the order.
    pub order: String,
    /// Who pays it.
    pub payer: PartPayer,
    /// The waiter, if one was typed.
    pub waiter_id: Option<String>,
    /// The lock that the order is under.
    pub lock_id: Option<String>,
    /// How much.
    pub part: Part,
}

/// One part of an order: a payment intent, and what the POS knows of it.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePayment {
    id: String,
    pub scope: Scope,
    /// The software house whose POS has the order.
    pub house: String,
    /// The order, by its id at the POS.
    pub order_id: String,
    /// The document of the order.
    pub order: String,
    pub intent: PaymentIntentId,
    pub payer: PartPayer,
    /// The waiter, if one was typed.
    pub waiter_id: Option<String>,
    /// What is paid of the order.
    pub amount: Money,
    /// The tip.
    pub tip: Option<Money>,
    /// The items that are paid, if it is by items.
    pub items: Vec<ChosenItem>,
    /// The equal split that it is of.
    pub split: Option<u32>,
    /// The lock that the order was under.
    pub lock_id: Option<String>,
    pub stage: PartStage,
    /// Whether the POS may have recorded it without saying so.
    pub unanswered: bool,
    /// How often the POS was asked.
    pub tries: u32,
    /// When it is to be looked at.
    pub look_at: Option<Timestamp>,
    /// Until when a node waits for the answer to a request about it.
    pub asked_until: Option<Timestamp>,
    pub paid_at: Option<Timestamp>,
    /// Whether the acquirer declined to reverse it.
    pub reversal_declined: bool,
    /// What the POS said last, for staff.
    pub message: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What is to be done about a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Look whether its payment intent is paid, or ever will be.
    Look,
    /// Ask the POS to record it.
    Record,
    /// Its time is over: give it back unless the POS knows it.
    GiveUp,
    /// Give it back.
    GiveBack,
}

impl TablePayment {
    /// A part that is to be paid by that payment intent.
    pub fn new(new: NewPart, intent: &PaymentIntent, now: Timestamp) -> Self {
        Self {
            id: Self::id_of(&intent.id),
            scope: new.scope,
            house: new.house,
            order_id: new.order_id,
            order: new.order,
            intent: intent.id.clone(),
            payer: new.payer,
            waiter_id: new.waiter_id,
            amount: new.part.amount,
            tip: new.part.tip,
            items: new.part.items,
            split: new.part.split.map(|split| split.number),
            lock_id: new.lock_id,
            stage: PartStage::Waiting,
            unanswered: false,
            tries: 0,
            look_at: Some(intent.expire_at + LOOKED_AT_AFTER),
            asked_until: None,
            paid_at: None,
            reversal_declined: false,
            message: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The id of the part that a payment intent pays: no two documents have one id.
    pub fn id_of(intent: &PaymentIntentId) -> String {
        format!("part_of_{intent}")
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn due_at(&self) -> Option<Timestamp> {
        match (self.asked_until, self.look_at) {
            (Some(asked), Some(look)) => Some(asked.max(look)),
            (_, look) => look,
        }
    }

    fn enter(&mut self, stage: PartStage, look_at: Option<Timestamp>, now: Timestamp) {
        self.stage = stage;
        self.look_at = look_at;
        self.asked_until = None;
        self.updated_at = now;
    }

    /// Its payment intent changed. Whether that changes anything.
    pub fn follow(&mut self, intent: &PaymentIntent, now: Timestamp) -> bool {
        let (stage, look_at) = match (self.stage, intent.status) {
            (PartStage::Waiting, Status::Captured | Status::Authorized) => {
                self.amount = intent.amount;
                self.tip = intent.tips.filter(|tip| tip.minor > 0);
                self.paid_at = Some(now);
                (PartStage::Recording, Some(now))
            }
            (PartStage::Waiting, Status::Canceled) => (PartStage::Dropped, None),
            (
                PartStage::Waiting
                | PartStage::Recording
                | PartStage::GivingBack
                | PartStage::Uncertain,
                Status::Reversed | Status::Refunded,
            ) => (PartStage::GivenBack, None),
            _ => return false,
        };
        self.tries = 0;
        self.enter(stage, look_at, now);
        true
    }

    /// What is to be done now, if anything is. Notes that it is being done.
    pub fn next_step(&mut self, now: Timestamp) -> Option<NextStep> {
        if self.due_at().is_none_or(|due| due > now) {
            return None;
        }
        let step = match self.stage {
            PartStage::Waiting => NextStep::Look,
            PartStage::GivingBack => NextStep::GiveBack,
            PartStage::Recording => {
                // A request that nobody waits for any more may have been carried out.
                self.unanswered |= self.asked_until.is_some();
                let over = self.paid_at.is_some_and(|at| at + GIVEN_BACK_AFTER <= now);
                match over {
                    true => NextStep::GiveUp,
                    false => NextStep::Record,
                }
            }
            PartStage::Recorded
            | PartStage::GivenBack
            | PartStage::Dropped
            | PartStage::Uncertain => return None,
        };
        self.asked_until = Some(now + SETTLE_AFTER);
        self.updated_at = now;
        Some(step)
    }

    /// Whether it waits to be recorded.
    pub fn is_recording(&self) -> bool {
        self.stage == PartStage::Recording
    }

    /// The POS recorded it.
    pub fn recorded(&mut self, now: Timestamp) {
        self.message = None;
        self.enter(PartStage::Recorded, None, now);
    }

    /// The POS did not record it, as far as is known: it is asked again.
    pub fn ask_again(&mut self, may_have_recorded: bool, words: &str, now: Timestamp) {
        self.unanswered |= may_have_recorded;
        self.tries = self.tries.saturating_add(1);
        self.message = Some(words.to_owned());
        let next = Some(now + wait_after(self.tries));
        self.enter(PartStage::Recording, next, now);
    }

    /// The POS refused it for good, and does not have it.
    pub fn refused(&mut self, words: &str, now: Timestamp) {
        self.message = Some(words.to_owned());
        self.tries = 0;
        self.enter(PartStage::GivingBack, Some(now), now);
    }

    /// The POS refused it for good, and whether it has it cannot be asked.
    pub fn uncertain(&mut self, words: &str, now: Timestamp) {
        self.message = Some(words.to_owned());
        self.enter(PartStage::Uncertain, None, now);
    }

    /// It could not be given back yet.
    pub fn give_back_later(&mut self, was_declined: bool, now: Timestamp) {
        self.reversal_declined |= was_declined;
        self.tries = self.tries.saturating_add(1);
        let next = Some(now + wait_after(self.tries));
        self.enter(PartStage::GivingBack, next, now);
    }

    /// It is looked at again then.
    pub fn look_later(&mut self, at: Timestamp, now: Timestamp) {
        self.enter(self.stage, Some(at), now);
    }
}
