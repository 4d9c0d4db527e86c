//! What machines do by themselves, and the calls they make to the acquirer.

use std::sync::Arc;

use tatami_core::account::Scope;
use tatami_core::card::CardEntry;
use tatami_core::id::{AttemptId, TerminalSessionId};
use tatami_core::payment_intent::{AttemptKind, PaymentIntent};
use tatami_core::problem::Refusal;
use tatami_core::terminal::Terminal;
use tatami_core::terminal_session::{Session, Stage};
use tatami_core::time::Timestamp;

use super::TerminalSessions;
use super::unlinked_refund::UnlinkedRefund;
use crate::Failure;
use crate::locks::Held;
use crate::outside::{self, HasCall, StillOpen};
use crate::payment_intents::attempts::Means;
use crate::ports::store::Stored;
use crate::ports::terminal::Device;
use crate::terminals::counter::{About, NO_SESSION, NO_TERMINAL, Place};

/// More steps than any session has.
const MAX_STEPS: usize = 64;

impl TerminalSessions<'_> {
    /// Takes every step of a session that is due.
    pub(crate) async fn drive(self, scope: &Scope, id: &TerminalSessionId) -> Result<(), Failure> {
        let _driving = self.lock_steps(id).await;
        self.drive_held(scope, id, None).await
    }

    /// Waits until nobody else takes the steps of a session.
    pub(crate) async fn lock_steps(self, id: &TerminalSessionId) -> Held {
        self.0.locks.hold(&steps_of(id)).await
    }

    /// Takes every step that is due, for a caller that has locked them. `typed` is a
    /// card whose number was typed just now and is kept nowhere.
    pub(crate) async fn drive_held(
        self,
        scope: &Scope,
        id: &TerminalSessionId,
        mut typed: Option<CardEntry>,
    ) -> Result<(), Failure> {
        for _ in 0..MAX_STEPS {
            let session = self.0.terminals().session(scope, id).await?;
            let now = self.0.now(scope);
            let place = Place {
                scope: scope.clone(),
                terminal: session.story.terminal.clone(),
                about: About::Session(id.clone()),
            };
            let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= now);
            if !is_due(session.due_at()) && !is_due(self.device_due(&place, id).await?) {
                return Ok(());
            }
            let due = session.next.is_some_and(|next| next <= now);
            match (session.stage, &session.attempt) {
                (Stage::Asking { silent: false }, Some(_)) if due => {
                    self.give_refund(&place, session, typed.take()).await?;
                }
                (Stage::Asking { silent: false }, None) if due => {
                    self.take_payment(&place, &session, typed.take()).await?;
                }
                (Stage::Unknown, Some(_)) if due => {
                    outside::settle(self.0, UnlinkedRefund::of(&place, session), 0).await?;
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

    /// When the device that shows a session has a step to take.
    async fn device_due(
        self,
        place: &Place,
        id: &TerminalSessionId,
    ) -> Result<Option<Timestamp>, Failure> {
        let terminal = self
            .0
            .terminals()
            .get(&place.scope, &place.terminal)
            .await?;
        let device = self.0.terminals().device(&terminal).await?;
        Ok(device
            .due_at
            .filter(|_| terminal.session.as_ref() == Some(id)))
    }

    /// Takes the steps of a device that is due.
    pub(crate) async fn drive_device(self, device: Device) -> Result<(), Failure> {
        let terminal = self
            .0
            .terminals()
            .get(&device.scope, &device.terminal)
            .await?;
        match &terminal.session {
            Some(session) => self.drive(&device.scope, session).await,
            None => {
                let place = Place {
                    scope: device.scope,
                    terminal: device.terminal,
                    about: About::Shown,
                };
                self.step(&place).await
            }
        }
    }

    async fn step(self, place: &Place) -> Result<(), Failure> {
        let gateway = self.0.terminal_gateway(place.scope.environment);
        let gateway = gateway.ok_or(Failure::NoAcquirer)?;
        self.0
            .terminals()
            .counters()
            .at_device(place, None, |device, counter, facts| {
                if !counter.go_on(facts) {
                    gateway.step(device, counter, facts)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// The open attempt of a session's payment intent.
    async fn attempt_of(self, session: &Session) -> Result<Option<Stored<PaymentIntent>>, Failure> {
        let Some(id) = session.story.purpose.payment_intent() else {
            return Ok(None);
        };
        let stored = self.0.payment_intents().find(&session.scope, id).await?;
        Ok(stored.filter(|stored| {
            let attempt = stored.value.attempt.as_ref();
            let way = attempt.and_then(|attempt| attempt.in_person.as_ref());
            way.is_some_and(|way| way.session == session.story.id)
        }))
    }

    /// Asks the acquirer for the payment, or the matched refund, of a session.
    async fn take_payment(
        self,
        place: &Place,
        session: &Session,
        typed: Option<CardEntry>,
    ) -> Result<(), Failure> {
        let card = typed.or(self.card_of(session)?);
        let Some((claimed, held, intent)) = self.claim_attempt(place, session).await? else {
            return Ok(());
        };
        let Some(card) = card.filter(|_| claimed) else {
            // It may have been sent; or its card was typed, and the number is gone with
            // the program that had it.
            outside::settle(self.0, Arc::new(intent.value), intent.version).await?;
            drop(held);
            return self.fall_silent(place).await;
        };
        let (about, means) = (Arc::new(intent.value), Means::Presented(card));
        self.send_from(place, about, intent.version, means, Some(held))
            .await
    }

    /// Asks the acquirer to give money that is of no payment.
    async fn give_refund(
        self,
        place: &Place,
        session: Session,
        typed: Option<CardEntry>,
    ) -> Result<(), Failure> {
        let card = typed.or(self.card_of(&session)?);
        let about = UnlinkedRefund::of(place, session);
        let claimed = match about.reference() {
            Some(reference) => self.claim_call(place, reference).await?,
            None => false,
        };
        match card.filter(|_| claimed) {
            Some(card) => self.send_from(place, about, 0, card, None).await,
            None => outside::settle(self.0, about, 0).await,
        }
    }

    /// Sends a machine's call, unless its line is broken: then it was sent before that,
    /// and its answer is not heard.
    async fn send_from<T: HasCall>(
        self,
        place: &Place,
        about: T,
        version: i64,
        means: T::Means,
        held: Option<Held>,
    ) -> Result<(), Failure> {
        let sent = if self.is_online(place).await? {
            outside::carry_out(self.0, about, version, means)
                .await
                .map(|_| ())
        } else {
            // What comes of it is found out when the call comes due.
            let _unheard = outside::send(self.0, &about, means).await;
            Err(StillOpen::Unknown)
        };
        drop(held);
        match sent {
            Ok(()) => Ok(()),
            Err(StillOpen::Unknown) => self.fall_silent(place).await,
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }

    /// Claims an open call for this node; whether it was claimed by none before.
    async fn claim_call(self, place: &Place, reference: &AttemptId) -> Result<bool, Failure> {
        let claimed = self
            .0
            .terminals()
            .counters()
            .at_counter(place, |counter, _| counter.claim_call(reference))
            .await;
        match claimed {
            Ok(_) => Ok(true),
            Err(Failure::Refused(Refusal::Conflict(_))) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Claims the open call of a session's payment intent: whether it was claimed by
    /// none before, and the intent, held. `None` if it is concluded meanwhile.
    async fn claim_attempt(
        self,
        place: &Place,
        session: &Session,
    ) -> Result<Option<(bool, Held, Stored<PaymentIntent>)>, Failure> {
        let Some(opened) = self.attempt_of(session).await? else {
            return Ok(None);
        };
        let opened = Arc::new(opened.value);
        let Some(attempt) = &opened.attempt else {
            return Ok(None);
        };
        let claimed = self.claim_call(place, &attempt.id).await?;
        let held = self.0.locks.hold(opened.id.as_str()).await;
        let stored = self.attempt_of(session).await?;
        let stored = stored.filter(|now| now.value.attempt == opened.attempt);
        Ok(stored.map(|stored| (claimed, held, stored)))
    }

    /// Whether the payment of a session is being taken back.
    async fn takes_back(self, session: &Session) -> Result<bool, Failure> {
        let open = self.attempt_of(session).await?;
        let kind = open.and_then(|stored| stored.value.attempt).map(|a| a.kind);
        Ok(kind == Some(AttemptKind::TakeBack))
    }

    async fn take_back(self, place: &Place, session: &Session) -> Result<(), Failure> {
        let Some((claimed, held, intent)) = self.claim_attempt(place, session).await? else {
            return Ok(());
        };
        let (about, version) = (Arc::new(intent.value), intent.version);
        let carried = if claimed {
            outside::carry_out(self.0, about, version, Means::None)
                .await
                .map(|_| ())
        } else {
            outside::settle(self.0, about, version).await?;
            Err(StillOpen::Unknown)
        };
        drop(held);
        match carried {
            Ok(()) => Ok(()),
            // The document of the intent comes due, and that moves the session.
            Err(StillOpen::Unknown) => {
                self.0
                    .terminals()
                    .counters()
                    .at_counter(place, |counter, _| {
                        counter.rest();
                        Ok(())
                    })
                    .await?;
                Ok(())
            }
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }

    async fn fall_silent(self, place: &Place) -> Result<(), Failure> {
        self.0
            .terminals()
            .counters()
            .at_counter(place, |counter, facts| {
                counter.fall_silent(facts.now);
                Ok(())
            })
            .await?;
        Ok(())
    }

    async fn is_online(self, place: &Place) -> Result<bool, Failure> {
        let id = place.terminal.as_str();
        let terminal: Option<Stored<Terminal>> = self.0.find(Some(&place.scope), id).await?;
        Ok(terminal.ok_or(NO_TERMINAL)?.value.online)
    }

    /// The card of a session, from its gateway.
    fn card_of(self, session: &Session) -> Result<Option<CardEntry>, Failure> {
        let presented = session.card.as_ref().ok_or(NO_SESSION)?;
        let Some(handle) = &presented.handle else {
            return Ok(None);
        };
        let gateway = self.0.terminal_gateway(session.scope.environment);
        Ok(gateway.and_then(|gateway| gateway.card(handle)))
    }
}

/// What is locked while a session takes its steps.
fn steps_of(id: &TerminalSessionId) -> String {
    format!("steps of {id}")
}
