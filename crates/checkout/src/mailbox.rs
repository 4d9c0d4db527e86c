//! The sandbox's mailbox as pages, for whoever serves it behind a key.

use askama::Template;
use tatami_core::time::Timestamp;
use tatami_engine::ports::mail::Mail;

use crate::assets;

struct Row<'m> {
    id: &'m str,
    to: &'m str,
    subject: &'m str,
    text: &'m str,
    at: String,
    has_html: bool,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Mailbox<'m> {
    assets: &'static str,
    mails: Vec<Row<'m>>,
}

/// The page that lists mails, each with its text. A mail's HTML is linked as
/// `/sandbox/mailbox/{mail id}`, to be served as it is under
/// [`crate::MAIL_POLICY`]; the page itself goes out under
/// [`crate::PAGE_POLICY`].
pub fn mailbox_page(mails: &[Mail]) -> String {
    let mails = mails.iter().map(|mail| Row {
        id: mail.id.as_str(),
        to: &mail.to,
        subject: &mail.subject,
        text: &mail.text,
        at: readable(mail.created_at),
        has_html: !mail.html.is_empty(),
    });
    let page = Mailbox {
        assets: assets::base(),
        mails: mails.collect(),
    };
    page.render().unwrap_or_else(|error| {
        tracing::error!(%error, "the mailbox could not be rendered");
        String::new()
    })
}

fn readable(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_core::account::Scope;
    use tatami_core::id::{AccountId, Environment, MailId};

    #[test]
    fn mails_are_shown_as_text_whatever_they_hold() {
        let at: Timestamp = "2026-03-31T12:05:00Z".parse().expect("a moment");
        let mail = Mail {
            id: MailId::floor(Environment::Sandbox, at),
            scope: Scope {
                account: AccountId::floor(Environment::Sandbox, at),
                environment: Environment::Sandbox,
            },
            to: "ada@example.com".to_owned(),
            subject: "<script>alert(1)</script>".to_owned(),
            text: "Thank you\n<b>Total</b> £10.00".to_owned(),
            html: "<p>Thank you</p>".to_owned(),
            created_at: at,
            sent_at: None,
        };
        let page = mailbox_page(std::slice::from_ref(&mail));
        assert!(!page.contains("alert(1)</script>"));
        assert!(page.contains("Total"));
        assert!(!page.contains("<b>Total"));
        assert!(page.contains("31 March 2026, 12:05 UTC"));
        assert!(page.contains(&format!("/sandbox/mailbox/{}", mail.id)));
        assert!(mailbox_page(&[]).contains("No mail yet"));
    }
}
