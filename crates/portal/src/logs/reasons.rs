//! Why a request was refused, and where the documentation explains it.

use serde_json::Value;
use tatami_engine::ports::request_log::LoggedRequest;

/// A rule that a request broke.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// The field that broke it; empty if it was none.
    pub(super) field: String,
    pub(super) rule: String,
}

type Page = (&'static str, &'static str);

const ERRORS: Page = ("/docs/reference/errors", "Errors and repeats");

/// What the answer says is wrong, if it refuses.
pub(super) fn reasons(request: &LoggedRequest) -> Vec<Reason> {
    let answer = request.bodies.answer.as_deref().unwrap_or_default();
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    // Endpoints of components answer 200 with a code of their own.
    let own_code = answer["statusCode"].as_u64().unwrap_or_default();
    if request.status < 400 && own_code < 5 {
        return Vec::new();
    }
    let fields = answer["errors"].as_object().into_iter().flatten();
    let mut reasons: Vec<Reason> = fields
        .flat_map(|(field, rules)| {
            let rules = rules.as_array().into_iter().flatten();
            rules.filter_map(|rule| {
                Some(Reason {
                    field: field.clone(),
                    rule: rule.as_str()?.to_owned(),
                })
            })
        })
        .collect();
    let sentence = ["detail", "message"]
        .iter()
        .find_map(|name| answer[name].as_str());
    if let Some(sentence) = sentence.filter(|_| reasons.is_empty()) {
        reasons.push(Reason {
            field: String::new(),
            rule: sentence.to_owned(),
        });
    }
    if reasons.is_empty() && request.status >= 400 {
        reasons.push(Reason {
            field: String::new(),
            rule: format!("It was answered with the status {}.", request.status),
        });
    }
    reasons
}

/// The pages that explain it, the closest first.
pub(super) fn pages(request: &LoggedRequest, reasons: &[Reason]) -> Vec<Page> {
    let says = |words: &str| {
        reasons
            .iter()
            .any(|reason| reason.field.contains(words) || reason.rule.contains(words))
    };
    let by_status = match request.status {
        _ if says("idempotency key") => None,
        400 if says("Version") || says("version header") => {
            Some(("/docs/reference/versions", "Versions of the API"))
        }
        401 => Some(("/docs/start/keys", "API keys")),
        403 if says("acquirer") => Some(("/docs/operate/go-live", "Going live")),
        403 if says("permission") => Some(("/docs/payments/tokenization", "Cards of your own")),
        429 | 503 => Some(("/docs/reference/limits", "Limits")),
        _ => ROUTES
            .iter()
            .find(|(part, _)| request.route.contains(part))
            .map(|(_, page)| *page),
    };
    by_status.into_iter().chain([ERRORS]).collect()
}

/// What explains a route, by a part of it; the first that fits counts.
const ROUTES: &[(&str, Page)] = &[
    ("/connect-e", ("/docs/online/components", "Components")),
    ("/captures", ("/docs/payments/captures", "Captures")),
    ("/refunds", ("/docs/payments/refunds", "Refunds")),
    ("/reversal", ("/docs/payments/reversals", "Reversals")),
    ("/receipt", ("/docs/payments/receipts", "Receipts")),
    (
        "/setup-intents",
        ("/docs/payments/setup-intents", "Setup intents"),
    ),
    ("/customers", ("/docs/payments/customers", "Customers")),
    (
        "/webhooks",
        ("/docs/webhooks/receive", "Receiving webhooks"),
    ),
    (
        "/terminal-sessions",
        ("/docs/in-person/sessions", "Terminal sessions"),
    ),
    (
        "/terminals",
        ("/docs/in-person/sessions", "Terminal sessions"),
    ),
    ("/epos", ("/docs/at-the-table/pos", "Connecting a POS")),
    ("/sandbox", ("/docs/testing/sandbox", "The sandbox")),
    (
        "/payment-intents",
        ("/docs/payments/intents", "Payment intents"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_engine::ports::request_log::Bodies;

    fn refused(status: u16, route: &str, answer: &str) -> LoggedRequest {
        LoggedRequest {
            status,
            route: route.to_owned(),
            bodies: Bodies {
                request: None,
                answer: Some(answer.to_owned()),
            },
            ..LoggedRequest::default()
        }
    }

    fn explained(status: u16, route: &str, answer: &str) -> (Vec<String>, &'static str) {
        let request = refused(status, route, answer);
        let reasons = reasons(&request);
        let page = pages(&request, &reasons)[0].0;
        let rules = reasons
            .iter()
            .map(|it| format!("{}: {}", it.field, it.rule));
        (rules.collect(), page)
    }

    #[test]
    fn a_refusal_is_told_with_the_page_that_explains_it() {
        let (rules, page) = explained(
            400,
            "/payment-intents",
            r#"{"errors":{"Amount.Value":["Too small.","No."],"Reference":["Missing."]}}"#,
        );
        assert_eq!(
            rules,
            [
                "Amount.Value: Too small.",
                "Amount.Value: No.",
                "Reference: Missing."
            ]
        );
        assert_eq!(page, "/docs/payments/intents");
        for (status, route, answer, rule, expected) in [
            (
                401,
                "/terminals",
                r#"{"detail":"No key."}"#,
                ": No key.",
                "/docs/start/keys",
            ),
            (
                400,
                "/terminals",
                r#"{"errors":{"Version":["Required."]}}"#,
                "Version: Required.",
                "/docs/reference/versions",
            ),
            (
                409,
                "/payment-intents/{id}/refunds",
                r#"{"detail":"This idempotency key was used for another request."}"#,
                ": This idempotency key was used for another request.",
                "/docs/reference/errors",
            ),
            (
                200,
                "/connect-e/api/payments/{token}",
                r#"{"statusCode":5,"message":"Declined."}"#,
                ": Declined.",
                "/docs/online/components",
            ),
            (
                404,
                "/odd",
                "(a body that is not JSON of 3 bytes, not kept)",
                ": It was answered with the status 404.",
                "/docs/reference/errors",
            ),
        ] {
            assert_eq!(
                explained(status, route, answer),
                (vec![rule.to_owned()], expected)
            );
        }
        assert_eq!(reasons(&refused(200, "/terminals", "[]")), []);
        let done = r#"{"statusCode":0,"message":"Paid."}"#;
        assert_eq!(reasons(&refused(200, "/connect-e", done)), []);
    }

    #[test]
    fn every_page_is_there() {
        let site = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/site");
        let named = ROUTES.iter().map(|(_, page)| page.0);
        let by_status = [
            "/docs/reference/versions",
            "/docs/start/keys",
            "/docs/operate/go-live",
            "/docs/payments/tokenization",
            "/docs/reference/limits",
            ERRORS.0,
        ];
        for page in named.chain(by_status) {
            let file = site.join(format!("{}.md", page.trim_start_matches("/docs/")));
            assert!(file.exists(), "{page}");
        }
    }
}
