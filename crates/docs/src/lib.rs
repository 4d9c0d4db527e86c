//! The documentation that the program serves under `/docs`: the pages of `docs/site`,
//! with the address and the key of the installation filled in, a search, and the same as
//! plain text for language models. It needs no network.

mod content;
mod documents;
mod explorer;
mod llms;
mod markdown;
mod pages;
mod samples;
mod search;
mod seen;
mod site;
mod source;
mod survey;
mod terms;

use std::sync::{Arc, LazyLock, OnceLock};

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderName, StatusCode, header};
use tatami_api::Also;
use tatami_engine::{Engine, RequestLog};
use tatami_http::{Assets, File, files};
use url::Url;

pub use documents::{Document, Format, TriedBy};
pub use terms::{MAX_TERMS, faults as faults_of_terms};

use crate::content::{Content, Shown};
use crate::site::Filling;

const ASSETS_PATH: &str = "/docs/assets";
const FILES: &[File] = files! {
    "site.css" Style;
    "site.js" Script;
    "try.js" Script;
};

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets::new(ASSETS_PATH, FILES));

/// What the documentation says of the installation that serves it.
pub struct Docs {
    /// Where clients reach the installation.
    pub public_url: Arc<Url>,
    /// The development account's key, if there is one and only this machine reaches it.
    pub sandbox_key: Option<&'static str>,
    /// The description of the sandbox's operations, if there is a sandbox.
    pub also: &'static [Also],
    /// The documents from which the marks of signed-in readers are read.
    pub engine: Engine,
    /// The log of requests, unless it is off.
    pub requests: Option<RequestLog>,
    /// The header in which a proxy passes the address of a client.
    pub address_header: Option<HeaderName>,
    /// The operator's terms, in Markdown.
    pub terms: Option<Arc<str>>,
    /// What is described besides the API.
    pub documents: &'static [Document],
    /// Tables of pages.
    pub tables: &'static [Table],
}

/// A table that is made from the program.
#[derive(Debug)]
pub struct Table {
    /// The name that pages have in braces.
    pub name: &'static str,
    /// Makes it, as Markdown.
    pub make: fn() -> String,
}

/// The samples of one name on a page, for others to show: the titles of their languages,
/// and their code.
pub fn samples(page: &str, name: &str) -> Vec<(&'static str, String)> {
    source::samples(page, name)
}

/// The routes of the documentation.
pub fn router(docs: Docs) -> Router {
    let mut router = Router::new()
        .route("/docs", get(pages::first))
        .route("/docs/search", get(pages::search))
        .route("/docs/openapi/{file}", get(documents::serve_openapi))
        .route("/docs/asyncapi/{file}", get(documents::serve_asyncapi))
        .route(explorer::PATH, get(explorer::index))
        .route(
            &format!("{}/{{name}}", explorer::PATH),
            get(explorer::named),
        )
        .route(
            &format!("{}/{{document}}/{{id}}", explorer::PATH),
            get(explorer::of_document),
        )
        .route(survey::PATH, get(survey::first))
        .route(&format!("{}/{{step}}", survey::PATH), get(survey::show))
        .route("/docs/{*path}", get(pages::page))
        .route(terms::PATH, get(terms::show))
        .route(
            &format!("{ASSETS_PATH}/{{version}}/{{file}}"),
            get(serve_file),
        )
        .route(llms::INDEX, get(llms_index));
    for text in &llms::TEXTS {
        let serve = move |State(docs): State<DocsState>| async move {
            plain(llms::whole(
                &docs.shown().site,
                &docs.content.filling.base,
                text,
            ))
        };
        router = router.route(text.path, get(serve));
    }
    for (address, name) in documents::PUBLISHED {
        let serve = move |State(docs): State<DocsState>| async move {
            documents::at_published_address(&docs, address, name)
        };
        router = router.route(address, get(serve));
    }
    router.with_state(DocsState::new(docs))
}

/// What handlers share.
#[derive(Clone)]
struct DocsState(Arc<Shared>);

struct Shared {
    content: Content,
    has_key: bool,
    engine: Engine,
    requests: Option<RequestLog>,
    public_url: Arc<Url>,
    address_header: Option<HeaderName>,
    terms: Option<Arc<str>>,
    shown: OnceLock<Shown>,
}

impl DocsState {
    fn new(docs: Docs) -> Self {
        let filling = Filling {
            base: docs.public_url.as_str().trim_end_matches('/').to_owned(),
            key: docs.sandbox_key.unwrap_or("sk_sandbox_YOUR_KEY").to_owned(),
            tables: Vec::new(),
        };
        Self(Arc::new(Shared {
            content: Content {
                filling,
                also: docs.also,
                documents: docs.documents,
                tables: docs.tables,
            },
            has_key: docs.sandbox_key.is_some(),
            engine: docs.engine,
            requests: docs.requests,
            public_url: docs.public_url,
            address_header: docs.address_header,
            terms: docs.terms,
            shown: OnceLock::new(),
        }))
    }
}

impl std::ops::Deref for DocsState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    fn shown(&self) -> &Shown {
        self.shown.get_or_init(|| self.content.shown())
    }
}

async fn serve_file(Path((version, name)): Path<(String, String)>) -> Response {
    ASSETS.serve(&version, &name)
}

async fn llms_index(State(docs): State<DocsState>) -> Response {
    let shown = docs.shown();
    plain(llms::index(
        &shown.site,
        &shown.documents,
        &docs.content.filling.base,
    ))
}

fn plain(text: String) -> Response {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text,
    )
        .into_response()
}
