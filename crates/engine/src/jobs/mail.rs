//! Mail that waits is handed to the mail server.

use std::time::Duration;

use tatami_core::time::SignedDuration;

use super::{Jobs, wait_after};
use crate::Failure;
use crate::ports::documents::{Document, DocumentWrite};
use crate::ports::mail::Mail;
use crate::ports::store::Stored;

/// How long a mail server may take: less than the claim lasts.
const TIMEOUT: Duration = Duration::from_secs(100);
/// How old a mail may grow in its account's time before it is given up when it is
/// not taken: no mail server was away so long, so it is the address.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);

impl Jobs<'_> {
    /// Whether a document is a mail that is not tried again if it is not taken now.
    pub(super) fn is_given_up(self, record: &Document) -> bool {
        record.read::<Mail>().is_ok_and(|mail| self.is_old(&mail))
    }

    fn is_old(self, mail: &Mail) -> bool {
        self.0.now_in(&mail.scope).duration_since(mail.created_at) > GIVE_UP_AFTER
    }

    /// Sends a mail. One that is not taken is due again later, in the commit that
    /// counts it.
    ///
    /// # Errors
    /// If it is not taken and is old, or storage fails.
    pub(crate) async fn send_mail(self, due: Stored<Mail>) -> Result<(), Failure> {
        let Stored {
            value: mut mail,
            version,
        } = due;
        let Some(mailer) = &self.0.parts.mailer else {
            return Err(Failure::Unavailable("there is no mail server".to_owned()));
        };
        let sent = tokio::time::timeout(TIMEOUT, mailer.send(&mail)).await;
        let sent = sent.unwrap_or_else(|_| Err("The mail server does not answer.".to_owned()));
        let now = self.0.now_in(&mail.scope);
        match sent {
            Ok(()) => {
                mail.sent_at = Some(now);
                mail.due_at = None;
            }
            Err(error) => {
                tracing::warn!(mail.id = %mail.id, error, "a mail was not sent");
                if self.is_old(&mail) {
                    return Err(Failure::Unavailable(error));
                }
                mail.refusals += 1;
                mail.due_at = Some(now + wait_after(mail.refusals));
            }
        }
        // What the installation sends has links that sign somebody in: it is not kept.
        let write = match mail.scope.account().is_none() && mail.sent_at.is_some() {
            true => DocumentWrite::delete(&Stored {
                value: mail.clone(),
                version,
            }),
            false => DocumentWrite::put(&mail, Some(version))?,
        };
        let commit = self.0.commit_of(mail.scope, vec![write]);
        self.0.make_durable_if_current(commit).await?;
        Ok(())
    }
}
