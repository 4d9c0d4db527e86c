//! One decision at a machine: load, decide, commit.

use tatami_core::Facts;
use tatami_core::account::Scope;
use tatami_core::card_machine::{Counter, Machine, Turn};
use tatami_core::id::{PaymentIntentId, TerminalId, TerminalSessionId};
use tatami_core::payment_intent::{Attempt, Decision, InPerson, Outcome, PaymentIntent};
use tatami_core::problem::Refusal;
use tatami_core::terminal_session::Session;

use crate::ports::answers::{Answer, Done};
use crate::ports::jobs::Job;
use crate::ports::records::{RecordKind, RecordWrite};
use crate::ports::store::{CommitError, Stored};
use crate::{Call, Engine, Failure};

/// How often a change is decided anew because somebody else was first.
const MAX_RETRIES: usize = 8;

pub(crate) const NO_TERMINAL: Refusal = Refusal::NotFound("terminal");
pub(crate) const NO_SESSION: Refusal = Refusal::NotFound("terminal session");

/// Where something happens.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Whose machine it is.
    pub(crate) scope: Scope,
    /// The machine.
    pub(crate) terminal: TerminalId,
    /// The session it is about.
    pub(crate) about: About,
}

/// The session that something is about.
#[derive(Clone, Debug)]
pub(crate) enum About {
    /// The one that the machine shows, if any.
    Shown,
    /// That one.
    Session(TerminalSessionId),
    /// One that is to be made, of that intent.
    New(Option<PaymentIntentId>),
}

/// What there is at a place.
struct Loaded {
    machine: Stored<Machine>,
    session: Option<Stored<Session>>,
    intent: Option<Stored<PaymentIntent>>,
}

/// What a rule is at a machine.
pub(crate) trait Happening: Fn(&mut Counter, &mut Facts<'_>) -> Result<(), Refusal> {}
impl<F: Fn(&mut Counter, &mut Facts<'_>) -> Result<(), Refusal>> Happening for F {}

impl Engine {
    /// Lets something happen at a machine. With a call, its answer is the
    /// session, stored in the same commit if it has an idempotency key.
    pub(crate) async fn at_counter(
        &self,
        place: &Place,
        call: Option<&Call>,
        rule: impl Happening,
    ) -> Result<(Turn, Option<Answer>), Failure> {
        let account = self.account(&place.scope.account).await?;
        let _machine = self.0.locks.hold(place.terminal.as_str()).await;
        for _ in 0..MAX_RETRIES {
            // The intent is known by its session, which never changes it.
            let intent = self.intent_at(place).await?;
            let _intent = match &intent {
                Some(id) => Some(self.0.locks.hold(id.as_str()).await),
                None => None,
            };
            let loaded = self.loaded(place, intent.as_ref()).await?;
            let mut counter = Counter::new(
                loaded.machine.value.clone(),
                loaded.session.as_ref().map(|s| s.value.clone()),
                loaded.intent.as_ref().map(|i| i.value.clone()),
                &account.name,
            );
            let turn = self.with_facts(&place.scope, |facts| {
                rule(&mut counter, facts)?;
                Ok::<_, Refusal>(counter.turn(facts.now))
            })?;
            let answer = match (call, &turn.session) {
                (Some(call), Some(session)) => {
                    let done = Done::TerminalSession(Box::new(session.clone()));
                    Some(self.0.parts.answers.write(&account, &done, call.version))
                }
                _ => None,
            };
            let idempotency = call.zip(answer.as_ref());
            let idempotency =
                idempotency.and_then(|(call, answer)| self.store_answer(call, answer));
            let records = writes(&turn, &loaded)?;
            let claims = self.claim_on(&turn, &place.scope);
            let claims = claims.into_iter().collect();
            let written = match (&turn.decision, &loaded.intent) {
                (Some(decision), Some(intent)) => {
                    let (decision, version) = (decision.clone(), Some(intent.version));
                    self.commit_claiming(decision, version, idempotency, records, claims)
                        .await
                }
                _ => {
                    let scope = &place.scope;
                    self.commit_records_claiming(scope, records, Vec::new(), idempotency, claims)
                        .await
                }
            };
            match written {
                Ok(()) => {
                    self.machine_changed(&place.terminal);
                    return Ok((turn, answer));
                }
                Err(CommitError::Stale) => {}
                Err(error) => {
                    return match call {
                        Some(call) => Ok((turn, Some(self.lost(call, error).await?))),
                        None => Err(Failure::Unavailable(error.to_string())),
                    };
                }
            }
        }
        Err(Failure::Unavailable(
            "the terminal is changed too often".to_owned(),
        ))
    }

    /// The claim on a session that has a step to take now: whoever calls takes it,
    /// and no other program may.
    fn claim_on(&self, turn: &Turn, scope: &Scope) -> Option<Job> {
        let session = turn.session.as_ref()?;
        let is_due = session.due_at().is_some_and(|due| due <= self.now(scope));
        is_due.then(|| self.lease(RecordKind::TerminalSession, session.story.id.as_str()))
    }

    async fn intent_at(&self, place: &Place) -> Result<Option<PaymentIntentId>, Failure> {
        let of = |session: Option<Stored<Session>>| {
            session.and_then(|s| s.value.story.purpose.payment_intent().cloned())
        };
        Ok(match &place.about {
            About::New(intent) => intent.clone(),
            About::Session(id) => of(self.find(Some(&place.scope), id.as_str()).await?),
            About::Shown => {
                let terminal = place.terminal.as_str();
                let machine = self.find::<Machine>(Some(&place.scope), terminal).await?;
                match machine.and_then(|m| m.value.session) {
                    Some(id) => of(self.find(Some(&place.scope), id.as_str()).await?),
                    None => None,
                }
            }
        })
    }

    async fn loaded(
        &self,
        place: &Place,
        intent: Option<&PaymentIntentId>,
    ) -> Result<Loaded, Failure> {
        let scope = Some(&place.scope);
        let machine: Option<Stored<Machine>> = self.find(scope, place.terminal.as_str()).await?;
        let machine = machine.ok_or(NO_TERMINAL)?;
        let session = match &place.about {
            About::New(_) => None,
            About::Session(id) => Some(self.find(scope, id.as_str()).await?.ok_or(NO_SESSION)?),
            About::Shown => match &machine.value.session {
                Some(id) => self.find(scope, id.as_str()).await?,
                None => None,
            },
        };
        let intent = match intent {
            Some(id) => {
                let found = self.find_intent(&place.scope, id).await?;
                Some(found.ok_or(crate::reading::NO_INTENT)?)
            }
            None => None,
        };
        Ok(Loaded {
            machine,
            session,
            intent,
        })
    }

    /// What the end of an attempt does to the machine it was made on, to go
    /// into the commit that writes the outcome.
    pub(crate) async fn with_machine(
        &self,
        attempt: &Attempt,
        decision: Decision,
        outcome: &Outcome,
    ) -> Result<(Decision, Vec<RecordWrite>), Failure> {
        match &attempt.in_person {
            None => Ok((decision, Vec::new())),
            // Seldom so, and it takes much room.
            Some(way) => Box::pin(self.with_machine_of(way, decision, outcome)).await,
        }
    }

    async fn with_machine_of(
        &self,
        way: &InPerson,
        decision: Decision,
        outcome: &Outcome,
    ) -> Result<(Decision, Vec<RecordWrite>), Failure> {
        let scope = decision.intent.scope.clone();
        let account = self.account(&scope.account).await?;
        let place = Place {
            scope,
            terminal: way.terminal.clone(),
            about: About::Session(way.session.clone()),
        };
        let loaded = self.loaded(&place, None).await?;
        let mut counter = Counter::new(
            loaded.machine.value.clone(),
            loaded.session.as_ref().map(|s| s.value.clone()),
            Some(PaymentIntent::clone(&decision.intent)),
            &account.name,
        );
        let now = self.now(&place.scope);
        counter.concluded(Some(decision.clone()), outcome, now);
        let turn = counter.turn(now);
        let records = writes(&turn, &loaded)?;
        Ok((turn.decision.unwrap_or(decision), records))
    }

    /// Tells whoever watches that machine.
    pub(crate) fn machine_changed(&self, terminal: &TerminalId) {
        // Nobody may be watching.
        let _ = self.0.machines.send(terminal.clone());
    }
}

fn writes(turn: &Turn, loaded: &Loaded) -> Result<Vec<RecordWrite>, Failure> {
    let mut records = vec![RecordWrite::put(
        &turn.machine,
        Some(loaded.machine.version),
    )?];
    if let Some(session) = &turn.session {
        let expected = loaded.session.as_ref().map(|s| s.version);
        records.push(RecordWrite::put(session, expected)?);
    }
    Ok(records)
}
