//! Why an order was not listed, chosen or paid, over HTTP.

use http::StatusCode;
use tatami_core::problem::Refusal;
use tatami_engine::ports::pos::{PosFailure, PosFailureKind};
use tatami_engine::{Failure, TableFailure};
use tatami_http::problem::Problem;

/// A failure as it is answered.
pub(crate) fn problem(failure: TableFailure) -> Problem {
    match failure {
        TableFailure::Pos(failure) => of_pos(&failure),
        // The machine is not one that a till asks for.
        TableFailure::Other(Failure::Refused(
            Refusal::TerminalBusy(why) | Refusal::TerminalUnavailable(why),
        )) => Problem::new(StatusCode::CONFLICT, why),
        TableFailure::Other(failure) => failure.into(),
    }
}

fn of_pos(failure: &PosFailure) -> Problem {
    let status = match failure.kind {
        PosFailureKind::NotRegistered => StatusCode::CONFLICT,
        PosFailureKind::NotSent | PosFailureKind::Unanswered => StatusCode::GATEWAY_TIMEOUT,
        PosFailureKind::Nonsense => StatusCode::BAD_GATEWAY,
        PosFailureKind::Refused {
            not_found: true, ..
        } => StatusCode::NOT_FOUND,
        PosFailureKind::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, failure.words.clone())
}
