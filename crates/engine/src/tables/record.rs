//! Recording paid parts at the POS.

use tatami_core::pay_at_table::{NextStep, Order, PartPayer, PartStage, TablePayment, TableVisit};
use tatami_core::time::{SignedDuration, Timestamp};

use super::{PosCalls, TableLocks, TableParts};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::{DocumentKind, DocumentWrite};
use crate::ports::pos::{PaymentRecord, PosFailure, PosFailureKind};
use crate::ports::store::Stored;

/// When a payment intent is looked at again that is neither paid nor over.
const LOOKED_AT_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// Why a part is given back that no POS recorded.
const NOT_RECORDED: &str = "The POS did not record the payment within a day.";

/// What a POS knows of a payment.
enum Known {
    /// It has it.
    Yes(Box<Order>),
    /// It does not.
    No,
    /// It cannot be asked, ever.
    NotAsked,
    /// It did not say.
    NotSaid(PosFailure),
}

/// What becomes of a part.
enum Became {
    Recorded(Option<Box<Order>>),
    Refused(String),
    Uncertain(String),
    AskAgain { may_have: bool, words: String },
}

impl TableParts<'_> {
    /// Does what is due about a part. What is claimed here is done by nobody else.
    pub(crate) async fn part_due(self, due: TablePayment) -> Result<(), Failure> {
        let Some((part, step)) = self.claimed(&due).await? else {
            return Ok(());
        };
        match step {
            NextStep::Look => self.look(&part).await,
            NextStep::Record => {
                let became = self.record(&part).await;
                self.conclude(&part, became).await
            }
            NextStep::GiveUp => {
                let became = self.give_up(&part).await;
                self.conclude(&part, became).await
            }
            NextStep::GiveBack => self.give_back(&part).await,
        }
    }

    async fn claimed(
        self,
        due: &TablePayment,
    ) -> Result<Option<(TablePayment, NextStep)>, Failure> {
        let scope = &due.scope;
        let claimed = self.0.change(due.id(), || async {
            let Some(Stored { mut value, version }) = self.part(scope, due.id()).await? else {
                return Ok(Decided::nothing(None));
            };
            let Some(step) = value.next_step(self.0.now(scope)) else {
                return Ok(Decided::nothing(None));
            };
            let write = DocumentWrite::put(&value, Some(version))?;
            let mut commit = self.0.commit_of(scope, vec![write]);
            commit.claims = vec![self.0.jobs().lease(DocumentKind::TablePayment, due.id())];
            Ok(Decided::change(commit, Some((value, step))))
        });
        Ok(claimed.await?.0)
    }

    /// Asks the POS to record a part, always under the same id.
    async fn record(self, part: &TablePayment) -> Became {
        let reference = format!("record_{}", part.intent);
        let by = PosCalls::for_part(part, reference.clone());
        let payment = PaymentRecord {
            payment_intent: part.intent.clone(),
            paid: part.amount,
            tip: part.tip,
            lock_id: part.lock_id.clone(),
        };
        let answer = match PosCalls(self.0).pos() {
            Ok(pos) => {
                let work = pos.record(&by, &part.order_id, &payment);
                PosCalls(self.0)
                    .call(&part.scope, ("record_payment", &reference), work)
                    .await
            }
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(order) => Became::Recorded(order.map(Box::new)),
            Err(refusal) if refusal.is_for_good() && part.unanswered => {
                match self.known(part).await {
                    Known::Yes(order) => Became::Recorded(Some(order)),
                    Known::No => Became::Refused(refusal.words),
                    Known::NotAsked => Became::Uncertain(refusal.words),
                    Known::NotSaid(failure) => Became::AskAgain {
                        may_have: true,
                        words: failure.words,
                    },
                }
            }
            Err(refusal) if refusal.is_for_good() => Became::Refused(refusal.words),
            Err(failure) => Became::AskAgain {
                may_have: !failure.did_nothing(),
                words: failure.words,
            },
        }
    }

    /// What becomes of a part that was not recorded within a day.
    async fn give_up(self, part: &TablePayment) -> Became {
        let known = match part.unanswered {
            true => self.known(part).await,
            false => Known::No,
        };
        match known {
            Known::Yes(order) => Became::Recorded(Some(order)),
            Known::No | Known::NotAsked | Known::NotSaid(_) => {
                Became::Refused(NOT_RECORDED.to_owned())
            }
        }
    }

    /// Whether the POS has the payment of a part.
    async fn known(self, part: &TablePayment) -> Known {
        let by = PosCalls::for_part(part, self.0.documents().new_id());
        let pos = match PosCalls(self.0).pos() {
            Ok(pos) => pos,
            Err(failure) => return Known::NotSaid(failure),
        };
        let work = pos.order(&by, &part.order_id);
        let order = PosCalls(self.0)
            .call(&part.scope, ("get_order", &by.request_id), work)
            .await;
        match order {
            Ok(order) if order.has_payment(part.intent.as_str()) => Known::Yes(Box::new(order)),
            Ok(_) => Known::No,
            Err(failure) if failure.is_not_found() => Known::No,
            Err(failure) if failure.kind == PosFailureKind::NotRegistered => Known::NotAsked,
            Err(failure) => Known::NotSaid(failure),
        }
    }

    /// Writes what became of a part, with what changes about its order.
    async fn conclude(self, part: &TablePayment, became: Became) -> Result<(), Failure> {
        let scope = &part.scope;
        let concluded = self.0.change(part.order.as_str(), || async {
            let Some(Stored { mut value, version }) = self.part(scope, part.id()).await? else {
                return Ok(Decided::nothing(()));
            };
            // It was given back meanwhile, or another node wrote what became of it.
            if !value.is_recording() {
                return Ok(Decided::nothing(()));
            }
            let now = self.0.now(scope);
            let mut writes = Vec::new();
            match &became {
                Became::Recorded(order) => {
                    value.recorded(now);
                    writes = self.paid_of(&value, order.as_deref(), now).await?;
                }
                Became::Refused(words) => value.refused(words, now),
                Became::Uncertain(words) => value.uncertain(words, now),
                Became::AskAgain { may_have, words } => value.ask_again(*may_have, words, now),
            }
            if matches!(value.stage, PartStage::GivingBack | PartStage::Uncertain) {
                writes.extend(self.touched(&value).await?);
            }
            writes.push(DocumentWrite::put(&value, Some(version))?);
            let commit = self.0.commit_of(scope, writes);
            Ok(Decided::change(commit, ()))
        });
        concluded.await?;
        if let PartPayer::Machine(terminal) = &part.payer {
            self.0.terminals().changed(terminal);
        }
        Ok(())
    }

    /// What changes about an order of which a part was recorded. A machine leaves one of
    /// which nothing is due any more.
    async fn paid_of(
        self,
        part: &TablePayment,
        said: Option<&Order>,
        now: Timestamp,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let scope = &part.scope;
        let Some(order) = TableLocks(self.0).table_order(scope, &part.order).await? else {
            return Ok(Vec::new());
        };
        let Stored { mut value, version } = order;
        match said {
            Some(said) if said.id == value.order.id => value.is_now(said.clone(), now),
            _ => value.order = paid(value.order, part),
        }
        value.touch(now);
        let mut writes = Vec::new();
        let is_paid = value.order.due.is_some_and(|due| due.minor <= 0);
        if let Some(machine) = value.machine.clone().filter(|_| is_paid) {
            value.leave(&machine.terminal, now);
            let id = TableVisit::id_of(&machine.terminal);
            let visit: Option<Stored<TableVisit>> = self.0.find(Some(scope), &id).await?;
            if let Some(Stored {
                value: mut visit,
                version,
            }) = visit
                && visit.order.as_ref() == Some(&part.order_id)
            {
                visit.order = None;
                writes.push(DocumentWrite::put(&visit, Some(version))?);
            }
        }
        writes.push(DocumentWrite::put(&value, Some(version))?);
        Ok(writes)
    }

    /// Looks at a part that nobody has paid.
    async fn look(self, part: &TablePayment) -> Result<(), Failure> {
        let scope = &part.scope;
        let intents = self.0.payment_intents();
        let intent = intents.known(scope, &part.intent).await?.value;
        let now = self.0.now(scope);
        let mut followed = part.clone();
        if followed.follow(&intent, now) {
            return self
                .change_part(part, |part, now| {
                    part.follow(&intent, now);
                })
                .await;
        }
        let order = TableLocks(self.0).table_order(scope, &part.order).await?;
        let at = order.and_then(|order| order.value.machine);
        let is_left = match &part.payer {
            PartPayer::Machine(terminal) => at.is_none_or(|at| at.terminal != *terminal),
            PartPayer::Guest => false,
        };
        match is_left {
            true => self.cancel_part(part).await,
            false => {
                self.change_part(part, |part, now| {
                    if part.stage == PartStage::Waiting {
                        part.look_later(now + LOOKED_AT_AFTER, now);
                    }
                })
                .await
            }
        }
    }
}

/// An order after a part of it was recorded, as far as is known without its POS.
fn paid(mut order: Order, part: &TablePayment) -> Order {
    if order.has_payment(part.intent.as_str()) {
        return order;
    }
    order.payments.push(part.intent.to_string());
    if let Some(due) = &mut order.due {
        due.minor = due.minor.saturating_sub(part.amount.minor);
    }
    order
}
