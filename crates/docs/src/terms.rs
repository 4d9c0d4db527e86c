//! The operator's terms. What they say is the operator's; without a file there are none.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use tatami_http::{PAGE_POLICY, page_of};

use crate::markdown::render;
use crate::pages::{Section, navigation};
use crate::{ASSETS, DocsState};

pub(crate) const PATH: &str = "/terms";

/// The longest terms, in bytes.
pub const MAX_TERMS: usize = 100_000;

/// What terms must not have: HTML and links to other files.
pub fn faults(terms: &str) -> Vec<String> {
    render(terms, |_| None).faults
}

#[derive(Template)]
#[template(path = "terms.html")]
struct TermsTemplate {
    assets: &'static str,
    sections: Vec<Section>,
    question: &'static str,
    /// None if the operator has given none.
    html: Option<String>,
}

pub(crate) async fn show(State(docs): State<DocsState>) -> Response {
    let html = docs
        .terms
        .as_ref()
        .map(|terms| render(terms, |_| None).html);
    let template = TermsTemplate {
        assets: ASSETS.base(),
        sections: navigation(&docs.shown().site, None),
        question: "",
        html,
    };
    page_of(PAGE_POLICY, template.render())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_plain_markdown() {
        assert!(
            faults("# Terms\n\nSee <https://shop.example> and [law](https://law.example).")
                .is_empty()
        );
        assert!(!faults("<script>alert(1)</script>").is_empty());
        assert!(!faults("[more](more.md)").is_empty());
    }
}
