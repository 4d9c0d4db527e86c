//! Tokenization: a setup intent that is created and authorized in one call, with
//! a card that the merchant's own server captured.

use tatami_core::account::{Permission, Scope};
use tatami_core::card::CardEntry;
use tatami_core::payment_intent::{Outcome, PayerDetails};
use tatami_core::problem::Refusal;
use tatami_core::setup_intent::{Draft, Submission, create};
use tatami_core::time::Timestamp;

use super::SetupIntents;
use super::attempts::VerifyBy;
use crate::command::{Decided, Ran};
use crate::outside::StillOpen;
use crate::ports::acquirer::Authentication;
use crate::ports::answers::Answer;
use crate::ports::documents::DocumentWrite;
use crate::{Call, Failure};

/// A card that the merchant's own server captured.
#[derive(Debug)]
pub struct CapturedCard {
    /// The card, for this call alone.
    pub card: CardEntry,
    /// When its holder agreed to the terms; none if they did not.
    pub consented_at: Option<Timestamp>,
    /// What the merchant's own 3-D Secure said.
    pub authentication: Option<Authentication>,
}

impl SetupIntents<'_> {
    /// Whether the account may send card numbers that its own server captured.
    ///
    /// # Errors
    /// [`Failure::NotPermitted`] if it may not.
    pub async fn may_tokenize(self, scope: &Scope) -> Result<(), Failure> {
        let account = self.0.account(&scope.account).await?;
        if account.permissions.contains(&Permission::Tokenization) {
            return Ok(());
        }
        Err(Failure::NotPermitted(Permission::Tokenization))
    }

    /// Creates a setup intent and authorizes it with a captured card. Whether
    /// the card was accepted is the status of the intent in the answer.
    ///
    /// # Errors
    /// If the account may not, the draft or the card breaks rules, or the outcome
    /// is not known yet.
    pub async fn tokenize(
        self,
        call: &Call,
        draft: Draft,
        captured: CapturedCard,
    ) -> Result<Answer, Failure> {
        self.may_tokenize(&call.scope).await?;
        let call = call.clone();
        self.0
            .to_the_end(|engine| async move {
                engine
                    .setup_intents()
                    .tokenize_now(&call, draft, captured)
                    .await
            })
            .await
    }

    async fn tokenize_now(
        self,
        call: &Call,
        draft: Draft,
        captured: CapturedCard,
    ) -> Result<Answer, Failure> {
        let ran = self.0.command(Some(call), None, || async {
            self.0.may_call(&call.scope)?;
            let created = self.0.with_facts(&call.scope, |facts| {
                create(call.scope.clone(), draft.clone(), facts)
            })?;
            // Its time to be settled waits for the call that begins now.
            let held = self.0.locks.hold(created.id.as_str()).await;
            let kept = self.0.setup_payers().pending_card(&created, &captured.card);
            let given = Submission {
                card: captured.card.summary(),
                saved_card: kept.id.clone(),
                consented_at: captured.consented_at,
                payer: PayerDetails::default(),
                request: call.request(),
            };
            let begun = self.0.with_facts(&call.scope, |facts| {
                created.begin_verification(given, facts)
            })?;
            let mut writes = self.writes(None, &begun, None).await?;
            writes.push(DocumentWrite::put(&kept, None)?);
            let commit = self.0.commit_of(&call.scope, writes);
            Ok(Decided::opening(call, commit, (begun, held)))
        });
        let (begun, held) = match ran.await? {
            Ran::Before(answer) => return Ok(answer),
            Ran::Now(opened, _) => opened,
        };
        let by = VerifyBy::Captured(captured.card, captured.authentication);
        // A new record has the first version.
        match self.verify(&held, begun, 1, by).await {
            Ok(verified) if verified.outcome == Outcome::NotDone => Err(Failure::Unavailable(
                "the acquirer could not be reached".to_owned(),
            )),
            Ok(verified) => self.answer(&verified.intent, call.version).await,
            Err(StillOpen::Unknown) => Err(Refusal::Pending(
                "The acquirer has not answered yet. The outcome will be known shortly.".to_owned(),
            )
            .into()),
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }
}
