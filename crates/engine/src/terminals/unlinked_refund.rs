//! Calls that give money which is of no payment: they stand in the session.

use tatami_core::card::CardEntry;
use tatami_core::id::AttemptId;
use tatami_core::payment_intent::Outcome;
use tatami_core::terminal_session::{self, Session};

use crate::acquiring::outcome_of;
use crate::outside::{ACQUIRER, HasCall, OpenCall, StillOpen};
use crate::ports::acquirer::{CardRefund, Presented};
use crate::ports::outside::CallError;
use crate::terminals::counter::Place;
use crate::{Engine, Failure};

/// A session with the place at which it is concluded: there, the version is checked.
pub(super) struct UnlinkedRefund {
    place: Place,
    session: Session,
}

impl UnlinkedRefund {
    pub(super) fn of(place: &Place, session: Session) -> Self {
        Self {
            place: place.clone(),
            session,
        }
    }

    /// The reference of the open call.
    pub(super) fn reference(&self) -> Option<&AttemptId> {
        self.session.attempt.as_ref()
    }

    fn call(&self) -> Result<(&AttemptId, &terminal_session::Presented), CallError> {
        let call = self
            .session
            .attempt
            .as_ref()
            .zip(self.session.card.as_ref());
        call.ok_or_else(|| CallError::Unreachable("no refund is open".to_owned()))
    }
}

impl HasCall for UnlinkedRefund {
    type Means = CardEntry;
    type Outcome = Outcome;
    type Concluded = ();

    fn open_call(&self) -> Option<OpenCall<'_>> {
        Some(OpenCall {
            outside: &ACQUIRER,
            scope: &self.session.scope,
            reference: self.reference()?.as_str(),
            operation: "unlinked_refund",
        })
    }

    fn resolves_at_once(&self) -> bool {
        false
    }

    async fn send(&self, engine: &Engine, card: CardEntry) -> Result<Outcome, CallError> {
        let (reference, presented) = self.call()?;
        let route = engine.route(&self.session.scope).await?;
        let request = CardRefund {
            scope: self.session.scope.clone(),
            merchant: route.merchant,
            reference: reference.clone(),
            authorization: None,
            amount: self.session.bill.total(),
            card,
            presented: Presented {
                terminal: self.session.story.terminal.clone(),
                entry: presented.entry,
                verification: presented.verification,
                emv: None,
            },
        };
        let answer = route.acquirer.refund_card(request).await?;
        Ok(outcome_of(answer, None))
    }

    async fn resolve(&self, engine: &Engine) -> Result<Outcome, CallError> {
        let (reference, _) = self.call()?;
        let resolved = engine.resolved(&self.session.scope, reference).await?;
        Ok(resolved.map_or(Outcome::NotDone, |answer| outcome_of(answer, None)))
    }

    async fn conclude_call(
        self,
        engine: &Engine,
        _version: i64,
        outcome: Outcome,
    ) -> Result<(), StillOpen> {
        let attempt = self.session.attempt;
        let counters = engine.terminals().counters();
        let concluded = counters.at_counter(&self.place, |counter, facts| {
            if counter.session().is_some_and(|now| now.attempt == attempt) {
                counter.concluded(None, &outcome, facts.now);
            }
            Ok(())
        });
        concluded.await?;
        Ok(())
    }

    async fn ask_call_later(self, engine: &Engine, _version: i64) -> Result<(), Failure> {
        let counters = engine.terminals().counters();
        let later = counters.at_counter(&self.place, |counter, facts| {
            counter.look_again(facts.now);
            Ok(())
        });
        later.await?;
        Ok(())
    }
}
