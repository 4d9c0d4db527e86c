//! What is seen in the log of requests. It is by the machine's clock, and there are none if
//! the log is off.

use std::collections::HashMap;

use tatami_core::account::Scope;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::request_log::{LoggedRequest, RequestQuery};
use tatami_engine::{Failure, RequestLog};

/// How many requests are read, newest first.
const LOOKED_THROUGH: usize = 1000;
/// What a till that asks once a second stays under.
const ASKED_WITHIN: SignedDuration = SignedDuration::from_millis(1600);
/// How many questions in a row make one that does.
const ASKED_IN_A_ROW: usize = 3;

/// A request that a row is seen by: its method, its route and the status of its answer. An
/// empty method or route is any.
type Asked = (&'static str, &'static str, u16);

const SESSION: &str = "/terminal-sessions/{terminalSessionId}";

/// The names that pages use, and what they are seen by.
pub(super) const REQUESTS: [(&str, Asked); 17] = [
    ("terminals-listed", ("GET", "/terminals", 200)),
    (
        "intent-read",
        ("GET", "/payment-intents/{paymentIntentId}", 200),
    ),
    ("intents-listed", ("POST", "/payment-intents/search", 200)),
    ("webhooks-listed", ("GET", "/webhooks", 200)),
    ("capabilities-listed", ("GET", "/epos/integrations", 200)),
    (
        "secret-renewed",
        (
            "POST",
            "/payment-intents/{paymentIntentId}/refresh-client-session-secret",
            200,
        ),
    ),
    ("tap-secret", ("POST", "/tap/apple-terminal/secret", 200)),
    ("machine-busy", ("POST", "/terminal-sessions", 409)),
    ("machine-off", ("POST", "/terminal-sessions", 404)),
    (
        "canceled-too-late",
        ("PUT", "/terminal-sessions/{terminalSessionId}/cancel", 422),
    ),
    (
        "rejected-too-late",
        (
            "PUT",
            "/terminal-sessions/{terminalSessionId}/signature",
            422,
        ),
    ),
    (
        "raised-too-late",
        ("POST", "/payment-intents/{paymentIntentId}/amount", 400),
    ),
    (
        "raised-nowhere",
        ("POST", "/payment-intents/{paymentIntentId}/amount", 404),
    ),
    ("error-400", ("", "", 400)),
    ("error-401", ("", "", 401)),
    ("error-422", ("", "", 422)),
    (ASKED_EACH_SECOND, ("GET", SESSION, 200)),
];

/// The row that takes several requests.
const ASKED_EACH_SECOND: &str = "asked-each-second";

/// What was seen last of each, by its name.
pub(super) async fn seen(
    log: Option<&RequestLog>,
    scope: &Scope,
) -> Result<HashMap<&'static str, Timestamp>, Failure> {
    let Some(log) = log else {
        return Ok(HashMap::new());
    };
    let query = RequestQuery {
        limit: LOOKED_THROUGH,
        ..RequestQuery::default()
    };
    let page = log.page(scope, query).await?;
    let requests: Vec<LoggedRequest> = page.into_iter().map(|entry| entry.request).collect();
    Ok(among(&requests))
}

/// What is among requests, the latest first.
fn among(requests: &[LoggedRequest]) -> HashMap<&'static str, Timestamp> {
    let found = REQUESTS.iter().filter_map(|(name, asked)| {
        let found: Vec<&LoggedRequest> = requests.iter().filter(|it| is(it, asked)).collect();
        let at = match *name {
            ASKED_EACH_SECOND => in_a_row(&found),
            _ => found.first().map(|request| request.at),
        };
        Some((*name, at?))
    });
    found.collect()
}

fn is(request: &LoggedRequest, (method, route, status): &Asked) -> bool {
    (method.is_empty() || request.method == *method)
        && (route.is_empty() || request.route == *route)
        && request.status == *status
}

/// When something was asked for again and again without a pause, by requests of the same
/// kind, the latest first.
fn in_a_row(requests: &[&LoggedRequest]) -> Option<Timestamp> {
    let row = requests.windows(ASKED_IN_A_ROW).find(|row| {
        row.windows(2).all(|pair| {
            pair[0].path == pair[1].path && pair[0].at.duration_since(pair[1].at) <= ASKED_WITHIN
        })
    });
    row?.first().map(|request| request.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, route: &str, status: u16, second: i64) -> LoggedRequest {
        LoggedRequest {
            at: Timestamp::from_second(second).expect("a moment"),
            method: method.to_owned(),
            route: route.to_owned(),
            path: route.to_owned(),
            status,
            ..LoggedRequest::default()
        }
    }

    #[test]
    fn rows_are_seen_by_method_route_and_status() {
        let seen = among(&[
            request("POST", "/terminal-sessions", 409, 9),
            request("GET", "/terminals", 200, 8),
            request("GET", "/terminals", 200, 7),
            request("GET", "/terminals", 401, 6),
        ]);
        let at = |name: &str| seen.get(name).map(|at| at.as_second());
        assert_eq!(at("machine-busy"), Some(9));
        assert_eq!(at("terminals-listed"), Some(8));
        assert_eq!(at("error-401"), Some(6));
        assert_eq!(at("machine-off"), None);
    }

    #[test]
    fn a_till_asks_again_and_again_without_a_pause() {
        let asked = |seconds: &[i64]| {
            let requests = seconds.iter().map(|at| request("GET", SESSION, 200, *at));
            let requests: Vec<_> = requests.collect();
            among(&requests)
                .get(ASKED_EACH_SECOND)
                .map(|at| at.as_second())
        };
        assert_eq!(asked(&[9, 8, 7]), Some(9));
        assert_eq!(asked(&[9, 6, 5, 4]), Some(6));
        assert_eq!(asked(&[9, 7, 5, 3]), None);
        assert_eq!(asked(&[9, 8]), None);
    }
}
