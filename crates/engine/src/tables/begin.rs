//! Beginning a part: a payment intent, and what it takes of the order.

use std::collections::BTreeMap;

use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, TerminalId};
use tatami_core::pay_at_table::{
    Bill, NewPart, Order, Part, PartPayer, PartWish, TableOrder, TablePayment, TableVisit,
};
use tatami_core::payment_intent::{AmountDraft, Decision, Details, Draft, OrderDetails, create};
use tatami_core::problem::Refusal;
use tatami_core::time::{SignedDuration, Timestamp};

use super::{
    GuestLinks, PosCalls, TRIES, TableFailure, TableLocks, TableParts, Tables, no_order, under_way,
};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;
use crate::ports::pos::PosCaller;
use crate::ports::store::Stored;
use crate::tables::choose::refused_lock;
use crate::tables::visit::is_free;

/// How long a person at a card machine may take to pay.
const AT_MACHINE: SignedDuration = SignedDuration::from_mins(30);
/// How long a guest may take to pay.
const ON_PHONE: SignedDuration = SignedDuration::from_mins(15);
/// The longest reference of a payment intent, in characters.
const MAX_REFERENCE: usize = 60;
/// The key of the metadata that has the waiter.
const WAITER_ID: &str = "waiterId";

/// A part that is to begin.
pub(super) struct Beginning {
    pub(super) by: PosCaller,
    pub(super) payer: PartPayer,
    /// The machine that it is begun on.
    pub(super) visit: Option<TableVisit>,
    /// The order, by its id at the POS.
    pub(super) order: String,
    pub(super) wish: PartWish,
    /// Where a guest goes from the page on which it is paid.
    pub(super) links: Option<GuestLinks>,
}

impl Tables<'_> {
    /// Pays a part of the order that is chosen on a card machine: the machine asks for a
    /// card then.
    ///
    /// # Errors
    /// If no order is chosen, the machine is in use, or the part is nothing or more than
    /// is left.
    pub async fn pay(
        self,
        scope: &Scope,
        terminal: &TerminalId,
        wish: PartWish,
    ) -> Result<(), TableFailure> {
        let (scope, terminal) = (scope.clone(), terminal.clone());
        let paid = self.0.to_the_end(|engine| async move {
            Ok(engine.tables().pay_now(&scope, &terminal, wish).await)
        });
        paid.await?
    }

    async fn pay_now(
        self,
        scope: &Scope,
        terminal: &TerminalId,
        wish: PartWish,
    ) -> Result<(), TableFailure> {
        is_free(&self.0.terminals().get(scope, terminal).await?)?;
        let visit = TableLocks(self.0).visited(scope, terminal).await?.value;
        let order = visit.order.clone().ok_or_else(|| no_order(&visit))?;
        self.end_part(&visit).await?;
        if self.waiting_part(&visit).await?.is_some() {
            let what = "What became of the last payment is not known yet.";
            return Err(under_way(what).into());
        }
        self.keep_locked(&visit, &order).await?;
        let house = visit.house.clone();
        let beginning = Beginning {
            by: PosCalls(self.0).for_machine(&visit),
            payer: PartPayer::Machine(terminal.clone()),
            visit: Some(visit),
            order,
            wish,
            links: None,
        };
        let intent = TableParts(self.0).begin(beginning).await?;
        let sold = self.0.terminals().sell(scope, terminal, &intent, &house);
        if let Err(failure) = sold.await {
            let id = TablePayment::id_of(&intent);
            if let Some(part) = self.0.documents().find(scope, &id).await? {
                TableParts(self.0).cancel_part(&part).await?;
            }
            return Err(failure.into());
        }
        Ok(())
    }

    /// Takes the lock of an order again whose lock is over.
    async fn keep_locked(self, visit: &TableVisit, order: &str) -> Result<(), TableFailure> {
        let scope = &visit.scope;
        let id = TableOrder::id_of(scope, &visit.house, order);
        let known = TableLocks(self.0).table_order(scope, &id).await?;
        let now = self.0.now(scope);
        let Some(known) = known.filter(|known| known.value.held(now).is_none()) else {
            return Ok(());
        };
        let abilities = PosCalls(self.0).abilities(scope, &visit.house).await?;
        let by = PosCalls(self.0).for_machine(visit);
        let locked = TableLocks(self.0)
            .acquire(&by, abilities.locking, &known.value)
            .await;
        locked.map(|_| ()).map_err(refused_lock)
    }
}

impl TableParts<'_> {
    /// Makes the payment intent of a part, and takes the part from what others can pay, in
    /// one commit. The order is read before; if others began a part meanwhile, again.
    pub(super) async fn begin(self, new: Beginning) -> Result<PaymentIntentId, TableFailure> {
        let scope = &new.by.scope;
        let abilities = PosCalls(self.0).abilities(scope, &new.by.house).await?;
        let id = TableOrder::id_of(scope, &new.by.house, &new.order);
        for _ in 0..TRIES {
            let known = TableLocks(self.0).table_order(scope, &id).await?;
            let parts = self.parts_of(scope, &id).await?;
            let table = known.as_ref().map(|known| &known.value);
            let order = PosCalls(self.0)
                .fetched(&new.by, abilities.gets, table, &new.order)
                .await?;
            let begun = self.0.change(id.as_str(), || async {
                let now_known = TableLocks(self.0).table_order(scope, &id).await?;
                let version =
                    |known: &Option<Stored<TableOrder>>| known.as_ref().map(|k| k.version);
                if version(&now_known) != version(&known) {
                    return Ok(Decided::nothing(None));
                }
                self.begun(&new, now_known, &parts, &order).await
            });
            if let Some(intent) = begun.await?.0 {
                return Ok(intent);
            }
        }
        Err(under_way("Others are paying of this order at the same moment.").into())
    }

    async fn begun(
        self,
        new: &Beginning,
        known: Option<Stored<TableOrder>>,
        parts: &[TablePayment],
        order: &Order,
    ) -> Result<Decided<Option<PaymentIntentId>>, Failure> {
        let scope = &new.by.scope;
        let now = self.0.now(scope);
        let version = known.as_ref().map(|known| known.version);
        let mut table = match known {
            Some(known) => known.value,
            None => TableOrder::new(scope, &new.by.house, order.clone(), now),
        };
        let bill = Bill {
            order,
            parts,
            split: table.split,
            next_split: table.splits + 1,
        };
        let part = bill.part(&new.wish)?;
        table.is_now(order.clone(), now);
        if let Some(split) = part.split {
            table.splits = table.splits.max(split.number);
            table.split = Some(split);
        } else if new.visit.is_some() {
            table.split = None;
        }
        let lock_id = new.visit.as_ref().and_then(|_| table.held(now));
        let lock_id = lock_id.map(|lock| lock.id.clone());
        let decision = self.intent_of(new, &table, &part)?;
        let payment = TablePayment::new(
            NewPart {
                scope: scope.clone(),
                house: new.by.house.clone(),
                order_id: new.order.clone(),
                order: table.id().to_owned(),
                payer: new.payer.clone(),
                waiter_id: new.by.waiter_id.clone(),
                lock_id,
                part,
            },
            &decision.intent,
            now,
        );
        let intent = decision.intent.id.clone();
        let mut commit = self.0.payment_intents().commit_of(decision, None).await?;
        commit.documents.push(DocumentWrite::put(&payment, None)?);
        commit.documents.push(DocumentWrite::put(&table, version)?);
        if let Some(visit) = &new.visit {
            let Stored { mut value, version } =
                TableLocks(self.0).visited(scope, &visit.terminal).await?;
            value.part = Some(intent.clone());
            value.used_at = now;
            commit
                .documents
                .push(DocumentWrite::put(&value, Some(version))?);
        }
        Ok(Decided::change(commit, Some(intent)))
    }

    fn intent_of(
        self,
        new: &Beginning,
        table: &TableOrder,
        part: &Part,
    ) -> Result<Decision, Refusal> {
        let scope = &new.by.scope;
        let amount = |money: tatami_core::money::Money| AmountDraft {
            value: money.minor,
            currency_code: money.currency.code().to_owned(),
        };
        let waiter = new.by.waiter_id.iter();
        let metadata: BTreeMap<_, _> = waiter
            .map(|waiter| (WAITER_ID.to_owned(), waiter.clone()))
            .collect();
        let name: String = table.name.chars().take(MAX_REFERENCE).collect();
        let details = Details {
            reference: match name.trim() {
                "" => "Order".to_owned(),
                name => name.to_owned(),
            },
            metadata,
            order_details: Some(OrderDetails {
                external_id: Some(new.order.clone()),
                ..OrderDetails::default()
            }),
            ..Details::default()
        };
        let draft = |now: Timestamp| Draft {
            amount: Some(amount(part.amount)),
            tips: part.tip.map(amount),
            expire_at: Some(match new.payer {
                PartPayer::Machine(_) => now + AT_MACHINE,
                PartPayer::Guest => now + ON_PHONE,
            }),
            details: Box::new(details),
            ..Draft::default()
        };
        self.0.with_facts(scope, |facts| {
            let mut decision = create(scope.clone(), draft(facts.now), facts)?;
            let intent = decision.intent_mut();
            intent.at_table = true;
            if let Some(links) = &new.links {
                let config = intent.details.config.get_or_insert_default();
                config.redirect_url = Some(links.paid.clone());
                config.cancel_url = Some(format!("{}{}", links.left, intent.id));
            }
            Ok(decision)
        })
    }
}
