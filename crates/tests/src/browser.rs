//! A browser without scripts: it keeps the cookie it is given, and sends forms.

use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use serde_json::Value;

use crate::{App, Pending, Reply, Tatami};

/// A browser.
pub struct Browser {
    app: App,
    cookie: Mutex<String>,
    /// What the browser is known by.
    known_by: Mutex<String>,
}

/// The password of all users of tests.
pub const PASSWORD: &str = "a password for the tests";

impl Browser {
    /// A browser that has never been here.
    pub fn new(server: &Tatami) -> Self {
        Self {
            app: App::with_key(server, ""),
            cookie: Mutex::default(),
            known_by: Mutex::default(),
        }
    }

    /// A browser in which the developer of a fresh installation is signed in.
    pub async fn of_developer(server: &Tatami) -> Self {
        let browser = Self::new(server);
        browser.get("/").await.goes_to("/portal");
        browser
    }

    /// A browser in which a new user of an account's company is signed in, with a role at
    /// all locations.
    pub async fn of_user(server: &Tatami, account: &str, email: &str, role: &str) -> Self {
        let browser = Self::new(server);
        let arguments = [
            "users",
            "invite",
            "--account",
            account,
            "--email",
            email,
            "--role",
            role,
        ];
        let link = server.admin(&arguments, "link");
        browser.accept(&link).await;
        browser
    }

    /// Accepts an invitation.
    pub async fn accept(&self, link: &str) {
        let path = path(link);
        let chosen = [("name", "Ada Lovelace"), ("password", PASSWORD)];
        self.submit(path, &chosen).await.goes_to("/portal");
    }

    /// A request with what the browser keeps.
    pub fn asks(&self, request: Pending) -> Pending {
        let kept = [self.cookie(), self.known_by()];
        let kept: Vec<_> = kept.into_iter().filter(|it| !it.is_empty()).collect();
        match kept.is_empty() {
            true => request,
            false => request.header("cookie", &kept.join("; ")),
        }
    }

    /// What the browser is known by, if it keeps that.
    pub fn known_by(&self) -> String {
        let known_by = self.known_by.lock();
        known_by.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets all that it keeps.
    pub fn forget(&self) {
        self.keep("");
        self.known_by
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What the browser keeps.
    pub fn cookie(&self) -> String {
        self.cookie
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Gives the browser something to keep.
    pub fn keep(&self, cookie: &str) {
        cookie.clone_into(&mut self.cookie.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn kept(&self, reply: Reply) -> Reply {
        let given = reply.headers.get_all("set-cookie").iter();
        let given = given.filter_map(|cookie| cookie.to_str().ok());
        for (pair, _) in given.filter_map(|cookie| cookie.split_once(';')) {
            if pair.contains("_browser=") {
                let mut known_by = self.known_by.lock().unwrap_or_else(PoisonError::into_inner);
                pair.clone_into(&mut known_by);
            } else {
                self.keep(if pair.ends_with('=') { "" } else { pair });
            }
        }
        reply
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Reply {
        let reply = self.asks(self.app.get(path)).await;
        self.kept(reply)
    }

    /// Asks for the head of a page alone, as of one that goes on for ever.
    pub async fn head(&self, path: &str) -> Reply {
        let reply = self.asks(self.app.request(Method::HEAD, path)).await;
        self.kept(reply)
    }

    /// Calls an operation as a script of a page does.
    pub async fn call(&self, page: &str, path: &str, body: Value) -> Reply {
        let csrf = self.csrf(page).await;
        let request = self.asks(self.app.send(path, body));
        request.header("csrf", &csrf).await
    }

    /// Sends a form.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.submit_with(path, fields, &[]).await
    }

    /// Sends a form with more headers.
    pub async fn submit_with(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Reply {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let request = self.asks(self.app.post(path).form(&fields));
        let request = headers
            .iter()
            .fold(request, |it, (name, value)| it.header(name, value));
        let reply = request.await;
        self.kept(reply)
    }

    /// Opens a page, and sends a form of it.
    pub async fn send(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf(page).await;
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        self.submit(path, &fields).await
    }

    /// What the forms of a page carry.
    pub async fn csrf(&self, page: &str) -> String {
        let page = self.get(page).await;
        page.field("csrf")
    }

    /// Signs in with the password of tests.
    pub async fn sign_in(&self, email: &str) -> Reply {
        self.submit(
            "/portal/sign-in",
            &[("email", email), ("password", PASSWORD)],
        )
        .await
    }
}

/// The path of a link.
pub fn path(link: &str) -> &str {
    let authority = link.find("://").map_or(0, |at| at + 3);
    link[authority..]
        .find('/')
        .map_or("/", |at| &link[authority + at..])
}

impl Reply {
    /// That it leads on to a path.
    pub fn goes_to(&self, path: &str) {
        let to = (self.status, self.header("location"));
        assert_eq!((to.0.as_u16(), to.1), (303, path), "{}", self.text());
    }

    /// That it is a page with that status and those words.
    pub fn expect_page(&self, status: u16, words: &str) {
        let text = self.text();
        assert_eq!(self.status.as_u16(), status, "{}: {text}", self.url);
        assert!(
            self.header("content-type").starts_with("text/html"),
            "{}",
            self.url
        );
        assert!(
            text.contains(words),
            "{}: {words:?} is not in {text}",
            self.url
        );
    }

    /// The value of the first field of a name in a page.
    pub fn field(&self, name: &str) -> String {
        let text = self.text();
        let field = text.split(&format!("name=\"{name}\" value=\"")).nth(1);
        let value = field.and_then(|rest| rest.split('"').next());
        value
            .unwrap_or_else(|| panic!("no field {name}: {text}"))
            .to_owned()
    }
}
