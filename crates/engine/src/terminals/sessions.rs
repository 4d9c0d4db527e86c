//! What a till asks of terminals.

use tatami_core::Facts;
use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, TerminalId, TerminalSessionId};
use tatami_core::problem::Refusal;
use tatami_core::terminal_session::{Counter, Order, Purpose, Session};

use super::Terminals;
use crate::ports::answers::Answer;
use crate::ports::store::Stored;
use crate::ports::terminal::Device;
use crate::terminals::counter::{About, NO_SESSION, Place};
use crate::{Call, Failure};

impl Terminals<'_> {
    /// Starts a session on a terminal. A simulator that plays at once has played
    /// it when this returns the session as it began.
    ///
    /// # Errors
    /// If there is no such terminal or intent, the terminal is offline or at work,
    /// or the intent does not allow it.
    pub async fn create_session(
        self,
        call: &Call,
        terminal: &TerminalId,
        order: Order,
    ) -> Result<Answer, Failure> {
        let found = self.get(&call.scope, terminal).await;
        let place = Place {
            scope: call.scope.clone(),
            terminal: found.map_err(cannot_be_used)?.id,
            about: About::New(order.purpose.payment_intent().cloned()),
        };
        self.session_command(call, place, move |counter, facts| {
            counter.initiate(order.clone(), facts)
        })
        .await
    }

    /// Starts a session that sells an intent on a terminal, for a product of our own.
    ///
    /// # Errors
    /// As for [`Terminals::create_session`].
    pub(crate) async fn sell(
        self,
        scope: &Scope,
        terminal: &TerminalId,
        intent: &PaymentIntentId,
        software_house: &str,
    ) -> Result<(), Failure> {
        let place = Place {
            scope: scope.clone(),
            terminal: terminal.clone(),
            about: About::New(Some(intent.clone())),
        };
        let order = Order {
            purpose: Purpose::Sale {
                payment_intent: intent.clone(),
            },
            software_house: software_house.to_owned(),
            reseller: None,
        };
        let rule = |_: &mut Device, counter: &mut Counter, facts: &mut Facts<'_>| {
            Ok(counter.initiate(order.clone(), facts)?)
        };
        let happened = self
            .0
            .terminals()
            .counters()
            .at_device(&place, None, rule)
            .await?;
        match &happened.goes_on {
            Some(session) => self.0.terminal_sessions().drive(scope, session).await,
            None => Ok(()),
        }
    }

    /// Gives a session up.
    ///
    /// # Errors
    /// If there is no such session, or a card was presented.
    pub async fn cancel_session(
        self,
        call: &Call,
        id: &TerminalSessionId,
    ) -> Result<Answer, Failure> {
        let place = self.place_of_session(&call.scope, id).await?;
        self.session_command(call, place, |counter, facts| counter.cancel(facts))
            .await
    }

    /// Accepts or rejects the signature that a session waits for.
    ///
    /// # Errors
    /// If there is no such session, or no signature waits (any more).
    pub async fn verify_signature(
        self,
        call: &Call,
        id: &TerminalSessionId,
        accepted: bool,
    ) -> Result<Answer, Failure> {
        let place = self.place_of_session(&call.scope, id).await?;
        self.session_command(call, place, move |counter, facts| {
            counter.verify_signature(accepted, facts)
        })
        .await
    }

    /// A session of a scope.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn session(self, scope: &Scope, id: &TerminalSessionId) -> Result<Session, Failure> {
        let stored: Option<Stored<Session>> = self.0.find(Some(scope), id.as_str()).await?;
        Ok(stored.ok_or(NO_SESSION)?.value)
    }

    async fn place_of_session(
        self,
        scope: &Scope,
        id: &TerminalSessionId,
    ) -> Result<Place, Failure> {
        let session = self.session(scope, id).await?;
        Ok(Place {
            scope: scope.clone(),
            terminal: session.story.terminal,
            about: About::Session(id.clone()),
        })
    }

    /// Lets it happen and answers with the session as it is then; goes on even
    /// if the caller hangs up.
    async fn session_command(
        self,
        call: &Call,
        place: Place,
        rule: impl Fn(&mut Counter, &mut Facts<'_>) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Result<Answer, Failure> {
        let call = call.clone();
        self.0
            .to_the_end(|engine| async move {
                let rule = |_: &mut Device, counter: &mut Counter, facts: &mut Facts<'_>| {
                    Ok(rule(counter, facts)?)
                };
                let happened = engine
                    .terminals()
                    .counters()
                    .at_device(&place, Some(&call), rule)
                    .await?;
                if let Some(session) = &happened.goes_on {
                    engine
                        .terminal_sessions()
                        .drive(&place.scope, session)
                        .await?;
                }
                happened.answer.ok_or_else(|| NO_SESSION.into())
            })
            .await
    }
}

/// A terminal that the account does not have is refused like one that cannot be reached.
fn cannot_be_used(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(Refusal::NotFound(_)) => {
            Refusal::TerminalUnavailable("There is no such terminal.".to_owned()).into()
        }
        failure => failure,
    }
}
