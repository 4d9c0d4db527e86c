//! Mail over SMTP.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tatami_core::email::routable;
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::mail::{Mail, Mailer};
use url::Url;

/// How long the mail server may take for each step.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why mail cannot be sent with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The URL is none, or not of a mail server.
    #[error("the SMTP URL is not valid: {0}")]
    Url(String),
    /// The sender is not an e-mail address.
    #[error("the sender of mail is not a valid address: {0}")]
    From(String),
}

/// Sends mail through one mail server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    clock: Arc<dyn Clock>,
}

impl SmtpMailer {
    /// A mailer for the server at `url` that sends as `from`
    /// (`Shop <receipts@shop.example>` or the address alone).
    ///
    /// `smtps://user:password@host` speaks TLS from the start (port 465).
    /// `smtp://…` asks for STARTTLS (port 587), and insists on it when there is
    /// a password; `?tls=required`, `?tls=opportunistic` and `?tls=none` (port
    /// 25) choose otherwise.
    ///
    /// # Errors
    /// If the URL or the address is not valid.
    pub fn new(url: &str, from: &str, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let url = with_encryption(url)?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|e| SetupError::Url(e.to_string()))?
            .timeout(Some(TIMEOUT))
            .build();
        let from = from.parse().map_err(|e| SetupError::From(format!("{e}")))?;
        Ok(Self {
            transport,
            from,
            clock,
        })
    }

    fn message(&self, mail: &Mail) -> Result<Message, String> {
        // Mail servers know domains by their ASCII form.
        let to = routable(&mail.to).ok_or("the address is not valid")?;
        let to: Address = to.parse().map_err(|e| format!("{e}"))?;
        // The same in every try, so that a repeated mail is recognised.
        let id = format!("<{}@{}>", mail.id, self.from.email.domain());
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.subject)
            .message_id(Some(id))
            .date(SystemTime::from(self.clock.now()))
            .multipart(MultiPart::alternative_plain_html(
                mail.text.clone(),
                mail.html.clone(),
            ))
            .map_err(|e| e.to_string())?;
        // Keeps absence notes from being sent back.
        message.headers_mut().insert_raw(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
        Ok(message)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), String> {
        let message = self.message(mail)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Chooses how the connection is protected where the URL does not.
fn with_encryption(url: &str) -> Result<Url, SetupError> {
    let mut url = Url::parse(url).map_err(|e| SetupError::Url(e.to_string()))?;
    let chosen = url.query_pairs().find(|(name, _)| name == "tls");
    match (url.scheme(), chosen.map(|(_, how)| how.into_owned())) {
        ("smtp", None) if url.password().is_some() => url.set_query(Some("tls=required")),
        ("smtp", None) => url.set_query(Some("tls=opportunistic")),
        ("smtp", Some(how)) if how == "none" => url.set_query(None),
        _ => {}
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use tatami_engine::ports::clock::SystemClock;

    use super::*;

    #[test]
    fn a_password_does_not_go_out_in_clear_unless_asked_for() {
        for (url, effective) in [
            ("smtp://h", "smtp://h?tls=opportunistic"),
            ("smtp://u:p@h:2525", "smtp://u:p@h:2525?tls=required"),
            ("smtp://u:p@h?tls=none", "smtp://u:p@h"),
            ("smtp://h?tls=required", "smtp://h?tls=required"),
            ("smtps://u:p@h", "smtps://u:p@h"),
        ] {
            let url = with_encryption(url).expect(url);
            assert_eq!(url.as_str(), effective);
        }
    }

    #[tokio::test]
    async fn bad_configuration_is_told_at_once() {
        let new = |url, from| SmtpMailer::new(url, from, Arc::new(SystemClock));
        assert!(new("smtp://mail.example", "Shop <receipts@shop.example>").is_ok());
        assert!(new("smtps://u:p@mail.example", "receipts@shop.example").is_ok());
        for url in ["mail.example", "http://mail.example", "smtp://h?tls=maybe"] {
            assert!(
                matches!(new(url, "a@b.example"), Err(SetupError::Url(_))),
                "{url}"
            );
        }
        assert!(matches!(
            new("smtp://h", "nobody"),
            Err(SetupError::From(_))
        ));
    }
}
