//! `GET /terminals`.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use tatami_core::id::TerminalId;
use tatami_core::terminal::TerminalStatus as Status;
use tatami_http::input::Id;
use tatami_http::openapi::VersionHeader;
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;

use super::till::{
    TerminalBadHeader, TerminalBadRequest, TerminalForbidden, TerminalNotFound,
    TerminalUnauthorized, Till, TillHeaders,
};
use crate::ApiState;
use crate::wire::terminal::{Terminal, TerminalStatus};

/// List terminals
///
/// Returns all terminals of the account, or those with one of the given statuses.
#[utoipa::path(
    get,
    path = "/terminals",
    operation_id = "Terminals_ListTerminals",
    tag = "Terminals",
    params(
        VersionHeader,
        TillHeaders,
        ("statuses" = Option<Vec<TerminalStatus>>, Query, description = "Only terminals with one of these statuses."),
    ),
    responses(
        (status = 200, description = "The terminals of the account.", body = Vec<Terminal>),
        TerminalBadRequest, TerminalUnauthorized, TerminalForbidden,
    )
)]
pub async fn list(
    State(state): State<ApiState>,
    till: Till,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let wanted = wanted(query.as_deref().unwrap_or_default())?;
    let machines = state.engine.terminals().list(&till.caller.scope).await?;
    let shown = machines
        .iter()
        .filter(|machine| wanted.is_empty() || wanted.contains(&machine.status()));
    let terminals: Vec<Terminal> = shown.map(Into::into).collect();
    Ok(reply_json(&terminals))
}

/// The statuses that a query names, repeated or with commas between them.
fn wanted(query: &str) -> Result<Vec<Status>, Problem> {
    let named = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| {
            let name = name.trim_end_matches("[]");
            name.eq_ignore_ascii_case("statuses") || name.eq_ignore_ascii_case("status")
        })
        .map(|(_, value)| value.into_owned())
        .collect::<Vec<_>>();
    named
        .iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(|value| {
            Status::from_name(value).ok_or_else(|| {
                let rule = "The Statuses must be one or more of Available, Offline and InUse.";
                Problem::field("Statuses", rule)
            })
        })
        .collect()
}

/// Retrieve a terminal
///
/// Returns a terminal by its id.
#[utoipa::path(
    get,
    path = "/terminals/{terminalId}",
    operation_id = "Terminals_GetTerminal",
    tag = "Terminals",
    params(
        ("terminalId" = String, Path, description = "Id of the terminal, beginning with `tm_`."),
        VersionHeader,
        TillHeaders,
    ),
    responses(
        (status = 200, description = "The terminal as it is now.", body = Terminal),
        TerminalBadHeader, TerminalUnauthorized, TerminalForbidden, TerminalNotFound,
    )
)]
pub async fn get(
    State(state): State<ApiState>,
    till: Till,
    Id(id): Id<TerminalId>,
) -> Result<Response, Problem> {
    let machine = state
        .engine
        .terminals()
        .get(&till.caller.scope, &id)
        .await?;
    Ok(reply_json(&Terminal::from(&machine)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_as_clients_write_them() {
        use Status::{Available, InUse, Offline};
        for (query, statuses) in [
            ("", vec![]),
            ("statuses=", vec![]),
            ("other=1", vec![]),
            ("statuses=Available", vec![Available]),
            (
                "statuses=available&statuses=Offline",
                vec![Available, Offline],
            ),
            ("statuses=Available,InUse", vec![Available, InUse]),
            ("statuses[]=Busy", vec![InUse]),
            ("Statuses=Available%2COffline", vec![Available, Offline]),
        ] {
            assert_eq!(wanted(query), Ok(statuses), "{query}");
        }
        assert_eq!(wanted("statuses=Lost").expect_err("refused").status(), 400);
    }
}
