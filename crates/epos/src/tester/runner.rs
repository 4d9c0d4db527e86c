//! Carries out the steps of a flow, and writes down what came of each.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tatami_core::account::Scope;
use tatami_core::time::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout};

use super::Tester;
use super::answers;
use super::catalog::method;
use super::run::{FlowRun, Status, Step};
use crate::capability::Capability;
use crate::contract::FaultKind;
use crate::gateway::{ANSWER_WITHIN, Patience};
use crate::integration::{Integration, Transport};
use crate::jsonrpc;
use crate::pos::PosError;
use crate::request::{Origin, Request};

/// What asks a POS.
const PRODUCT: &str = "EPOS Tester";
/// How long a step may take.
pub const STEP_WITHIN: Duration = Duration::from_secs(30);
/// How much longer its end may take to be written.
pub const WRITTEN_WITHIN: SignedDuration = SignedDuration::from_secs(10);
/// The longest text of a note, in characters.
const MAX_NOTE: usize = 2000;

/// The flow is over: its steps say why.
#[derive(Debug)]
pub struct Ended;

/// How a step ended: a result, or how it failed; with notes.
pub type Outcome<T> = (Result<T, Status>, Vec<String>);

/// A flow that runs.
pub struct Runner {
    tester: Tester,
    run: FlowRun,
    house: Option<String>,
    params: BTreeMap<String, String>,
}

/// What a POS answered.
pub struct Answered {
    /// The result.
    pub result: Value,
    /// How long it took.
    pub took: Duration,
}

impl Runner {
    /// Runs a flow that was stored already.
    pub const fn new(
        tester: Tester,
        run: FlowRun,
        house: Option<String>,
        params: BTreeMap<String, String>,
    ) -> Self {
        Self {
            tester,
            run,
            house,
            params,
        }
    }

    /// What runs it.
    pub const fn tester(&self) -> &Tester {
        &self.tester
    }

    /// A parameter; empty if it was not given and has no default.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// A parameter that is a number, which was looked at when the flow was started; 0 if
    /// there is none.
    pub fn number(&self, name: &str) -> u32 {
        self.param(name).parse().unwrap_or_default()
    }

    /// A parameter that may be left out.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.param(name)).filter(|text| !text.is_empty())
    }

    /// The time of the account.
    pub fn now(&self) -> Timestamp {
        self.tester.engine.now(&self.run.scope)
    }

    /// Whose POS is tested.
    pub const fn scope(&self) -> &Scope {
        &self.run.scope
    }

    /// The account.
    pub fn account(&self) -> &str {
        self.run.scope.account.as_str()
    }

    /// A request about what those ids name.
    pub fn request(&self, capability: Capability, ids: &[(&'static str, &str)]) -> Request {
        let origin = Origin {
            request_id: self.tester.engine.documents().new_id(),
            waiter_id: self.given("waiterId").map(str::to_owned),
            product: Some(PRODUCT),
            ..Origin::default()
        };
        Request::new(capability, &origin, ids)
    }

    /// Writes down that a step begins, does it, and ends the flow if it fails.
    pub async fn step<T>(
        &mut self,
        name: impl Into<String>,
        within: Duration,
        work: impl Future<Output = Outcome<T>>,
    ) -> Result<T, Ended> {
        let started_at = self.now();
        self.run.steps.push(Step {
            name: name.into(),
            status: Status::InProgress,
            notes: Vec::new(),
            started_at,
            finished_at: None,
        });
        self.keep(within).await;
        let (done, notes) = timeout(within, work).await.unwrap_or_else(|_| {
            let why = format!("There was no answer within {} seconds", within.as_secs());
            (Err(Status::TimedOut), vec![why])
        });
        let finished_at = Some(self.now());
        if let Some(step) = self.run.steps.last_mut() {
            step.status = *done.as_ref().err().unwrap_or(&Status::Success);
            step.notes = notes.iter().map(|note| cut(note)).collect();
            step.finished_at = finished_at;
        }
        done.map_err(|_| Ended)
    }

    /// The step that looks whether a capability is registered, and by which transport it
    /// is called.
    pub async fn registered(&mut self, capability: Capability) -> Result<Transport, Ended> {
        let name = format!("Check whether {} has been registered", method(capability));
        let (tester, scope) = (self.tester.clone(), self.run.scope.clone());
        let house = self.house.clone();
        let work = async move {
            let serving = tester
                .registry
                .serving(&scope, house.as_deref(), capability);
            match serving.await {
                Ok(Some(integration)) => {
                    let by = integration.serves(capability).map(|(by, _)| by);
                    let by = by.unwrap_or(Transport::Ws);
                    let of = &integration.software_house;
                    let how = match by {
                        Transport::Rest => "over REST",
                        Transport::Ws => "over the WebSocket",
                    };
                    (Ok(by), vec![format!("{of} is called {how}")])
                }
                Ok(None) => (Err(Status::Failure), not_registered(capability)),
                Err(failure) => {
                    tracing::error!(error = %failure, "the registrations of a POS could not be read");
                    let why = "The registrations cannot be read now".to_owned();
                    (Err(Status::Failure), vec![why])
                }
            }
        };
        self.step(name, STEP_WITHIN, work).await
    }

    /// The step that sends a request and holds the answer against the contract.
    pub async fn ask(&mut self, name: &str, request: Request) -> Result<Answered, Ended> {
        let asking = self.asking(request);
        let work = async move {
            let asked = asking.call().await;
            let mut notes = asked.notes;
            match asked.answer {
                Ok(result) => match answers::faults(asking.request.capability, asked.by, &result) {
                    faults if faults.is_empty() => {
                        notes.push("The answer obeys the schema".to_owned());
                        let took = asked.took;
                        (Ok(Answered { result, took }), notes)
                    }
                    faults => {
                        notes.push("The answer does not obey the schema".to_owned());
                        notes.extend(faults);
                        notes.push("Please correct these properties of the answer".to_owned());
                        (Err(Status::Failure), notes)
                    }
                },
                Err(error) => {
                    notes.extend(advice(&error));
                    (Err(status_of(&error, asked.took)), notes)
                }
            }
        };
        self.step(name, STEP_WITHIN, work).await
    }

    /// The step that sends a request which the POS has to refuse in that way.
    pub async fn ask_in_vain(
        &mut self,
        name: &str,
        request: Request,
        wanted: FaultKind,
    ) -> Result<(), Ended> {
        let asking = self.asking(request);
        let work = async move {
            let asked = asking.call().await;
            let mut notes = asked.notes;
            match asked.answer {
                Err(PosError::Refused { fault, .. }) if fault.kind == Some(wanted) => {
                    notes.push("The POS refused the request as it should".to_owned());
                    (Ok(()), notes)
                }
                Err(PosError::Refused { .. }) => {
                    notes.push(format!("Please refuse it with the errorType {wanted:?}"));
                    (Err(Status::Failure), notes)
                }
                Ok(_) => {
                    notes.push(format!("Please refuse the request with {wanted:?}"));
                    (Err(Status::Failure), notes)
                }
                Err(error) => {
                    notes.extend(advice(&error));
                    (Err(status_of(&error, asked.took)), notes)
                }
            }
        };
        self.step(name, STEP_WITHIN, work).await
    }

    fn asking(&self, request: Request) -> Asking {
        Asking {
            tester: self.tester.clone(),
            scope: self.run.scope.clone(),
            house: self.house.clone(),
            request,
        }
    }

    /// The integration that serves a capability.
    pub async fn serving(&self, capability: Capability) -> Option<Integration> {
        let house = self.house.as_deref();
        let registry = &self.tester.registry;
        let found = registry.serving(&self.run.scope, house, capability).await;
        found.ok().flatten()
    }

    /// Ends the flow.
    pub async fn end(mut self) {
        let worst = self.run.steps.iter().map(|step| step.status);
        let worst = worst.fold(Status::Success, |worst, status| match (worst, status) {
            (Status::Success, status) => status,
            (worst, _) => worst,
        });
        self.run.status = worst;
        self.run.finished_at = Some(self.now());
        self.keep(Duration::ZERO).await;
    }

    /// Writes the flow down. The next time is within so long.
    async fn keep(&mut self, within: Duration) {
        let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::ZERO);
        self.run.alive_until = self.tester.engine.machine_now() + within + WRITTEN_WITHIN;
        let run = &self.run;
        let documents = self.tester.engine.documents();
        let kept = documents.change(&run.scope, &run.id, |_| Ok(Some(run.clone())));
        if let Err(error) = kept.await {
            tracing::error!(%error, "a step of a test of a POS was not kept");
        }
    }
}

/// A request on its way.
struct Asking {
    tester: Tester,
    scope: Scope,
    house: Option<String>,
    request: Request,
}

/// What came of a request.
struct Asked {
    by: Transport,
    answer: Result<Value, PosError>,
    took: Duration,
    notes: Vec<String>,
}

impl Asking {
    async fn call(&self) -> Asked {
        let started = Instant::now();
        let capability = self.request.capability;
        let registry = &self.tester.registry;
        let found = registry.serving(&self.scope, self.house.as_deref(), capability);
        let Ok(Some(integration)) = found.await else {
            return Asked {
                by: Transport::Ws,
                answer: Err(PosError::NotRegistered(capability)),
                took: started.elapsed(),
                notes: Vec::new(),
            };
        };
        let by = integration.serves(capability).map(|(by, _)| by);
        let by = by.unwrap_or(Transport::Ws);
        let mut notes = vec![format!("Sent: {}", self.sent(&integration, by))];
        let links = &self.tester.links;
        let answer = links.call(&integration, &self.request, Patience::Reconnect);
        let answer = answer.await;
        let took = started.elapsed();
        notes.push(match &answer {
            Ok(result) => format!("Received after {} ms: {result}", took.as_millis()),
            Err(PosError::Refused { fault, status }) => {
                let status =
                    status.map_or(String::new(), |status| format!(" with status {status}"));
                let kind = fault
                    .kind
                    .map_or("no errorType".to_owned(), |kind| format!("{kind:?}"));
                let message = fault.message.as_deref().unwrap_or("no debugMessage");
                format!(
                    "Received after {} ms{status}: {kind}, {message}",
                    took.as_millis()
                )
            }
            Err(error) => error.to_string(),
        });
        Asked {
            by,
            answer,
            took,
            notes,
        }
    }

    /// The request as it is sent.
    fn sent(&self, integration: &Integration, by: Transport) -> String {
        let request = &self.request;
        match (by, &integration.rest) {
            (Transport::Rest, Some(rest)) => match request.rest(&rest.url) {
                Ok((method, url)) => {
                    let body = request.body.clone().map(Value::Object);
                    let body = body.map_or(String::new(), |body| format!(" {body}"));
                    format!("{method} {url}{body}")
                }
                Err(why) => why.to_owned(),
            },
            _ => {
                let method = request.capability.rpc_method();
                jsonrpc::request(&request.origin.request_id, &method, &request.params())
            }
        }
    }
}

/// What to say about a capability that is not registered.
fn not_registered(capability: Capability) -> Vec<String> {
    let method = method(capability);
    vec![
        format!("{method} method not found"),
        format!("Please register the {method} method on an EPOS Data API adapter"),
    ]
}

fn status_of(error: &PosError, took: Duration) -> Status {
    match error {
        PosError::Unanswered(_) if took >= ANSWER_WITHIN => Status::TimedOut,
        _ => Status::Failure,
    }
}

/// What to do about an error.
fn advice(error: &PosError) -> Vec<String> {
    let advice = match error {
        PosError::NotRegistered(capability) => return not_registered(*capability),
        PosError::NotSent(_) => {
            "Please check that the POS is connected, or that its URL can be reached"
        }
        PosError::Unanswered(_) => {
            "Please answer each request within 10 seconds, over a WebSocket with the id of the request"
        }
        PosError::Nonsense(_) => {
            "Please answer with the JSON that the schema of the capability describes"
        }
        PosError::Refused { fault, .. } => match fault.kind {
            Some(FaultKind::NotFound) => {
                "Please check that the id in the parameters of the flow is one of the POS"
            }
            Some(FaultKind::InvalidRequest) => "Please accept requests of this schema",
            Some(FaultKind::Conflict) => {
                "Please check the state of what the request is about, such as whether it is locked or paid"
            }
            Some(FaultKind::UnexpectedError) => "Please look for the error in the log of the POS",
            None => {
                "Please refuse with a body that has an errorType: NotFound, InvalidRequest, Conflict or UnexpectedError"
            }
        },
    };
    vec![advice.to_owned()]
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(MAX_NOTE).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
