//! Payment links: payment intents whose payer is given the address of the checkout page.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::email::is_email;
use tatami_core::id::{MailId, PaymentIntentId};
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::problem::Refusal;

use super::PAYMENT_LINK;
use crate::command::Decided;
use crate::listed::listed;
use crate::ports::answers::Answer;
use crate::ports::documents::{DocumentQuery, DocumentWrite, FacetFilter, ValueRange};
use crate::ports::mail::Mail;
use crate::ports::store::Stored;
use crate::{Call, Engine, Failure, Listed};

/// The payment links of merchants.
#[derive(Clone, Copy)]
pub struct PaymentLinks<'a>(pub(super) &'a Engine);

impl PaymentLinks<'_> {
    /// A page of the payment links of a scope, newest first: in these states, all if none
    /// is named. It may have fewer than `limit` and go on, where a lot was looked at.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn list(
        self,
        scope: &Scope,
        statuses: &[Status],
        after: Option<PaymentIntentId>,
        limit: usize,
    ) -> Result<Listed<PaymentIntent>, Failure> {
        let query = DocumentQuery {
            statuses: statuses.iter().map(|it| it.name().to_owned()).collect(),
            value: Some(ValueRange::exactly(PAYMENT_LINK, "")),
            // Few links of many may be in a state: only so many are looked at.
            facets: (!statuses.is_empty()).then(FacetFilter::default),
            after: after.map(|id| id.to_string()),
            limit,
            ..DocumentQuery::default()
        };
        listed(self.0, scope, query).await
    }

    /// Mails the payment link of an intent to its payer; once, if the call is repeated.
    ///
    /// # Errors
    /// If the address is none, or the intent can no longer be paid.
    pub async fn send(
        self,
        call: &Call,
        id: &PaymentIntentId,
        to: &str,
        link: &str,
    ) -> Result<(), Failure> {
        if !is_email(to) {
            return Err(Refusal::invalid("Email", "This is not a valid e-mail address.").into());
        }
        let scope = &call.scope;
        let sent = self.0.respond(call, Some(id.as_str()), || async {
            let Stored { value, .. } = self.0.payment_intents().known(scope, id).await?;
            if value.status != Status::Created {
                let why = "Only a link that can still be paid is sent.";
                return Err(Refusal::Conflict(why.to_owned()).into());
            }
            let account = self.0.account(&scope.account).await?;
            let letter = self.0.parts.receipts.invite(&account, &value, link);
            let mail = self.0.with_facts(scope, |facts| Mail {
                id: MailId::mint(scope.environment, facts),
                scope: AnyScope::from(scope),
                to: to.to_owned(),
                subject: letter.subject,
                text: letter.text,
                html: letter.html,
                created_at: facts.now,
                due_at: self.0.parts.mailer.is_some().then_some(facts.now),
                refusals: 0,
                sent_at: None,
                payment: Some(id.clone()),
            });
            let writes = vec![DocumentWrite::put(&mail, None)?];
            let mut commit = self.0.commit_of(scope, writes);
            let sent = Answer {
                status: 204,
                body: Vec::new(),
            };
            commit.idempotency = self.0.store_answer(call, &sent);
            Ok(Decided::change(commit, sent))
        });
        sent.await?;
        Ok(())
    }
}
