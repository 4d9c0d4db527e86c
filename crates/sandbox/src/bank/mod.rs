//! The sandbox bank's page: where a payer passes, refuses or leaves the 3-D
//! Secure challenge, and how the proof gets back to the payment.

use std::borrow::Cow;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router};
use http::{HeaderMap, StatusCode, header};
use tatami_acquirer::{ChallengeState, ChallengeView, Decided, Decision};
use tatami_core::id::{PaymentIntentId, SetupIntentId};
use tatami_locale::Language;
use url::Url;

use crate::headers::{FRAMED_POLICY, PROOF_POLICY, page_of};
use crate::{SandboxState, assets};

/// Where a choice at the bank's page is posted.
const DECIDE_PATH: &str = "/three-ds/acs/decide";

pub(crate) fn routes() -> Router<SandboxState> {
    Router::new()
        .route(tatami_acquirer::ACS_URL, post(show))
        .route(DECIDE_PATH, post(decide))
}

/// What travels with a challenge from page to page.
struct Carried {
    payload: String,
    md: String,
    term_url: String,
    /// The language that the payment page was switched to.
    lang: String,
    /// `frame` when the payment page shows the bank in a frame of its own.
    presentation: String,
}

type Fields = Vec<(String, String)>;

impl Carried {
    /// From a form, under any of the names that clients use.
    fn of(fields: &Fields) -> Self {
        let field = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| value(fields, name))
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            payload: field(&["creq", "PaReq", "JWT"]),
            md: field(&["MD", "threeDSSessionData"]),
            term_url: field(&["TermUrl", "threeDSReturn"]),
            presentation: field(&["presentation"]),
            lang: field(&["lang"]),
        }
    }

    fn fields(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("PaReq", &self.payload),
            ("MD", &self.md),
            ("TermUrl", &self.term_url),
            ("presentation", &self.presentation),
            ("lang", &self.lang),
        ]
    }
}

fn value<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    let found = fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

#[derive(Template)]
#[template(path = "bank.html")]
struct BankPage<'c> {
    assets: &'static str,
    t: &'static Language,
    decide: &'static str,
    merchant: &'c str,
    /// None of a card that is only verified.
    amount: Option<String>,
    card: &'c str,
    code: &'static str,
    carried: Vec<(&'static str, &'c str)>,
    /// How many codes are left, after a wrong one.
    left: Option<u8>,
}

impl BankPage<'_> {
    fn wrong_code(&self, left: &u8) -> String {
        self.t.counted("bank-wrong-code", usize::from(*left))
    }
}

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage<'c> {
    assets: &'static str,
    t: &'static Language,
    term_url: Option<&'c str>,
    md: &'c str,
    pa_res: &'c str,
}

/// In place of a page that cannot be shown.
#[derive(Template)]
#[template(path = "not_shown.html")]
struct NotShown {
    assets: &'static str,
    t: &'static Language,
    status: StatusCode,
    name: &'static str,
    /// The keys of its texts.
    title: &'static str,
    text: &'static str,
}

impl IntoResponse for NotShown {
    fn into_response(self) -> Response {
        let mut response = page_of(FRAMED_POLICY, self.render());
        if response.status() == StatusCode::OK {
            *response.status_mut() = self.status;
        }
        response
    }
}

async fn show(
    State(state): State<SandboxState>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, NotShown> {
    answer(&state, &headers, Carried::of(&fields), None).await
}

async fn decide(
    State(state): State<SandboxState>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, NotShown> {
    let carried = Carried::of(&fields);
    let decision = match value(&fields, "decision") {
        Some("refuse") => Decision::Refuse,
        Some("cancel") => Decision::Cancel,
        // Enter in the field of the code means the same as the first button.
        _ => Decision::Approve {
            code: value(&fields, "code").unwrap_or_default().to_owned(),
        },
    };
    match state.acquirer.decide(&carried.payload, decision).await {
        Ok(Decided::Proof(proof)) => Ok(hand_back(&state, &headers, &carried, &proof)),
        Ok(Decided::WrongCode { left }) => answer(&state, &headers, carried, Some(left)).await,
        Ok(Decided::Gone) => Err(gone(language(&carried, &headers))),
        Err(error) => Err(broken(&error, language(&carried, &headers))),
    }
}

/// The bank knows of no such challenge.
fn gone(t: &'static Language) -> NotShown {
    NotShown {
        assets: assets::pages(),
        t,
        status: StatusCode::NOT_FOUND,
        name: "gone",
        title: "bank-gone",
        text: "bank-gone-text",
    }
}

fn broken(error: &dyn std::error::Error, t: &'static Language) -> NotShown {
    tracing::error!(%error, "the sandbox bank's page could not be shown");
    NotShown {
        assets: assets::pages(),
        t,
        status: StatusCode::SERVICE_UNAVAILABLE,
        name: "unavailable",
        title: "state-unavailable",
        text: "state-unavailable-text",
    }
}

/// The language of the payment page, if it was switched; that of the browser if not.
fn language(carried: &Carried, headers: &HeaderMap) -> &'static Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    Language::chosen(Some(&carried.lang), accepted)
}

/// The page of a challenge, or the way back of one that is decided.
async fn answer(
    state: &SandboxState,
    headers: &HeaderMap,
    mut carried: Carried,
    left: Option<u8>,
) -> Result<Response, NotShown> {
    let t = language(&carried, headers);
    let challenge = state.acquirer.challenge(&carried.payload).await;
    let challenge = challenge.map_err(|e| broken(&e, t))?;
    let challenge = challenge.ok_or_else(|| gone(t))?;
    if carried.md.is_empty() {
        carried.md.clone_from(&challenge.transaction_id);
    }
    match &challenge.state {
        ChallengeState::Decided { proof } => Ok(hand_back(state, headers, &carried, proof)),
        ChallengeState::Waiting { .. } => {
            let merchant = state.engine.account(&challenge.scope.account).await;
            let merchant = merchant.map_err(|e| broken(&e, t))?;
            Ok(page(&merchant.name, &challenge, &carried, left, t))
        }
    }
}

fn page(
    merchant: &str,
    challenge: &ChallengeView,
    carried: &Carried,
    left: Option<u8>,
    t: &'static Language,
) -> Response {
    let page = BankPage {
        assets: assets::pages(),
        t,
        decide: DECIDE_PATH,
        merchant,
        amount: challenge.amount.map(|amount| t.money(amount)),
        card: &challenge.card,
        code: challenge.code_hint,
        carried: carried.fields(),
        left,
    };
    page_of(FRAMED_POLICY, page.render())
}

fn hand_back(
    state: &SandboxState,
    headers: &HeaderMap,
    carried: &Carried,
    proof: &str,
) -> Response {
    let way = Way::of(carried, &state.public_url, headers);
    if let Way::Checkout(mut path) = way {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !carried.lang.is_empty() {
            query.append_pair("lang", &carried.lang);
        }
        query
            .append_pair("md", &carried.md)
            .append_pair("paRes", proof);
        path.push('?');
        path.push_str(&query.finish());
        return Redirect::to(&path).into_response();
    }
    let (policy, term_url) = match &way {
        Way::Post(url) => (PROOF_POLICY, Some(url.as_ref())),
        Way::Checkout(_) | Way::Here => (FRAMED_POLICY, None),
    };
    let page = ProofPage {
        assets: assets::pages(),
        t: language(carried, headers),
        term_url,
        md: &carried.md,
        pa_res: proof,
    };
    page_of(policy, page.render())
}

/// How a proof goes back.
#[derive(Debug, PartialEq, Eq)]
enum Way<'c> {
    /// By a redirect to our own checkout: its path.
    Checkout(String),
    /// By a form to where the client asked.
    Post(Cow<'c, str>),
    /// It stays on the page, for the page around it to take.
    Here,
}

impl<'c> Way<'c> {
    fn of(carried: &'c Carried, public_url: &Url, headers: &HeaderMap) -> Self {
        let Ok(url) = Url::parse(&carried.term_url) else {
            return Self::Here;
        };
        if carried.presentation == "frame" || !matches!(url.scheme(), "http" | "https") {
            return Self::Here;
        }
        let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
        let ours = url.origin() == public_url.origin() || Some(url.authority()) == host;
        match return_path(&url).filter(|_| ours) {
            Some(path) => Self::Checkout(path),
            None => Self::Post(Cow::Borrowed(&carried.term_url)),
        }
    }
}

/// The path, if it is one that the checkout takes proofs at.
fn return_path(url: &Url) -> Option<String> {
    let id = url
        .path()
        .strip_prefix("/checkout/")?
        .strip_suffix("/three-ds-return")?;
    let known = PaymentIntentId::parse(id).is_ok() || SetupIntentId::parse(id).is_ok();
    known.then(|| format!("/checkout/{id}/three-ds-return"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETURN: &str =
        "http://127.0.0.1:8080/checkout/pi_sandbox_G_FeegU8WESxtY_Nct8jqw/three-ds-return";

    fn carried(term_url: &str, presentation: &str) -> Carried {
        Carried {
            payload: "p".to_owned(),
            md: "m".to_owned(),
            term_url: term_url.to_owned(),
            presentation: presentation.to_owned(),
            lang: String::new(),
        }
    }

    fn way(term_url: &str, presentation: &str, host: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, http::HeaderValue::from_static(host));
        let public_url = Url::parse("http://127.0.0.1:8080/").expect("a url");
        let carried = carried(term_url, presentation);
        match Way::of(&carried, &public_url, &headers) {
            Way::Checkout(path) => format!("checkout {path}"),
            Way::Post(url) => format!("post {url}"),
            Way::Here => "here".to_owned(),
        }
    }

    #[test]
    fn proofs_go_back_the_way_they_should() {
        let checkout = "checkout /checkout/pi_sandbox_G_FeegU8WESxtY_Nct8jqw/three-ds-return";
        assert_eq!(way(RETURN, "page", "127.0.0.1:8080"), checkout);
        let by_name = RETURN.replace("127.0.0.1", "localhost");
        assert_eq!(way(&by_name, "page", "localhost:8080"), checkout);
        assert_eq!(
            way(&by_name, "page", "other:8080"),
            format!("post {by_name}")
        );
        assert_eq!(way(RETURN, "frame", "127.0.0.1:8080"), "here");
        assert_eq!(way("", "", "h"), "here");
        assert_eq!(way("javascript:alert(1)", "", "h"), "here");
        assert_eq!(way("myapp://back", "", "h"), "here");
        assert_eq!(
            way("https://app.example/term", "", "h"),
            "post https://app.example/term"
        );
    }

    #[test]
    fn fields_are_read_under_all_their_names() {
        for (payload, back) in [
            ("creq", "threeDSReturn"),
            ("pareq", "TERMURL"),
            ("JWT", "TermUrl"),
        ] {
            let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
            let fields = vec![pair(payload, "p"), pair("MD", "m"), pair(back, "t")];
            let carried = Carried::of(&fields);
            let got = (&*carried.payload, &*carried.md, &*carried.term_url);
            assert_eq!(got, ("p", "m", "t"));
        }
    }
}
