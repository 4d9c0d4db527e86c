//! What machines do by themselves, and the calls they make to the acquirer.

use tatami_core::account::Scope;
use tatami_core::card::CardEntry;
use tatami_core::card_machine::{Ending, Machine};
use tatami_core::id::{AttemptId, TerminalSessionId};
use tatami_core::payment_intent::{AttemptKind, Outcome, PaymentIntent};
use tatami_core::terminal_session::{Session, Stage};

use crate::attempts::{Means, StillOpen, outcome_of};
use crate::locks::Held;
use crate::machines::counter::{About, NO_SESSION, NO_TERMINAL, Place};
use crate::ports::acquirer::{AcquirerError, CardRefund, Resolution};
use crate::ports::store::Stored;
use crate::{Engine, Failure};

/// More steps than any session has.
const MAX_STEPS: usize = 64;

impl Engine {
    /// Takes every step of a session that is due.
    pub(crate) async fn drive(&self, scope: &Scope, id: &TerminalSessionId) -> Result<(), Failure> {
        let _driving = self.seat(id).await;
        self.drive_held(scope, id, None).await
    }

    /// Waits until nobody else takes the steps of a session.
    pub(crate) async fn seat(&self, id: &TerminalSessionId) -> Held {
        self.0.locks.hold(&seat(id)).await
    }

    /// Takes every step that is due, for whoever holds its seat. `typed` is a
    /// card whose number was typed just now and is kept nowhere.
    pub(crate) async fn drive_held(
        &self,
        scope: &Scope,
        id: &TerminalSessionId,
        mut typed: Option<CardEntry>,
    ) -> Result<(), Failure> {
        for _ in 0..MAX_STEPS {
            let session = self.terminal_session(scope, id).await?;
            let now = self.now(scope);
            if session.due_at().is_none_or(|due| due > now) {
                return Ok(());
            }
            let place = Place {
                scope: scope.clone(),
                terminal: session.story.terminal.clone(),
                about: About::Session(id.clone()),
            };
            let due = session.next.is_some_and(|next| next <= now);
            match (session.stage, &session.attempt) {
                (Stage::Asking { silent: false }, Some(attempt)) if due => {
                    self.give_refund(&place, &session, attempt, typed.take())
                        .await?;
                }
                (Stage::Asking { silent: false }, None) if due => {
                    self.take_payment(&place, &session, typed.take()).await?;
                }
                (Stage::Unknown, Some(attempt)) if due => {
                    self.settle_refund(&place, attempt).await?;
                }
                (Stage::Rejecting, _) if due && self.takes_back(&session).await? => {
                    self.take_back(&place, &session).await?;
                }
                _ => self.step(&place).await?,
            }
        }
        tracing::error!(session.id = %id, "a terminal session does not come to rest");
        Ok(())
    }

    async fn step(&self, place: &Place) -> Result<(), Failure> {
        let wallet = self.wallet()?;
        self.at_counter(place, None, |counter, facts| {
            counter.step(wallet.as_ref(), facts);
            Ok(())
        })
        .await?;
        Ok(())
    }

    /// The open attempt of a session's payment intent.
    async fn attempt_of(
        &self,
        session: &Session,
    ) -> Result<Option<Stored<PaymentIntent>>, Failure> {
        let Some(id) = session.story.purpose.payment_intent() else {
            return Ok(None);
        };
        let stored = self.find_intent(&session.scope, id).await?;
        Ok(stored.filter(|stored| {
            let attempt = stored.value.attempt.as_ref();
            let way = attempt.and_then(|attempt| attempt.in_person.as_ref());
            way.is_some_and(|way| way.session == session.story.id)
        }))
    }

    /// Asks the acquirer for the payment, or the matched refund, of a session.
    async fn take_payment(
        &self,
        place: &Place,
        session: &Session,
        typed: Option<CardEntry>,
    ) -> Result<(), Failure> {
        if never_sent(session) {
            return self.fall_silent(place).await;
        }
        let Some(intent) = session.story.purpose.payment_intent() else {
            return Ok(());
        };
        let held = self.0.locks.hold(intent.as_str()).await;
        let Some(Stored { value, version }) = self.attempt_of(session).await? else {
            // Somebody else wrote its outcome a moment ago, with the session.
            return Ok(());
        };
        let Some(card) = typed.or(self.card_of(session)?) else {
            // A typed card's number is gone with the program that had it.
            self.settle(&held, value.into(), version).await?;
            drop(held);
            return self.fall_silent(place).await;
        };
        let means = Means::Presented(card);
        if !self.is_online(place).await? {
            // It was sent before the line broke; nobody hears the answer.
            self.send_unheard(&value, means).await;
            drop(held);
            return self.fall_silent(place).await;
        }
        let carried = self.carry_out(&held, value.into(), version, means).await;
        drop(held);
        match carried {
            Ok(_) => Ok(()),
            Err(StillOpen::Unknown) => self.fall_silent(place).await,
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }

    /// Asks the acquirer to give money that is of no payment.
    async fn give_refund(
        &self,
        place: &Place,
        session: &Session,
        attempt: &AttemptId,
        typed: Option<CardEntry>,
    ) -> Result<(), Failure> {
        if never_sent(session) {
            return self.fall_silent(place).await;
        }
        let (Some(card), Some(presented)) = (typed.or(self.card_of(session)?), &session.card)
        else {
            return self.settle_refund(place, attempt).await;
        };
        let request = CardRefund {
            scope: session.scope.clone(),
            reference: attempt.clone(),
            authorization: None,
            amount: session.bill.total(),
            card,
            entry: presented.entry,
            verification: presented.verification,
        };
        let acquirer = self.acquirer(session.scope.environment)?;
        let refund = acquirer.refund_card(request);
        let answer = self.counted_call(&session.scope, "unlinked_refund", refund);
        let answer = answer.await;
        if !self.is_online(place).await? {
            return self.fall_silent(place).await;
        }
        match answer {
            Ok(answer) => {
                self.refund_concluded(place, attempt, outcome_of(answer))
                    .await
            }
            Err(AcquirerError::Unreachable(why)) => {
                tracing::warn!(session.id = %session.story.id, error = why, "the acquirer was not reached");
                self.refund_concluded(place, attempt, Outcome::NotDone)
                    .await
            }
            Err(AcquirerError::NoAnswer(why)) => {
                tracing::warn!(session.id = %session.story.id, error = why, "the acquirer did not answer");
                self.fall_silent(place).await
            }
        }
    }

    /// Finds out what became of a refund that is of no payment.
    async fn settle_refund(&self, place: &Place, attempt: &AttemptId) -> Result<(), Failure> {
        match self.resolved(&place.scope, attempt).await {
            Some(Resolution::Answered(answer)) => {
                self.refund_concluded(place, attempt, outcome_of(answer))
                    .await
            }
            Some(Resolution::Voided) => {
                self.refund_concluded(place, attempt, Outcome::NotDone)
                    .await
            }
            None => {
                self.at_counter(place, None, |counter, facts| {
                    counter.look_again(facts.now);
                    Ok(())
                })
                .await?;
                Ok(())
            }
        }
    }

    async fn refund_concluded(
        &self,
        place: &Place,
        attempt: &AttemptId,
        outcome: Outcome,
    ) -> Result<(), Failure> {
        self.at_counter(place, None, |counter, facts| {
            let open = counter.session().and_then(|s| s.attempt.as_ref());
            if open == Some(attempt) {
                counter.concluded(None, &outcome, facts.now);
            }
            Ok(())
        })
        .await?;
        Ok(())
    }

    /// Whether the payment of a session is being taken back.
    async fn takes_back(&self, session: &Session) -> Result<bool, Failure> {
        let open = self.attempt_of(session).await?;
        let kind = open.and_then(|stored| stored.value.attempt).map(|a| a.kind);
        Ok(kind == Some(AttemptKind::TakeBack))
    }

    async fn take_back(&self, place: &Place, session: &Session) -> Result<(), Failure> {
        let Some(intent) = session.story.purpose.payment_intent() else {
            return Ok(());
        };
        let held = self.0.locks.hold(intent.as_str()).await;
        let Some(Stored { value, version }) = self.attempt_of(session).await? else {
            return Ok(());
        };
        let carried = self
            .carry_out(&held, value.into(), version, Means::None)
            .await;
        drop(held);
        match carried {
            Ok(_) => Ok(()),
            // The attempt's own timer finds out, and tells the session.
            Err(StillOpen::Unknown) => {
                self.at_counter(place, None, |counter, _| {
                    counter.rest();
                    Ok(())
                })
                .await?;
                Ok(())
            }
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }

    async fn fall_silent(&self, place: &Place) -> Result<(), Failure> {
        self.at_counter(place, None, |counter, facts| {
            counter.fall_silent(facts.now);
            Ok(())
        })
        .await?;
        Ok(())
    }

    async fn is_online(&self, place: &Place) -> Result<bool, Failure> {
        let terminal = place.terminal.as_str();
        let machine: Option<Stored<Machine>> = self.find(Some(&place.scope), terminal).await?;
        Ok(machine.ok_or(NO_TERMINAL)?.value.online())
    }

    /// The card of a session, from the wallet.
    fn card_of(&self, session: &Session) -> Result<Option<CardEntry>, Failure> {
        let presented = session.card.as_ref().ok_or(NO_SESSION)?;
        let Some(handle) = &presented.handle else {
            return Ok(None);
        };
        Ok(self.wallet()?.card(handle).map(|card| card.card))
    }
}

/// What is locked while a session takes its steps.
fn seat(id: &TerminalSessionId) -> String {
    format!("steps of {id}")
}

/// Whether a script has the line break before anything is sent.
fn never_sent(session: &Session) -> bool {
    session
        .script
        .is_some_and(|script| script.outcome == Ending::TimedOut)
}
