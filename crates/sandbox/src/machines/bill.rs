//! The bill of the chosen order, printed on the machine.

use serde::{Deserialize, Serialize};
use tatami_core::account::Scope;
use tatami_core::problem::Refusal;
use tatami_core::terminal::Terminal;
use tatami_core::time::Timestamp;
use tatami_engine::TableFailure;
use tatami_engine::ports::pos::PosFailure;
use tatami_epos::{Origin, Paper, Pos as _};

use super::controls;
use crate::SandboxState;

/// A bill that was printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PrintedBill {
    /// The order, by its id at the POS.
    pub(crate) order_id: String,
    /// When it was printed.
    pub(crate) at: Timestamp,
    pub(crate) paper: Paper,
}

/// Asks the POS for the bill of the order that is chosen on a machine, and prints it.
pub(crate) async fn print(
    state: &SandboxState,
    scope: &Scope,
    terminal: &Terminal,
) -> Result<(), TableFailure> {
    let engine = &state.engine;
    let visit = engine.tables().visit(scope, &terminal.id).await?;
    let chosen = visit.and_then(|view| Some((view.visit.order.clone()?, view.visit)));
    let Some((order_id, visit)) = chosen else {
        let rule = "No order is chosen on the card machine.";
        return Err(Refusal::Conflict(rule.to_owned()).into());
    };
    let origin = Origin {
        request_id: engine.documents().new_id(),
        waiter_id: visit.waiter_id,
        product: Some("Pay at Table"),
        device_id: Some(terminal.id.to_string()),
        device_type: Some("Dojo Terminal"),
    };
    let pos = controls::pos(state)?.merchant(scope, &visit.house)?;
    let bill = pos
        .bill(&origin, &order_id)
        .await
        .map_err(PosFailure::from)?;
    let printed = PrintedBill {
        order_id,
        at: engine.now(scope),
        paper: Paper::of(&bill),
    };
    let keep = move |machine: &mut super::Machine| machine.bill = Some(printed.clone());
    Ok(controls::change(engine, terminal, keep).await?)
}
