//! Choosing an integration: one question at a time, and what the answers lead to. Answers
//! are links, so it needs no script and no session.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use tatami_http::{PAGE_POLICY, page_of};

use crate::pages::{Section, navigation, not_found};
use crate::{ASSETS, DocsState, Shared};

pub(crate) const PATH: &str = "/docs/choose";

/// Where an answer leads.
#[derive(Clone, Copy, Debug)]
enum To {
    /// The question of that name.
    Question(&'static str),
    /// The recommendation of that name.
    End(&'static str),
}

impl To {
    const fn name(self) -> &'static str {
        match self {
            Self::Question(name) | Self::End(name) => name,
        }
    }
}

struct Answer {
    title: &'static str,
    about: &'static str,
    to: To,
}

struct Question {
    name: &'static str,
    text: &'static str,
    answers: &'static [Answer],
}

/// A recommendation.
struct End {
    name: &'static str,
    title: &'static str,
    why: &'static str,
    /// Pages to read, with their titles; the first is where to begin.
    pages: &'static [(&'static str, &'static str)],
}

const fn answer(title: &'static str, about: &'static str, to: To) -> Answer {
    Answer { title, about, to }
}

/// The first question comes first.
const QUESTIONS: [Question; 8] = [
    Question {
        name: "where",
        text: "Where is the payer?",
        answers: &[
            answer(
                "Online",
                "In a browser, an app, a chat or a mailbox.",
                To::Question("made-with"),
            ),
            answer(
                "In front of you",
                "At a counter, at a table, on a doorstep.",
                To::Question("place"),
            ),
            answer(
                "On the telephone",
                "They read the card to you.",
                To::End("virtual-terminal"),
            ),
        ],
    },
    Question {
        name: "made-with",
        text: "What do you sell with?",
        answers: &[
            answer(
                "A website",
                "Your own, or one that is made with a shop system.",
                To::Question("shop-system"),
            ),
            answer(
                "A mobile app",
                "For Android, iOS or both.",
                To::Question("app"),
            ),
            answer(
                "Neither",
                "You write to customers by mail or chat.",
                To::End("payment-links"),
            ),
        ],
    },
    Question {
        name: "app",
        text: "What is the app written for?",
        answers: &[
            answer("Android", "In Kotlin or Java.", To::End("android")),
            answer("iOS", "In Swift or Objective-C.", To::End("ios")),
            answer(
                "Both, with React Native",
                "One code for both systems.",
                To::End("react-native"),
            ),
        ],
    },
    Question {
        name: "shop-system",
        text: "Is the website made with a shop system?",
        answers: &[
            answer(
                "Yes",
                "WooCommerce, Magento, OpenCart or PrestaShop.",
                To::End("plugins"),
            ),
            answer("No", "It is your own program.", To::Question("form")),
        ],
    },
    Question {
        name: "form",
        text: "Must the payment form be part of your own page?",
        answers: &[
            answer(
                "No",
                "A page made for it, with your logo and colours, is fine.",
                To::End("checkout-page"),
            ),
            answer(
                "Yes",
                "The payer stays on your page.",
                To::End("components"),
            ),
        ],
    },
    Question {
        name: "place",
        text: "Where are they?",
        answers: &[
            answer(
                "At a counter with a till",
                "The till starts the payment, a card machine takes it.",
                To::End("pay-at-counter"),
            ),
            answer(
                "At a table",
                "Orders are in your POS, and guests pay where they sit.",
                To::Question("table"),
            ),
            answer(
                "Anywhere",
                "A phone is the card machine.",
                To::End("tap-to-pay"),
            ),
        ],
    },
    Question {
        name: "table",
        text: "Who presents the bill?",
        answers: &[
            answer(
                "A waiter",
                "With a card machine that lists the open orders.",
                To::End("pay-at-table"),
            ),
            answer(
                "No one",
                "Guests scan a code and pay on their phones.",
                To::End("pay-by-qr"),
            ),
            answer(
                "No one: guests order by themselves",
                "They choose and pay on their phones.",
                To::Question("order"),
            ),
        ],
    },
    Question {
        name: "order",
        text: "Does your POS take orders from other programs?",
        answers: &[
            answer(
                "Yes",
                "It can create an order that it is sent.",
                To::End("order-and-pay"),
            ),
            answer("No", "Only orders that staff typed.", To::End("pay-by-qr")),
        ],
    },
];

const ENDS: [End; 13] = [
    End {
        name: "checkout-page",
        title: "Checkout page",
        why: "Your server makes one request and redirects the payer. The page takes cards and wallets, and does 3-D Secure, receipts and five languages. Card numbers never reach your servers.",
        pages: &[
            ("online/checkout-page", "Checkout page"),
            ("online/branding", "Your logo and colours"),
            ("go-live/checkout-page", "Go-live checklist"),
        ],
    },
    End {
        name: "components",
        title: "Components",
        why: "Card fields and a wallet button are frames in your own page. You write the page around them; card numbers still never reach your servers.",
        pages: &[
            ("online/components", "Components"),
            ("go-live/components", "Go-live checklist"),
        ],
    },
    End {
        name: "payment-links",
        title: "Payment links",
        why: "A link opens the checkout page for one payment. You need no website: make it in the portal or with one request, and send it.",
        pages: &[
            ("online/payment-links", "Payment links"),
            ("go-live/payment-links", "Go-live checklist"),
        ],
    },
    End {
        name: "plugins",
        title: "A plugin",
        why: "Your shop system has a plugin that speaks this API. You write nothing: install it, name this installation, enter a key.",
        pages: &[
            ("plugins/woocommerce", "WooCommerce"),
            ("plugins/others", "Other shop systems"),
            ("go-live/checkout-page", "Go-live checklist"),
        ],
    },
    End {
        name: "android",
        title: "The Android SDK",
        why: "The app opens the SDK's payment form with a token from your server. Cards and Google Pay are in it.",
        pages: &[
            ("apps/sdks", "Apps"),
            ("go-live/components", "Go-live checklist"),
        ],
    },
    End {
        name: "ios",
        title: "The iOS SDK",
        why: "The app opens the SDK's payment form with a token from your server. Cards and Apple Pay are in it.",
        pages: &[
            ("apps/sdks", "Apps"),
            ("go-live/components", "Go-live checklist"),
        ],
    },
    End {
        name: "react-native",
        title: "The React Native SDK",
        why: "One package opens the forms of both systems with a token from your server.",
        pages: &[
            ("apps/sdks", "Apps"),
            ("go-live/components", "Go-live checklist"),
        ],
    },
    End {
        name: "virtual-terminal",
        title: "Virtual terminal",
        why: "Your staff type the card into a page of this installation. It is marked as a telephone order, so the bank asks for no 3-D Secure.",
        pages: &[
            ("online/virtual-terminal", "Virtual terminal"),
            ("go-live/virtual-terminal", "Go-live checklist"),
        ],
    },
    End {
        name: "pay-at-counter",
        title: "Pay at Counter",
        why: "The till makes a payment intent and puts a session on a card machine. It then asks once a second how the session goes.",
        pages: &[
            ("in-person/pay-at-counter", "Pay at Counter"),
            ("go-live/pay-at-counter", "Go-live checklist"),
        ],
    },
    End {
        name: "pay-at-table",
        title: "Pay at Table",
        why: "Your POS answers requests for orders and records payments. The card machine does the rest: splitting, tips, printed bills.",
        pages: &[
            ("at-the-table/pay-at-table", "Pay at Table"),
            ("at-the-table/explorer", "What your POS must answer"),
            ("go-live/pay-at-table", "Go-live checklist"),
        ],
    },
    End {
        name: "pay-by-qr",
        title: "Pay by QR",
        why: "The same requests as for Pay at Table. Each table has a code; guests open its bills and pay all or a part.",
        pages: &[
            ("at-the-table/pay-by-qr", "Pay by QR"),
            ("at-the-table/pos", "Connect your POS"),
            ("go-live/pay-at-table", "Go-live checklist"),
        ],
    },
    End {
        name: "order-and-pay",
        title: "Order and Pay",
        why: "An ordering page takes the payment first and then creates the order at your POS.",
        pages: &[
            ("at-the-table/order-and-pay", "Order and Pay"),
            ("at-the-table/explorer", "What your POS must answer"),
        ],
    },
    End {
        name: "tap-to-pay",
        title: "Tap to Pay",
        why: "A phone or a pocket machine reads cards itself. Your server gives the app a secret.",
        pages: &[
            ("in-person/tap-to-pay", "Tap to Pay"),
            ("go-live/tap-to-pay", "Go-live checklist"),
        ],
    },
];

#[derive(Template)]
#[template(path = "survey.html")]
struct SurveyTemplate {
    assets: &'static str,
    sections: Vec<Section>,
    question: &'static str,
    asked: Option<&'static Question>,
    end: Option<&'static End>,
}

pub(crate) async fn first(State(docs): State<DocsState>) -> Response {
    page(&docs, QUESTIONS.first(), None)
}

pub(crate) async fn show(State(docs): State<DocsState>, Path(step): Path<String>) -> Response {
    let asked = QUESTIONS.iter().find(|question| question.name == step);
    let end = ENDS.iter().find(|end| end.name == step);
    match asked.is_some() || end.is_some() {
        true => page(&docs, asked, end),
        false => not_found(&docs),
    }
}

fn page(docs: &Shared, asked: Option<&'static Question>, end: Option<&'static End>) -> Response {
    let template = SurveyTemplate {
        assets: ASSETS.base(),
        sections: navigation(&docs.shown().site, None),
        question: "",
        asked,
        end,
    };
    page_of(PAGE_POLICY, template.render())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::site;
    use std::collections::BTreeSet;

    /// Walks all answers; the ends that were come to.
    fn walk(question: &str, depth: usize, ends: &mut BTreeSet<&'static str>) {
        assert!(depth < QUESTIONS.len(), "{question} is asked in a circle");
        let found = QUESTIONS.iter().find(|it| it.name == question);
        for answer in found.expect("a question").answers {
            match answer.to {
                To::Question(name) => walk(name, depth + 1, ends),
                To::End(name) => {
                    assert!(ENDS.iter().any(|end| end.name == name), "{name}");
                    ends.insert(name);
                }
            }
        }
    }

    #[test]
    fn every_path_ends_and_every_recommendation_is_come_to() {
        let mut ends = BTreeSet::new();
        walk(QUESTIONS[0].name, 0, &mut ends);
        let all: BTreeSet<&str> = ENDS.iter().map(|end| end.name).collect();
        assert_eq!(ends, all);
        let names: BTreeSet<&str> = QUESTIONS.iter().map(|question| question.name).collect();
        assert!(
            names.is_disjoint(&all),
            "a question and an end share a name"
        );
    }

    #[test]
    fn recommendations_lead_to_pages() {
        let site = site();
        for end in &ENDS {
            for (slug, _) in end.pages {
                assert!(site.find(slug).is_some(), "{}: {slug}", end.name);
            }
        }
    }
}
