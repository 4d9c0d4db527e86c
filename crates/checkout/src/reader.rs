//! Who reads a page: the language that was switched to, or that the browser asks for.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, VARY};
use http::request::Parts;
use tatami_core::card::could_hold_number;
use tatami_locale::Language;
use url::form_urlencoded::{Serializer, parse};

use crate::answer::PaymentAnswer;
use crate::pages::NoPage;

/// What the language is switched by.
const SWITCH: &str = "lang";

/// A reader of pages.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) language: &'static Language,
    /// Whether they switched to it.
    switched: bool,
    /// The query of the page, without the language.
    query: Vec<(String, String)>,
    has_terms: bool,
}

/// Whether the operator has published terms, with each request.
#[derive(Clone, Copy)]
pub(crate) struct HasTerms(pub(crate) bool);

/// What is at the foot of each page.
pub(crate) struct Foot {
    pub(crate) languages: Vec<Choice>,
    pub(crate) has_terms: bool,
}

/// A language that can be switched to.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) language: &'static Language,
    pub(crate) link: String,
    pub(crate) current: bool,
}

impl Reader {
    fn of(query: &str, accepted: Option<&str>) -> Self {
        let pairs = parse(query.as_bytes()).into_owned();
        let (named, mut query): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| name == SWITCH);
        query.retain(|(name, value)| !has_number(name) && !has_number(value));
        let named = named.first().map(|(_, tag)| tag.as_str());
        Self {
            language: Language::chosen(named, accepted),
            switched: named.and_then(Language::by_tag).is_some(),
            query,
            has_terms: false,
        }
    }

    /// The foot of this page.
    pub(crate) fn foot(&self) -> Foot {
        Foot {
            languages: self.choices(),
            has_terms: self.has_terms,
        }
    }

    /// The languages, each with the address of this page in it.
    fn choices(&self) -> Vec<Choice> {
        let choice = |language: &'static Language| {
            let mut query = Serializer::new(String::new());
            query.extend_pairs(&self.query);
            query.append_pair(SWITCH, language.tag());
            Choice {
                language,
                link: format!("?{}", query.finish()),
                current: language.tag() == self.language.tag(),
            }
        };
        Language::all().iter().map(choice).collect()
    }

    /// The address of another page in the same language.
    pub(crate) fn goes_to(&self, path: &str) -> String {
        let between = if path.contains('?') { '&' } else { '?' };
        match self.switched {
            true => format!("{path}{between}{SWITCH}={}", self.language.tag()),
            false => path.to_owned(),
        }
    }

    /// The response with the headers that name its language.
    pub(crate) fn labelled(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Accept-Language"));
        let tag = HeaderValue::from_static(self.language.tag());
        headers.insert(CONTENT_LANGUAGE, tag);
        response
    }

    /// The tag of the language that they switched to, or that their page names.
    pub(crate) fn named(&self) -> Option<&'static str> {
        self.switched.then(|| self.language.tag())
    }

    #[cfg(test)]
    pub(crate) fn english() -> Self {
        Self::of("", None)
    }
}

/// Whether a card number could be in it, which no page repeats. Secrets have letters
/// between their digits.
fn has_number(text: &str) -> bool {
    text.split(char::is_alphabetic).any(could_hold_number)
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let accepted = parts.headers.get(ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok());
        let has_terms = parts.extensions.get::<HasTerms>();
        Ok(Self {
            has_terms: has_terms.is_some_and(|it| it.0),
            ..Self::of(parts.uri.query().unwrap_or_default(), accepted)
        })
    }
}

/// Says in which language pages are, and writes those that tell why there is none.
pub(crate) async fn pages_in_language(reader: Reader, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(page) = response.extensions_mut().remove::<NoPage>() {
        response = page.written(&reader);
    }
    reader.labelled(response)
}

/// Answers pages in their language, if they name it. Programs are answered in English.
pub(crate) async fn answers_in_language(reader: Reader, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<PaymentAnswer>() {
        Some(answer) if reader.switched => answer.written(reader.language),
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_keeps_the_rest_of_the_address() {
        let reader = Reader::of("cid=cust_1&lang=fr&csc=a%26b", Some("de"));
        assert_eq!(reader.language.tag(), "fr");
        let links: Vec<_> = reader.choices().into_iter().map(|c| c.link).collect();
        assert!(
            links.contains(&"?cid=cust_1&csc=a%26b&lang=de".to_owned()),
            "{links:?}"
        );
        assert_eq!(reader.goes_to("/a?b=1"), "/a?b=1&lang=fr");
        let reader = Reader::of("a=1&cid=4456-5300+00001005&4456530000001005=b", None);
        assert_eq!(reader.choices()[0].link, "?a=1&lang=de");
        let reader = Reader::of("lang=xx", Some("de-AT"));
        assert_eq!(reader.language.tag(), "de");
        assert_eq!(reader.goes_to("/a"), "/a");
    }
}
