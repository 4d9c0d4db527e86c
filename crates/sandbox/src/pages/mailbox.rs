//! The sandbox's mailbox as pages, for whoever serves it behind a key, and the page
//! for whoever brings none.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use tatami_engine::ports::mail::Mail;
use tatami_locale::{Language, Moment};

use crate::assets;
use crate::headers::{MAIL_POLICY, PAGE_POLICY, page_of};

struct Row<'m> {
    id: &'m str,
    to: &'m str,
    subject: &'m str,
    text: &'m str,
    at: Moment,
    has_html: bool,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Mailbox<'m> {
    assets: &'static str,
    mails: Vec<Row<'m>>,
}

/// The page that lists mails, each with its text. A mail's HTML is linked as
/// `/sandbox/mailbox/{mail id}`, where [`mail_page`] belongs.
pub(crate) fn mailbox_page(mails: &[Mail]) -> Response {
    page_of(PAGE_POLICY, listed(mails))
}

/// The HTML of a mail as it went out, where it can run and load nothing.
pub(crate) fn mail_page(mail: &Mail) -> Response {
    page_of(MAIL_POLICY, Ok(mail.html.clone()))
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'d> {
    assets: &'static str,
    /// Whether another key would help.
    wants_key: bool,
    detail: &'d str,
}

/// The page in place of one that is not shown, and why it is not.
pub(crate) fn refusal_page(status: StatusCode, detail: &str) -> Response {
    let page = Refused {
        assets: assets::pages(),
        wants_key: matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN),
        detail,
    };
    let mut response = page_of(PAGE_POLICY, page.render());
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

fn listed(mails: &[Mail]) -> askama::Result<String> {
    let mails = mails.iter().map(|mail| Row {
        id: mail.id.as_str(),
        to: &mail.to,
        subject: &mail.subject,
        text: &mail.text,
        // Whose zone it is can be told only where it is read.
        at: Moment::of(mail.created_at, "UTC", Language::english()),
        has_html: !mail.html.is_empty(),
    });
    let page = Mailbox {
        assets: assets::pages(),
        mails: mails.collect(),
    };
    page.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_core::account::{AnyScope, Scope};
    use tatami_core::id::{AccountId, Environment, MailId};
    use tatami_core::time::Timestamp;

    #[test]
    fn mails_are_shown_as_text_whatever_they_hold() {
        let at: Timestamp = "2026-03-31T12:05:00Z".parse().expect("a moment");
        let mail = Mail {
            id: MailId::floor(Environment::Sandbox, at),
            scope: AnyScope::from(Scope {
                account: AccountId::floor(Environment::Sandbox, at),
                environment: Environment::Sandbox,
            }),
            to: "ada@example.com".to_owned(),
            subject: "<script>alert(1)</script>".to_owned(),
            text: "Thank you\n<b>Total</b> £10.00".to_owned(),
            html: "<p>Thank you</p>".to_owned(),
            created_at: at,
            due_at: None,
            refusals: 0,
            sent_at: None,
        };
        let page = listed(std::slice::from_ref(&mail)).expect("renders");
        assert!(!page.contains("alert(1)</script>"));
        assert!(page.contains("Total"));
        assert!(!page.contains("<b>Total"));
        assert!(page.contains("31 March 2026, 12:05 UTC"));
        assert!(page.contains(&format!("/sandbox/mailbox/{}", mail.id)));
        assert!(listed(&[]).expect("renders").contains("No mail yet"));
    }
}
