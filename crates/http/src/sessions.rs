//! The session of a user in a browser: its cookie, and where a request comes from.

use axum::response::Response;
use http::header::{COOKIE, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use tatami_core::people::{BROWSER_LIFE, WHOLE_END};
use tatami_engine::Origin;
use url::Url;

use crate::client::{client_address, is_of_this_machine, peer_address};

/// The name of the cookie. Browsers take one that begins with `__Host-` only over TLS and
/// from this very host. On this machine programs at other ports share what a browser
/// keeps, so the name has the port there.
fn name(public_url: &Url) -> String {
    match is_of_this_machine(public_url) {
        true => format!(
            "tatami_{}",
            public_url.port_or_known_default().unwrap_or_default()
        ),
        false => "__Host-tatami".to_owned(),
    }
}

/// The token of a session that a browser has sent.
pub fn session_token<'p>(parts: &'p Parts, public_url: &Url) -> Option<&'p str> {
    sent(parts, &name(public_url))
}

/// What a browser has sent that its user is known by.
pub fn browser_token<'p>(parts: &'p Parts, public_url: &Url) -> Option<&'p str> {
    sent(parts, &browser_name(public_url))
}

fn browser_name(public_url: &Url) -> String {
    format!("{}_browser", name(public_url))
}

fn sent<'p>(parts: &'p Parts, name: &str) -> Option<&'p str> {
    let cookies = parts.headers.get_all(COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// An answer that gives the token of a session to the browser.
pub fn with_session(response: Response, token: &str, public_url: &Url) -> Response {
    set(
        response,
        &name(public_url),
        token,
        WHOLE_END.as_secs(),
        public_url,
    )
}

/// An answer that gives the browser something that its user is known by.
pub fn with_browser(response: Response, token: &str, public_url: &Url) -> Response {
    let name = browser_name(public_url);
    set(response, &name, token, BROWSER_LIFE.as_secs(), public_url)
}

/// An answer that takes the token of the session away.
pub fn without_session(response: Response, public_url: &Url) -> Response {
    set(response, &name(public_url), "", 0, public_url)
}

fn set(
    mut response: Response,
    name: &str,
    token: &str,
    seconds: i64,
    public_url: &Url,
) -> Response {
    let secure = if is_of_this_machine(public_url) {
        ""
    } else {
        "; Secure"
    };
    let cookie =
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Where a request of a user comes from. `header` is where a proxy tells the address.
pub fn origin_of(parts: &Parts, header: Option<&HeaderName>) -> Origin {
    let client = client_address(parts, header);
    let address = client.or_else(|| peer_address(parts));
    let agent = parts
        .headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let address = address.map(|address| address.to_string());
    Origin::new(
        client,
        address.unwrap_or_default(),
        agent.unwrap_or_default().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    fn cookie(url: &str) -> String {
        let url = Url::parse(url).expect("a URL");
        let response = with_session(().into_response(), "TOKEN", &url);
        response.headers()[SET_COOKIE]
            .to_str()
            .expect("text")
            .to_owned()
    }

    #[test]
    fn a_cookie_is_for_this_host_over_tls_and_for_no_script() {
        assert_eq!(
            cookie("https://pay.example/"),
            "__Host-tatami=TOKEN; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200; Secure"
        );
        assert_eq!(
            cookie("http://127.0.0.1:8080/"),
            "tatami_8080=TOKEN; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200"
        );
        assert!(cookie("http://192.0.2.1/").ends_with("; Secure"));
    }

    #[test]
    fn the_cookie_of_this_installation_is_found_among_others() {
        let url = Url::parse("http://localhost:8080/").expect("a URL");
        let token = |cookies: &str| {
            let request = http::Request::builder().header(COOKIE, cookies);
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            session_token(&parts, &url).map(str::to_owned)
        };
        let found = Some("b".to_owned());
        assert_eq!(token("tatami_80=a; tatami_8080=b; x=c"), found);
        assert_eq!(token("tatami_8080=b"), found);
        assert_eq!(token("tatami_8080_browser=a; tatami_8080=b"), found);
        assert_eq!(token("tatami_80=a; tatami_80808=c; __Host-tatami=d"), None);
    }
}
