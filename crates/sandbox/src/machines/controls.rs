//! Looking at the machines of a sandbox, and doing to them what people do.

use tatami_core::account::Scope;
use tatami_core::card::CardEntry;
use tatami_core::id::TerminalSessionId;
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;
use tatami_core::terminal::Terminal;
use tatami_core::terminal_session::{Receipts, Session};
use tatami_engine::ports::pos::{PosFailure, PosFailureKind};
use tatami_engine::{Engine, Failure, VisitView};
use tatami_epos::PosLinks;

use super::{Action, Machine, Pace, Press, Script, wallet};
use crate::SandboxState;

/// A machine with the session that it shows.
#[derive(Clone, Debug)]
pub(crate) struct MachineView {
    pub(crate) terminal: Terminal,
    pub(crate) machine: Machine,
    pub(crate) session: Option<Session>,
    /// What it printed last.
    pub(crate) receipts: Option<Receipts>,
    /// What its Integration screen shows, if it is open.
    pub(crate) visit: Option<VisitView>,
}

/// An action with what was sent for it.
#[derive(Clone, Debug)]
pub(crate) enum Pressed {
    /// A card of the wallet, by its handle.
    Card(Action, SecretText),
    /// A card whose number is typed.
    Typed(CardEntry),
    Pin(SecretText),
    /// Minor units.
    Tip(i64),
    Signature(bool),
    /// A key or a switch.
    Plain(Action),
}

/// The POS systems of merchants.
///
/// # Errors
/// If the program calls none.
pub(crate) fn pos(state: &SandboxState) -> Result<&PosLinks, PosFailure> {
    let none = || PosFailure::new(PosFailureKind::NotRegistered, "No POS can be called.");
    state.pos.as_ref().ok_or_else(none)
}

/// All machines of a scope.
pub(crate) async fn views(engine: &Engine, scope: &Scope) -> Result<Vec<MachineView>, Failure> {
    let mut views = Vec::new();
    for terminal in engine.terminals().list(scope).await? {
        views.push(view(engine, terminal).await?);
    }
    Ok(views)
}

pub(crate) async fn view_of_tid(
    engine: &Engine,
    scope: &Scope,
    tid: &str,
) -> Result<MachineView, Failure> {
    view(engine, engine.terminals().get_by_tid(scope, tid).await?).await
}

async fn view(engine: &Engine, terminal: Terminal) -> Result<MachineView, Failure> {
    let machine = Machine::of(&engine.terminals().device(&terminal).await?, &terminal.tid)?;
    let last = match &machine.last_session {
        Some(id) => Some(engine.terminals().session(&terminal.scope, id).await?),
        None => None,
    };
    let receipts = last.as_ref().and_then(|session| session.receipts.clone());
    let shows = |id: &TerminalSessionId| terminal.session.as_ref() == Some(id);
    Ok(MachineView {
        session: last.filter(|session| shows(&session.story.id)),
        receipts,
        visit: engine.tables().visit(&terminal.scope, &terminal.id).await?,
        machine,
        terminal,
    })
}

/// Does something to a machine; the machine as it is then.
pub(crate) async fn press(
    engine: &Engine,
    scope: &Scope,
    tid: &str,
    pressed: Pressed,
) -> Result<MachineView, Failure> {
    let terminal = engine.terminals().get_by_tid(scope, tid).await?;
    let typed = match &pressed {
        Pressed::Typed(card) => Some(card.clone()),
        _ => None,
    };
    let press = press_of(pressed)?;
    engine
        .terminals()
        .report(scope, &terminal.id, typed, move |device, counter, facts| {
            let mut machine = Machine::of(device, &counter.terminal().tid)?;
            machine.press(counter, press.clone(), facts)?;
            Ok(machine.keep(device)?)
        })
        .await?;
    view_of_tid(engine, scope, tid).await
}

fn press_of(pressed: Pressed) -> Result<Press, Refusal> {
    Ok(match pressed {
        Pressed::Card(action, handle) => {
            let card = wallet::card(handle.reveal());
            let card = card.ok_or(Refusal::NotFound("card in the wallet"))?;
            match action {
                Action::Insert => Press::Insert(card),
                Action::Tap => Press::Tap(card),
                Action::Swipe => Press::Swipe(card),
                Action::TapDevice => Press::TapDevice(card),
                _ => Press::KeyIn(card),
            }
        }
        Pressed::Typed(card) => Press::Type(card.summary()),
        Pressed::Pin(digits) => Press::Pin(digits),
        Pressed::Tip(minor) => Press::Tip(minor),
        Pressed::Signature(accepted) => Press::Signature(accepted),
        Pressed::Plain(action) => match action {
            Action::RemoveCard => Press::RemoveCard,
            Action::Cancel => Press::Cancel,
            Action::Sign => Press::Sign,
            Action::Menu => Press::Menu,
            Action::LeaveMenu => Press::LeaveMenu,
            Action::PowerOff => Press::PowerOff,
            Action::PowerOn => Press::PowerOn,
            Action::LoseLine => Press::LoseLine,
            Action::RestoreLine => Press::RestoreLine,
            _ => Press::Ok,
        },
    })
}

/// Sets, or takes back, what the next payment on a machine does.
pub(crate) async fn set_next_outcome(
    engine: &Engine,
    scope: &Scope,
    tid: &str,
    script: Option<Script>,
) -> Result<MachineView, Failure> {
    let terminal = engine.terminals().get_by_tid(scope, tid).await?;
    change(engine, &terminal, |machine| machine.next = script).await?;
    view(engine, terminal).await
}

/// Sets how fast the account's machines play.
pub(crate) async fn set_pace(engine: &Engine, scope: &Scope, pace: Pace) -> Result<(), Failure> {
    for terminal in engine.terminals().list(scope).await? {
        change(engine, &terminal, |machine| machine.pace = pace).await?;
    }
    Ok(())
}

pub(crate) async fn change(
    engine: &Engine,
    terminal: &Terminal,
    change: impl Fn(&mut Machine),
) -> Result<(), Failure> {
    let changed = engine.terminals().change_device(terminal, |device| {
        let mut machine = Machine::of(device, &terminal.tid)?;
        change(&mut machine);
        machine.changes += 1;
        Ok(machine.keep(device)?)
    });
    changed.await
}
