//! The tester tool: flows that call a POS as products do, and tell its developer step by
//! step what was sent, what came back and what to do about it.

mod answers;
mod calls;
mod catalog;
mod paying;
mod run;
mod runner;
mod stories;

use std::collections::BTreeMap;
use std::sync::Arc;

use tatami_core::account::Scope;
use tatami_core::problem::{Refusal, Violation};
use tatami_engine::{Engine, Failure, Nodes};
use tokio::sync::Mutex;

pub use catalog::{Flow, Param, flow_of_method, flows};
pub use run::{FlowRun, Status};

use self::catalog::What;
use self::runner::Runner;
use crate::integration::Registry;
use crate::links::Links;

/// Flows of a scope that run at the same time.
const MAX_RUNNING: usize = 4;
/// Flows of a scope that can be read.
const MAX_KEPT: usize = 50;
/// Parameters that have to be numbers.
const NUMBERS: [&str; 4] = ["amount", "covers", "parts", "tip"];

/// Starts flows and tells how they go. Cheap to clone.
#[derive(Clone)]
pub struct Tester {
    engine: Engine,
    registry: Registry,
    links: Links,
    /// Held while a flow is started, so that they are counted.
    starting: Arc<Mutex<()>>,
}

impl Tester {
    /// Tests of POS systems that are registered and linked so.
    pub fn new(engine: Engine, registry: Registry, links: Links) -> Self {
        Self {
            engine,
            registry,
            links,
            starting: Arc::default(),
        }
    }

    const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Starts a flow with the POS of a scope, or of one software house of it; the id of
    /// what was started.
    ///
    /// # Errors
    /// If there is no such flow, a parameter is missing, or too many flows run.
    pub async fn start(
        &self,
        scope: &Scope,
        house: Option<String>,
        name: &str,
        given: &BTreeMap<String, String>,
    ) -> Result<String, Failure> {
        let flow = flows().into_iter().find(|flow| flow.name == name.trim());
        let flow = flow.ok_or_else(|| {
            let rule = "There is no flow of this name. GET /epos-tester-tool/flows lists them.";
            Refusal::invalid("Flow", rule)
        })?;
        let params = params(&flow, given)?;
        let run = FlowRun {
            id: self.engine.documents().new_uuid(),
            scope: scope.clone(),
            name: format!("{} through EPOS Data API", flow.name),
            status: Status::InProgress,
            started_at: self.engine.now(scope),
            finished_at: None,
            steps: Vec::new(),
            node: self.links.gateway.node().map(str::to_owned),
            alive_until: self.engine.machine_now() + runner::WRITTEN_WITHIN,
        };
        self.keep(&run).await?;
        let id = run.id.clone();
        let mut runner = Runner::new(self.clone(), run, house, params);
        tokio::spawn(async move {
            // What went wrong is in the steps.
            let _ = match flow.what {
                What::Call(capability) => calls::call(&mut runner, capability).await,
                What::Story(story) => stories::tell(&mut runner, story).await,
                What::Pay(way) => paying::pay(&mut runner, way).await,
            };
            runner.end().await;
        });
        Ok(id)
    }

    /// Keeps a flow that is about to run, in place of the oldest if there are many.
    async fn keep(&self, run: &FlowRun) -> Result<(), Failure> {
        let _one_at_a_time = self.starting.lock().await;
        let (documents, scope) = (self.engine.documents(), &run.scope);
        let there: Vec<FlowRun> = documents.list(scope, MAX_KEPT).await?;
        let now = self.engine.machine_now();
        let running = there.iter().filter(|run| run.is_running(now)).count();
        if running >= MAX_RUNNING {
            let why = format!("{MAX_RUNNING} flows run already. Start more when one has ended.");
            return Err(Refusal::Conflict(why).into());
        }
        if let Some(oldest) = there.get(MAX_KEPT - 1) {
            let deleted = documents.change::<FlowRun>(scope, &oldest.id, |_| Ok(None));
            deleted.await?;
        }
        let kept = documents.change(scope, &run.id, |_| Ok(Some(run.clone())));
        kept.await.map(|_| ())
    }

    /// How a flow of a scope goes.
    ///
    /// # Errors
    /// If there is none of that id.
    pub async fn read(&self, scope: &Scope, id: &str) -> Result<FlowRun, Failure> {
        let documents = self.engine.documents();
        let found: Option<FlowRun> = documents.find(scope, id).await?;
        let found = found.ok_or(Refusal::NotFound("flow"))?;
        let is_running = found.is_running(self.engine.machine_now()) && !self.is_gone(&found).await;
        if found.status != Status::InProgress || is_running {
            return Ok(found);
        }
        let ended = end_broken_off(&self.engine, scope, id).await?;
        Ok(ended.ok_or(Refusal::NotFound("flow"))?)
    }

    /// Whether another program that runs a flow has ended.
    async fn is_gone(&self, run: &FlowRun) -> bool {
        match (run.node.as_deref(), self.links.gateway.node()) {
            (Some(node), Some(own)) if node != own => {
                matches!(Nodes::of(&self.engine).is_there(node).await, Ok(false))
            }
            _ => false,
        }
    }
}

/// Ends all flows: nothing else runs them on this storage, and this program has just
/// started.
///
/// # Errors
/// If storage fails.
pub async fn end_all_broken_off(engine: &Engine) -> Result<(), Failure> {
    loop {
        let running = Status::InProgress.word();
        let all: Vec<FlowRun> = engine.documents().of_status(running, MAX_KEPT).await?;
        if all.is_empty() {
            return Ok(());
        }
        for run in all {
            end_broken_off(engine, &run.scope, &run.id).await?;
        }
    }
}

/// Ends a flow whose program stopped while it ran; the flow then, if it is there.
async fn end_broken_off(
    engine: &Engine,
    scope: &Scope,
    id: &str,
) -> Result<Option<FlowRun>, Failure> {
    let at = engine.now(scope);
    let documents = engine.documents();
    let ended = documents.change(scope, id, |found: Option<FlowRun>| {
        Ok(found.map(|run| match run.status {
            Status::InProgress => run.broken_off(at),
            _ => run,
        }))
    });
    ended.await
}

/// The parameters of a flow, with those that were not given as they are then.
fn params(
    flow: &Flow,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let (mut params, mut broken) = (BTreeMap::new(), Vec::new());
    for param in &flow.params {
        let name = param.name;
        let value = given.get(name).map(|value| value.trim());
        let value = value.filter(|value| !value.is_empty()).or(param.default);
        let is_number = |value: &str| value.parse::<u32>().is_ok_and(|number| number > 0);
        let field = format!("Params.{name}");
        match value {
            None if param.is_required => {
                broken.push(Violation::new(
                    field,
                    format!("The {name} field is required."),
                ));
            }
            None => {}
            Some(value) if NUMBERS.contains(&name) && !is_number(value) => {
                let rule = format!("The {name} must be a whole number greater than zero.");
                broken.push(Violation::new(field, rule));
            }
            Some(value) => {
                params.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    match broken.is_empty() {
        true => Ok(params),
        false => Err(Refusal::Invalid(broken)),
    }
}
