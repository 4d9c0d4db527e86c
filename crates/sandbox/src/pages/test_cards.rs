//! The page of test cards.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use tatami_acquirer::{Group, ONE_TIME_CODE, TEST_CARDS, TestCard};

use crate::headers::{PAGE_POLICY, page_of};
use crate::{SandboxState, assets};

pub(crate) fn routes() -> Router<SandboxState> {
    Router::new().route("/docs/test-cards", get(test_cards))
}

struct Row {
    number: String,
    scheme: &'static str,
    funding: &'static str,
    three_ds: &'static str,
    cv2: &'static str,
    title: &'static str,
    /// The description in pieces; every second one is code.
    description: Vec<&'static str>,
}

impl Row {
    fn of(card: &TestCard) -> Self {
        Self {
            number: grouped(card.number),
            scheme: card.scheme.title(),
            funding: card.funding.name(),
            three_ds: card.three_ds.title(),
            cv2: card.cv2,
            title: card.title,
            description: card.description.split('`').collect(),
        }
    }
}

struct Section {
    title: &'static str,
    cards: Vec<Row>,
}

#[derive(Template)]
#[template(path = "test_cards.html")]
struct TestCardsPage {
    assets: &'static str,
    code: &'static str,
    groups: Vec<Section>,
}

impl TestCardsPage {
    fn new() -> Self {
        let mut groups: Vec<(Group, Section)> = Vec::new();
        for card in TEST_CARDS {
            match groups.last_mut() {
                Some((group, section)) if *group == card.group => section.cards.push(Row::of(card)),
                _ => groups.push((
                    card.group,
                    Section {
                        title: card.group.title(),
                        cards: vec![Row::of(card)],
                    },
                )),
            }
        }
        Self {
            assets: assets::pages(),
            code: ONE_TIME_CODE,
            groups: groups.into_iter().map(|(_, section)| section).collect(),
        }
    }
}

async fn test_cards() -> Response {
    page_of(PAGE_POLICY, TestCardsPage::new().render())
}

/// A number in groups of four.
fn grouped(number: &str) -> String {
    let mut text = String::with_capacity(number.len() + number.len() / 4);
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_is_on_the_page() {
        let page = TestCardsPage::new().render().expect("renders");
        for card in TEST_CARDS {
            assert!(page.contains(&grouped(card.number)), "{}", card.number);
        }
    }
}
