//! The pages: navigation, what is on the page, what comes before and after.

use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use tatami_http::{PAGE_POLICY, page_of};

use crate::markdown::Heading;
use crate::search::Hit;
use crate::seen::{self, Reader};
use crate::site::{Page, Site};
use crate::{ASSETS, DocsState, Shared, llms};

/// A link to a page.
pub(crate) struct Link {
    pub(crate) path: String,
    pub(crate) title: &'static str,
    pub(crate) is_here: bool,
}

/// A section of the navigation.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) is_here: bool,
    pub(crate) pages: Vec<Link>,
}

/// All sections; that of a page is open.
pub(crate) fn navigation(site: &Site, here: Option<&Page>) -> Vec<Section> {
    let slug = here.map(|page| page.source.slug);
    let sections = site.sections().map(|(title, pages)| Section {
        title,
        is_here: here.is_some_and(|page| page.source.section == title),
        pages: pages.into_iter().map(|page| link(page, slug)).collect(),
    });
    sections.collect()
}

fn link(page: &Page, here: Option<&str>) -> Link {
    Link {
        path: page.path(),
        title: page.source.title,
        is_here: here == Some(page.source.slug),
    }
}

/// What a page with marks says of them.
struct Marks {
    /// None if the reader is not signed in.
    reader: Option<Reader>,
    /// The page's path, to come back to after signing in.
    path: String,
    done: usize,
    all: usize,
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'s> {
    assets: &'static str,
    sections: Vec<Section>,
    question: &'s str,
    page: &'s Page,
    /// What is shown of it to this reader.
    html: &'s str,
    marks: Option<Marks>,
    headings: &'s [Heading],
    markdown: String,
    has_key: bool,
    before: Option<Link>,
    after: Option<Link>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchTemplate<'s> {
    assets: &'static str,
    sections: Vec<Section>,
    question: &'s str,
    hits: Vec<Hit>,
}

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingTemplate {
    assets: &'static str,
    sections: Vec<Section>,
    question: &'static str,
}

pub(crate) async fn first(State(docs): State<DocsState>) -> Response {
    show(&docs, "", None)
}

/// Whose marks a page has.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    location: String,
}

pub(crate) async fn page(
    State(docs): State<DocsState>,
    Path(path): Path<String>,
    Query(Wanted { location }): Query<Wanted>,
    request: Request,
) -> Response {
    if let Some(slug) = path.strip_suffix(".md") {
        return markdown(&docs, if slug == "index" { "" } else { slug });
    }
    let slug = path.trim_end_matches('/');
    let site = &docs.shown().site;
    let has_marks = |at: usize| !site.pages[at].rendered.marks.is_empty();
    if !site.find(slug).is_some_and(has_marks) {
        return show(&docs, slug, None);
    }
    let (parts, _) = request.into_parts();
    let reader = seen::by(&docs, &parts, &location).await;
    let reader = reader.unwrap_or_else(|failure| {
        tracing::error!(?failure, "what an account did cannot be read");
        None
    });
    show(&docs, slug, reader)
}

fn show(docs: &Shared, slug: &str, reader: Option<Reader>) -> Response {
    let site = &docs.shown().site;
    let Some(at) = site.find(slug) else {
        return not_found(docs);
    };
    let page = &site.pages[at];
    let seen = reader.as_ref().map(|reader| &reader.seen);
    let (html, done, all) = seen::with_marks(&page.rendered.html, seen);
    let marks = (all > 0).then(|| Marks {
        reader,
        path: page.path(),
        done,
        all,
    });
    let other = |at: Option<usize>| Some(link(site.pages.get(at?)?, None));
    let template = PageTemplate {
        assets: ASSETS.base(),
        sections: navigation(site, Some(page)),
        question: "",
        page,
        html: &html,
        marks,
        headings: &page.rendered.headings,
        markdown: llms::address(page),
        has_key: docs.has_key,
        before: other(at.checked_sub(1)),
        after: other(at.checked_add(1)),
    };
    page_of(PAGE_POLICY, template.render())
}

fn markdown(docs: &Shared, slug: &str) -> Response {
    let site = &docs.shown().site;
    let Some(at) = site.find(slug) else {
        return not_found(docs);
    };
    let kind = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
    (kind, llms::markdown(&site.pages[at])).into_response()
}

pub(crate) fn not_found(docs: &Shared) -> Response {
    let template = MissingTemplate {
        assets: ASSETS.base(),
        sections: navigation(&docs.shown().site, None),
        question: "",
    };
    let mut response = page_of(PAGE_POLICY, template.render());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

#[derive(Deserialize)]
pub(crate) struct Question {
    #[serde(default)]
    q: String,
}

pub(crate) async fn search(
    State(docs): State<DocsState>,
    Query(Question { q }): Query<Question>,
) -> Response {
    let shown = docs.shown();
    let template = SearchTemplate {
        assets: ASSETS.base(),
        sections: navigation(&shown.site, None),
        question: &q,
        hits: shown.index.find(&q),
    };
    page_of(PAGE_POLICY, template.render())
}
