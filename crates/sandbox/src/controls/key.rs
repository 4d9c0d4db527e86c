//! Who may look at a sandbox: whoever has its key, in a browser, too.

use axum::Router;
use axum::extract::{FromRef, FromRequestParts, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use tatami_core::account::Scope;
use tatami_core::id::Environment;
use tatami_http::AppState;
use tatami_http::auth::Key;
use tatami_http::problem::Problem;

use crate::SandboxState;
use crate::pages::mailbox::refusal_page;

/// The sandbox of the account whose key was sent.
pub struct Sandbox(pub Scope);

impl<S> FromRequestParts<S> for Sandbox
where
    AppState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Key { scope, .. } = Key::from_request_parts(parts, state).await?;
        match scope.environment {
            Environment::Sandbox => Ok(Self(scope)),
            Environment::Production => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "The sandbox controls need a sandbox key.",
            )),
        }
    }
}

/// Lets in to pages whoever the sandbox controls would let in, with the [`Scope`] as an
/// extension of the request, and asks everybody else for a key.
pub(crate) fn behind_key(
    routes: Router<SandboxState>,
    state: SandboxState,
) -> Router<SandboxState> {
    routes
        .route_layer(from_fn_with_state(state, admit))
        .route_layer(from_fn(readable))
}

/// Tells a browser on a page what others are told as a problem: for routes that are
/// pages.
pub(crate) async fn readable(request: Request, next: Next) -> Response {
    let html = prefers_html(request.headers());
    let response = next.run(request).await;
    let problem = response.extensions().get::<Problem>();
    let (Some(problem), true) = (problem, html) else {
        return response;
    };
    let mut page = refusal_page(problem.status(), problem.detail());
    if let Some(how) = response.headers().get(header::WWW_AUTHENTICATE) {
        page.headers_mut()
            .insert(header::WWW_AUTHENTICATE, how.clone());
    }
    page
}

async fn admit(Sandbox(scope): Sandbox, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(scope);
    next.run(request).await
}

/// Whether the caller would rather have a page than JSON, as browsers do.
pub(crate) fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|a| a.to_str().ok()).unwrap_or("*/*");
    weight(accept, "text", "html") > weight(accept, "application", "json")
}

/// How much a media type is wanted, in thousandths.
fn weight(accept: &str, kind: &str, subtype: &str) -> u16 {
    let exact = format!("{kind}/{subtype}");
    let any = format!("{kind}/*");
    let of = |range: &str| {
        accept.split(',').find_map(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let named = parts.next()?.eq_ignore_ascii_case(range);
            let quality = parts.find_map(|p| p.strip_prefix("q="));
            named.then(|| quality.map_or(1000, thousandths))
        })
    };
    of(&exact)
        .or_else(|| of(&any))
        .or_else(|| of("*/*"))
        .unwrap_or(0)
}

/// A quality, `0` to `1` with up to three decimals, in thousandths; 0 if it is none.
fn thousandths(quality: &str) -> u16 {
    let (whole, decimals) = quality.split_once('.').unwrap_or((quality, ""));
    let decimals = format!("{decimals:0<3}");
    match (whole, decimals.get(..3)) {
        ("1", _) => 1000,
        ("0", Some(decimals)) => decimals.parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_a_page_and_others_json() {
        for (accept, html) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                true,
            ),
            ("text/html", true),
            ("text/*", true),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/html;q=0.5", false),
            ("text/html;q=0, */*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            assert_eq!(prefers_html(&headers), html, "{accept}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
