//! Mails to users. They are the installation's own: no account's mailbox has them, and
//! they are gone once they were sent.

use tatami_core::account::AnyScope;
use tatami_core::id::{Environment, MailId};
use tatami_core::people::{Company, LinkPurpose, User, browser_in_words};
use tatami_core::time::Timestamp;

use super::{Origin, People};
use crate::Failure;
use crate::ports::documents::DocumentWrite;
use crate::ports::mail::Mail;

/// What a mail says.
pub(super) struct Letter {
    subject: String,
    text: String,
    link: Option<String>,
}

impl Letter {
    /// A link with what it is for.
    pub(super) fn with_link(purpose: LinkPurpose, company: &Company, link: String) -> Self {
        let (subject, text) = match purpose {
            LinkPurpose::Invitation => (
                format!("Invitation to {}", company.name),
                format!(
                    "You are invited to the payments portal of {}. Open this link within 7 days, \
                     and choose a password:",
                    company.name
                ),
            ),
            LinkPurpose::Reset => (
                "Choose a new password".to_owned(),
                "Someone, probably you, asked for a new password of the payments portal. Open \
                 this link within 30 minutes, and choose one. If it was not you, there is \
                 nothing to do: your password is as it was."
                    .to_owned(),
            ),
        };
        Self {
            subject,
            text,
            link: Some(link),
        }
    }

    /// That the user signed in with a browser that was not known.
    pub(super) fn new_browser(origin: &Origin, at: Timestamp) -> Self {
        let minute = at.to_string();
        let minute = minute.get(..16).unwrap_or(&minute).replace('T', " ");
        let from = match origin.address.is_empty() {
            true => String::new(),
            false => format!(" from {}", origin.address),
        };
        Self {
            subject: "A new browser signed in to your account".to_owned(),
            text: format!(
                "A browser that you had not used before signed in to your account in the \
                 payments portal at {minute} UTC{from}: {}. If it was not you, choose a new \
                 password at once, and tell an owner of your company.",
                browser_in_words(&origin.agent)
            ),
            link: None,
        }
    }

    /// That the way to sign in was changed.
    pub(super) fn changed(action: &str) -> Self {
        let what = match action {
            "second-factor.begin" => "A second factor was turned on",
            "second-factor.end" => "The second factor was turned off",
            "second-factor.renew-codes" => "New recovery codes were made",
            _ => "The password was changed",
        };
        Self {
            subject: format!("{what} for your account"),
            text: format!(
                "{what} for your account in the payments portal, and its other sessions were \
                 ended. If it was not you, choose a new password at once, and tell an owner of \
                 your company."
            ),
            link: None,
        }
    }
}

impl People<'_> {
    /// The write of a mail to a user.
    pub(super) fn mail(self, user: &User, letter: &Letter) -> Result<DocumentWrite, Failure> {
        let link = letter.link.as_deref().unwrap_or_default();
        let mail = self.with_facts(|facts| Mail {
            id: MailId::mint(Environment::Production, facts),
            scope: AnyScope::Installation,
            to: user.email.clone(),
            subject: letter.subject.clone(),
            text: format!("{}\n\n{link}\n", letter.text),
            html: html(&letter.text, link),
            created_at: facts.now,
            due_at: self.0.parts.mailer.is_some().then_some(facts.now),
            refusals: 0,
            sent_at: None,
            payment: None,
        });
        Ok(DocumentWrite::put(&mail, None)?)
    }
}

fn html(text: &str, link: &str) -> String {
    let (text, link) = (escaped(text), escaped(link));
    let link = match link.is_empty() {
        true => String::new(),
        false => format!("<p><a href=\"{link}\">{link}</a></p>"),
    };
    format!("<!DOCTYPE html><html lang=\"en\"><body><p>{text}</p>{link}</body></html>")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_says_is_text() {
        let html = html("The shop <b>\"A & B\"</b>", "https://pay.example/?a=1&b=2");
        assert!(html.contains("&lt;b&gt;&quot;A &amp; B&quot;&lt;/b&gt;"));
        assert!(html.contains("href=\"https://pay.example/?a=1&amp;b=2\""));
    }
}
