//! One decision at a terminal: load, decide, let the gateway follow, commit.

use tatami_core::Facts;
use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, TerminalId, TerminalSessionId};
use tatami_core::payment_intent::{Attempt, Decision, InPerson, Outcome, PaymentIntent};
use tatami_core::problem::Refusal;
use tatami_core::terminal::Terminal;
use tatami_core::terminal_session::{Changes, Counter, Session};
use tatami_core::time::Timestamp;

use super::Counters;
use crate::command::{Decided, Ran};
use crate::locks::Held;
use crate::ports::answers::{Answer, Done};
use crate::ports::documents::{Aggregate, DocumentKind, DocumentWrite};
use crate::ports::jobs::Job;
use crate::ports::store::Stored;
use crate::ports::terminal::Device;
use crate::{Call, Failure};

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
    Session(TerminalSessionId),
    /// One that is to be made, of that intent.
    New(Option<PaymentIntentId>),
}

/// What there is at a place.
struct Loaded {
    terminal: Stored<Terminal>,
    device: (Device, Option<i64>),
    session: Option<Stored<Session>>,
    intent: Option<Stored<PaymentIntent>>,
}

/// What happened at a terminal.
pub(crate) struct Happened {
    /// The session on which the caller is to go on with what is due: no other program
    /// may.
    pub(crate) goes_on: Option<TerminalSessionId>,
    /// With a request, its answer: the session.
    pub(crate) answer: Option<Answer>,
}

/// A rule over what a gateway keeps of a device and what the device is used for.
pub(crate) trait DeviceRule:
    Fn(&mut Device, &mut Counter, &mut Facts<'_>) -> Result<(), Failure> + Send + Sync
{
}
impl<F> DeviceRule for F where
    F: Fn(&mut Device, &mut Counter, &mut Facts<'_>) -> Result<(), Failure> + Send + Sync
{
}

impl Counters<'_> {
    /// Lets something happen at a terminal.
    pub(crate) async fn at_counter(
        self,
        place: &Place,
        rule: impl Fn(&mut Counter, &mut Facts<'_>) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<Happened, Failure> {
        let rule = |_: &mut Device, counter: &mut Counter, facts: &mut Facts<'_>| {
            Ok(rule(counter, facts)?)
        };
        self.at_device(place, None, rule).await
    }

    /// The same, with what its gateway keeps of it. The session is the answer to the
    /// request, if there is one.
    pub(crate) async fn at_device(
        self,
        place: &Place,
        call: Option<&Call>,
        rule: impl DeviceRule,
    ) -> Result<Happened, Failure> {
        let lock = Some(place.terminal.as_str());
        let ran = self
            .0
            .command(call, lock, || self.decided_at(place, call, &rule));
        // The locks of terminal and intent end here, before anything else is done.
        Ok(match ran.await? {
            Ran::Before(answer) => Happened {
                goes_on: None,
                answer: Some(answer),
            },
            Ran::Now((happened, _intent), _terminal) => {
                self.0.terminals().changed(&place.terminal);
                happened
            }
        })
    }

    async fn decided_at(
        self,
        place: &Place,
        call: Option<&Call>,
        rule: &impl DeviceRule,
    ) -> Result<Decided<(Happened, Held)>, Failure> {
        let account = self.0.account(&place.scope.account).await?;
        // The intent is known by its session, which never changes it.
        let intent = self.intent_at(place).await?;
        let held = self
            .0
            .locks
            .hold_known(intent.as_ref().map(PaymentIntentId::as_str));
        let held = held.await;
        let mut loaded = self.loaded(place, intent.as_ref()).await?;
        let mut counter = loaded.counter(&account.name);
        let mut changes = self.0.with_facts(&place.scope, |facts| {
            rule(&mut loaded.device.0, &mut counter, facts)?;
            self.followed(&mut loaded.device.0, counter, facts)
        })?;
        let documents = loaded.writes(&changes)?;
        let claims = self.claims_on(&changes, &loaded);
        let decision = changes.decision.take().zip(loaded.intent.as_ref());
        let mut commit = match decision {
            Some((decision, intent)) => {
                self.0
                    .payment_intents()
                    .commit_of(decision, Some(intent.version))
                    .await?
            }
            None => self.0.commit_of(&place.scope, Vec::new()),
        };
        commit.documents.extend(documents);
        let answer = match (call, &changes.session) {
            (Some(call), Some(session)) => {
                let done = Done::TerminalSession(Box::new(session.clone()));
                let answer = self.0.parts.answers.write(&account, &done, call.version);
                commit.idempotency = self.0.store_answer(call, &answer);
                Some(answer)
            }
            _ => None,
        };
        let goes_on = changes.session.filter(|_| !claims.is_empty());
        commit.claims = claims;
        let happened = Happened {
            goes_on: goes_on.map(|session| session.story.id),
            answer,
        };
        Ok(Decided::change(commit, (happened, held)))
    }

    /// Lets the gateway follow what was decided.
    fn followed(
        self,
        device: &mut Device,
        mut counter: Counter,
        facts: &mut Facts<'_>,
    ) -> Result<Changes, Failure> {
        if let Some(gateway) = self.0.terminal_gateway(device.scope.environment) {
            gateway.follow(device, &mut counter, facts)?;
        }
        Ok(counter.into_changes(facts.now))
    }

    /// Claims on what is written and due now: the caller goes on with it.
    fn claims_on(self, changes: &Changes, loaded: &Loaded) -> Vec<Job> {
        let scope = &loaded.terminal.value.scope;
        let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= self.0.now(scope));
        let session = changes.session.as_ref();
        let session = session.filter(|session| loaded.changes(session) && is_due(session.due_at()));
        let session = session.map(|s| {
            self.0
                .jobs()
                .lease(DocumentKind::TerminalSession, s.story.id.as_str())
        });
        let device = &loaded.device.0;
        let device =
            is_due(device.due_at).then(|| self.0.jobs().lease(DocumentKind::Device, device.id()));
        session.into_iter().chain(device).collect()
    }

    async fn intent_at(self, place: &Place) -> Result<Option<PaymentIntentId>, Failure> {
        let of = |session: Option<Stored<Session>>| {
            session.and_then(|s| s.value.story.purpose.payment_intent().cloned())
        };
        Ok(match &place.about {
            About::New(intent) => intent.clone(),
            About::Session(id) => of(self.0.find(Some(&place.scope), id.as_str()).await?),
            About::Shown => {
                let terminal = place.terminal.as_str();
                let found = self
                    .0
                    .find::<Terminal>(Some(&place.scope), terminal)
                    .await?;
                match found.and_then(|found| found.value.session) {
                    Some(id) => of(self.0.find(Some(&place.scope), id.as_str()).await?),
                    None => None,
                }
            }
        })
    }

    async fn loaded(
        self,
        place: &Place,
        intent: Option<&PaymentIntentId>,
    ) -> Result<Loaded, Failure> {
        let scope = Some(&place.scope);
        let terminal: Option<Stored<Terminal>> =
            self.0.find(scope, place.terminal.as_str()).await?;
        let terminal = terminal.ok_or(NO_TERMINAL)?;
        let device = self.0.terminals().device_at(&terminal.value).await?;
        let session = match &place.about {
            About::New(_) => None,
            About::Session(id) => Some(self.0.find(scope, id.as_str()).await?.ok_or(NO_SESSION)?),
            About::Shown => match &terminal.value.session {
                Some(id) => self.0.find(scope, id.as_str()).await?,
                None => None,
            },
        };
        let intent = match intent {
            Some(id) => {
                let found = self.0.payment_intents().find(&place.scope, id).await?;
                Some(found.ok_or(crate::payment_intents::NO_INTENT)?)
            }
            None => None,
        };
        Ok(Loaded {
            terminal,
            device,
            session,
            intent,
        })
    }

    /// What the end of an attempt does to the machine it was made on, to go
    /// into the commit that writes the outcome.
    pub(crate) async fn with_machine(
        self,
        attempt: &Attempt,
        decision: Decision,
        outcome: &Outcome,
    ) -> Result<(Decision, Vec<DocumentWrite>), Failure> {
        match &attempt.in_person {
            None => Ok((decision, Vec::new())),
            // Seldom so, and it takes much room.
            Some(way) => Box::pin(self.with_machine_of(way, decision, outcome)).await,
        }
    }

    async fn with_machine_of(
        self,
        way: &InPerson,
        decision: Decision,
        outcome: &Outcome,
    ) -> Result<(Decision, Vec<DocumentWrite>), Failure> {
        let scope = decision.intent.scope.clone();
        let account = self.0.account(&scope.account).await?;
        let place = Place {
            scope,
            terminal: way.terminal.clone(),
            about: About::Session(way.session.clone()),
        };
        let mut loaded = self.loaded(&place, None).await?;
        let mut counter = Counter::new(
            loaded.terminal.value.clone(),
            loaded.session.as_ref().map(|s| s.value.clone()),
            Some(PaymentIntent::clone(&decision.intent)),
            &account.name,
        );
        let changes = self.0.with_facts(&place.scope, |facts| {
            counter.concluded(Some(decision.clone()), outcome, facts.now);
            self.followed(&mut loaded.device.0, counter, facts)
        })?;
        let documents = loaded.writes(&changes)?;
        Ok((changes.decision.unwrap_or(decision), documents))
    }
}

impl Loaded {
    fn counter(&self, trader: &str) -> Counter {
        Counter::new(
            self.terminal.value.clone(),
            self.session.as_ref().map(|s| s.value.clone()),
            self.intent.as_ref().map(|i| i.value.clone()),
            trader,
        )
    }

    fn changes(&self, session: &Session) -> bool {
        self.session.as_ref().is_none_or(|s| s.value != *session)
    }

    /// The device is always written, so that of two decisions that race one is decided
    /// anew; the others only if they changed: a claim on them stays where it is.
    fn writes(&self, changes: &Changes) -> Result<Vec<DocumentWrite>, Failure> {
        let (device, version) = &self.device;
        let mut documents = vec![DocumentWrite::put(device, *version)?];
        if changes.terminal != self.terminal.value {
            let expected = Some(self.terminal.version);
            documents.push(DocumentWrite::put(&changes.terminal, expected)?);
        }
        if let Some(session) = changes.session.as_ref().filter(|s| self.changes(s)) {
            let expected = self.session.as_ref().map(|s| s.version);
            documents.push(DocumentWrite::put(session, expected)?);
        }
        Ok(documents)
    }
}
