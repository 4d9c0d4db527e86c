//! The sandbox's virtual card machines: looking at them, and doing to them what
//! people do.

use axum::extract::{Path, State};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tatami_core::account::Scope;
use tatami_core::card::{CardEntry, CardNumber, Cv2, Expiry};
use tatami_core::id::TerminalId;
use tatami_core::problem::Violation;
use tatami_core::secret::SecretText;
use tatami_engine::{Engine, Failure};
use tatami_http::input::{AsDocumented, Input, refuse};
use tatami_http::openapi::{BadRequest, Conflict, Forbidden, NotFound, Unauthorized};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;
use tatami_http::{LOOK_EVERY, LastState, Watched, live};
use tokio::sync::broadcast::Receiver;

use super::controls::{self, Pressed};
use super::wire::{
    CardMachine, CardMachineActionRequest, CardMachineNextOutcomeRequest, CardMachinePaceRequest,
    CardMachineWalletCard,
};
use super::{Action, wallet};
use crate::SandboxState;
use crate::controls::key::Sandbox;

/// List virtual card machines
///
/// Returns the virtual card machines of the account's sandbox and what they show.
#[utoipa::path(
    get,
    path = "/sandbox/card-machines",
    operation_id = "Sandbox_ListCardMachines",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The virtual card machines of the account.", body = Vec<CardMachine>),
        Unauthorized, Forbidden,
    )
)]
pub async fn list_machines(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    let views = controls::views(&state.engine, &scope).await?;
    let machines: Vec<CardMachine> = views.iter().map(Into::into).collect();
    Ok(reply_json(&machines))
}

/// Retrieve a virtual card machine
///
/// Returns what the machine shows and has printed, and the actions that are
/// possible.
#[utoipa::path(
    get,
    path = "/sandbox/card-machines/{tid}",
    operation_id = "Sandbox_GetCardMachine",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn get_machine(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
) -> Result<Response, Problem> {
    let view = controls::view_of_tid(&state.engine, &scope, &tid).await?;
    Ok(reply_json(&CardMachine::from(&view)))
}

/// List the test cards for card machines
///
/// Returns the test cards that can be presented to a virtual card machine.
#[utoipa::path(
    get,
    path = "/sandbox/card-machines/wallet",
    operation_id = "Sandbox_ListWallet",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The test cards that can be presented.", body = Vec<CardMachineWalletCard>),
        Unauthorized, Forbidden,
    )
)]
pub async fn list_wallet(Sandbox(_): Sandbox) -> Response {
    let cards = wallet::cards();
    let cards: Vec<CardMachineWalletCard> = cards.iter().map(Into::into).collect();
    reply_json(&cards)
}

/// Use a virtual card machine
///
/// `insert`, `tap`, `swipe`, `tap-device` and `key-in` present a test card; `pin`
/// needs `digits`, `tip` an `amount` and `signature` a decision in `accepted`. The
/// machine's `actions` lists what is possible now.
#[utoipa::path(
    post,
    path = "/sandbox/card-machines/{tid}/{action}",
    operation_id = "Sandbox_PressCardMachine",
    tag = "Sandbox",
    params(
        ("tid" = String, Path, description = "Number that is printed on the card machine."),
        ("action" = String, Path, description = "Name of the action, such as `insert` or `pin`."),
    ),
    request_body = Option<CardMachineActionRequest>,
    responses(
        (status = 200, description = "The card machine after the action.", body = CardMachine),
        BadRequest, Unauthorized, Forbidden, NotFound, Conflict,
    )
)]
pub async fn press(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path((tid, action)): Path<(String, String)>,
    input: Input,
) -> Result<Response, Problem> {
    let newest = &AsDocumented;
    let (request, broken) = input.read_or_nothing::<CardMachineActionRequest>(newest)?;
    refuse(broken)?;
    let Some(action) = Action::from_word(&action) else {
        return Err(Problem::not_found("action"));
    };
    let pressed = pressed(action, request)?;
    if let Pressed::Typed(card) = &pressed {
        refuse(input.misplaced(&card.number, "Number"))?;
    }
    let view = controls::press(&state.engine, &scope, &tid, pressed).await?;
    Ok(reply_json(&CardMachine::from(&view)))
}

fn pressed(action: Action, request: CardMachineActionRequest) -> Result<Pressed, Problem> {
    let missing = |field: &str| Problem::field(field, format!("The {field} field is required."));
    Ok(match action {
        Action::KeyIn if request.card.is_none() => Pressed::Typed(typed(request)?),
        Action::Insert | Action::Tap | Action::Swipe | Action::TapDevice | Action::KeyIn => {
            Pressed::Card(action, request.card.ok_or_else(|| missing("Card"))?)
        }
        Action::Pin => Pressed::Pin(request.digits.ok_or_else(|| missing("Digits"))?),
        Action::Tip => Pressed::Tip(request.amount.ok_or_else(|| missing("Amount"))?),
        Action::Signature => {
            Pressed::Signature(request.accepted.ok_or_else(|| missing("Accepted"))?)
        }
        _ => Pressed::Plain(action),
    })
}

/// A card as it was typed on the machine.
fn typed(request: CardMachineActionRequest) -> Result<CardEntry, Problem> {
    let mut broken = Vec::new();
    let number = request.number.as_ref().map(SecretText::reveal);
    let number = number.and_then(CardNumber::parse);
    if number.is_none() {
        broken.push(Violation::new(
            "Number",
            "The Number must be a card number.",
        ));
    }
    let expiry = request.expiry.as_ref().map(SecretText::reveal);
    let expiry = expiry.and_then(Expiry::parse);
    if expiry.is_none() {
        broken.push(Violation::new(
            "Expiry",
            "The Expiry must be of the form MM/YY.",
        ));
    }
    let cv2 = match (request.cv2.as_ref().map(SecretText::reveal), &number) {
        (Some(text), Some(number)) if !text.is_empty() => {
            let cv2 = Cv2::parse(text, number.scheme());
            if cv2.is_none() {
                let rule = "The Cv2 must be the security code of the card.";
                broken.push(Violation::new("Cv2", rule));
            }
            cv2
        }
        _ => None,
    };
    refuse(broken)?;
    let (Some(number), Some(expiry)) = (number, expiry) else {
        return Err(Problem::field(
            "Number",
            "The Number must be a card number.",
        ));
    };
    Ok(CardEntry {
        number,
        expiry,
        cv2,
        holder: String::new(),
    })
}

/// Set the outcome of the next payment on a card machine
///
/// Overrides the machine's script for its next payment. Works for every virtual
/// card machine.
#[utoipa::path(
    put,
    path = "/sandbox/card-machines/{tid}/next-outcome",
    operation_id = "Sandbox_SetNextOutcome",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    request_body = CardMachineNextOutcomeRequest,
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn set_next_outcome(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
    input: Input,
) -> Result<Response, Problem> {
    let request: CardMachineNextOutcomeRequest = input.valid(&AsDocumented)?;
    let script = request.script();
    let view = controls::set_next_outcome(&state.engine, &scope, &tid, script).await?;
    Ok(reply_json(&CardMachine::from(&view)))
}

/// Clear the outcome of the next payment on a card machine
///
/// The machine follows its own script again.
#[utoipa::path(
    delete,
    path = "/sandbox/card-machines/{tid}/next-outcome",
    operation_id = "Sandbox_ClearNextOutcome",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn clear_next_outcome(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
) -> Result<Response, Problem> {
    let view = controls::set_next_outcome(&state.engine, &scope, &tid, None).await?;
    Ok(reply_json(&CardMachine::from(&view)))
}

/// Set the speed of the virtual card machines
///
/// Applies to all virtual card machines of the account's sandbox.
#[utoipa::path(
    put,
    path = "/sandbox/card-machines/pace",
    operation_id = "Sandbox_SetPace",
    tag = "Sandbox",
    request_body = CardMachinePaceRequest,
    responses(
        (status = 204, description = "The speed was set."),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn set_pace(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    input: Input,
) -> Result<Response, Problem> {
    let request: CardMachinePaceRequest = input.valid(&AsDocumented)?;
    let Some(pace) = request.pace else {
        return Err(Problem::field("Pace", "The Pace field is required."));
    };
    controls::set_pace(&state.engine, &scope, pace.into()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Watch a virtual card machine
///
/// Sends the state of the machine as server-sent events: once at the start and each
/// time it changes.
#[utoipa::path(
    get,
    path = "/sandbox/card-machines/{tid}/live",
    operation_id = "Sandbox_WatchCardMachine",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    responses(
        (status = 200, description = "One event for each state, with the card machine as JSON.", content_type = "text/event-stream", body = String),
        Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn watch(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
) -> Result<Response, Problem> {
    let changes = state.engine.terminals().changes();
    let terminal = state.engine.terminals().get_by_tid(&scope, &tid).await?;
    let watched = WatchedMachine {
        engine: state.engine.clone(),
        scope,
        terminal: terminal.id,
        tid,
        changes,
        last: LastState::default(),
    };
    Ok(live(watched, state.load_shed.clone()))
}

struct WatchedMachine {
    engine: Engine,
    scope: Scope,
    terminal: TerminalId,
    tid: String,
    changes: Receiver<TerminalId>,
    last: LastState,
}

impl Watched for WatchedMachine {
    async fn look(&mut self) -> Result<Option<Event>, Failure> {
        let view = controls::view_of_tid(&self.engine, &self.scope, &self.tid).await?;
        let state = serde_json::to_string(&CardMachine::from(&view));
        let state = state.map_err(|error| Failure::Unavailable(error.to_string()))?;
        Ok(self.last.changed_to(state))
    }

    /// Until the machine changed here, or may have changed elsewhere.
    async fn wait(&mut self) {
        let changed = async {
            // To have missed some is as good as a change.
            while let Ok(terminal) = self.changes.recv().await {
                if terminal == self.terminal {
                    break;
                }
            }
        };
        let _may_have = tokio::time::timeout(LOOK_EVERY, changed).await;
    }
}
