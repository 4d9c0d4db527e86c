//! The payer's side: paying with a card, and the client session it needs.

use std::sync::Arc;

use tatami_core::Facts;
use tatami_core::card::CardEntry;
use tatami_core::id::PaymentIntentId;
use tatami_core::money::Money;
use tatami_core::payment_intent::{
    Challenge, Decision, Decline, Outcome, PaidWith, PayerDetails, PaymentIntent,
};
use tatami_core::problem::Refusal;
use tatami_core::saved_card::Keeping;

use crate::attempts::Means;
use crate::command::{Decided, Opened};
use crate::locks::Held;
use crate::outside::StillOpen;
use crate::ports::records::RecordWrite;
use crate::ports::store::Stored;
use crate::reading::NO_INTENT;
use crate::saved_cards::Keep;
use crate::{Engine, Failure, View};

/// What came of a payer's try.
#[derive(Clone, Debug)]
pub enum PaymentResult {
    /// It is paid.
    Approved {
        /// The intent now.
        view: View,
    },
    /// The payment was declined; the intent can be tried again with a new
    /// session.
    Declined {
        /// The intent now.
        view: View,
        /// Why.
        decline: Decline,
    },
    /// The payer must prove who they are.
    Challenge {
        /// The intent now.
        view: View,
        /// Where.
        challenge: Box<Challenge>,
    },
    /// Nobody knows yet; it settles by itself.
    Unknown {
        /// The intent now.
        view: View,
    },
}

impl Engine {
    /// Gives an unpaid intent a new client session, for its payer.
    ///
    /// # Errors
    /// If there is no such intent or it can no longer be paid.
    pub async fn refresh_public_session(&self, id: &PaymentIntentId) -> Result<View, Failure> {
        self.session_of_payer(id, |intent, facts| intent.refresh_session(facts).map(Some))
            .await?
            .ok_or(NO_INTENT.into())
    }

    /// The same, for a page that shows its payer what is to be paid; `None` if
    /// that has changed: the payer must see it first.
    ///
    /// # Errors
    /// As for [`Engine::refresh_public_session`].
    pub async fn renew_public_session(
        &self,
        id: &PaymentIntentId,
        shown: Money,
    ) -> Result<Option<View>, Failure> {
        self.session_of_payer(id, |intent, facts| intent.renew_session(shown, facts))
            .await
    }

    async fn session_of_payer(
        &self,
        id: &PaymentIntentId,
        rule: impl Fn(&PaymentIntent, &mut Facts<'_>) -> Result<Option<Decision>, Refusal>,
    ) -> Result<Option<View>, Failure> {
        let renewed = self.change(id.as_str(), || async {
            let Stored { value, version } = self.for_payer(id).await?;
            let decided = self.with_facts(&value.scope, |facts| rule(&value, facts))?;
            let Some(decision) = decided else {
                return Ok(Decided::nothing(None));
            };
            let opened = self.opening(decision, version, Vec::new()).await?;
            Ok(opened.map(|opened| Some(opened.intent)))
        });
        match renewed.await?.0 {
            Some(intent) => self.viewed(intent).await.map(Some),
            None => Ok(None),
        }
    }

    /// The intent whose current session a secret names, used or not: what a
    /// door needs to know before a try, such as the account's time.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret names no current session.
    pub async fn session(&self, secret: &str) -> Result<View, Failure> {
        let (id, nonce) = self.payment_of(secret)?;
        let stored = self.find_public_intent(&id).await?;
        let intent = stored.ok_or(Failure::BadSession)?.value;
        if intent.session.nonce != nonce {
            return Err(Failure::BadSession);
        }
        self.viewed(Arc::new(intent)).await
    }

    /// Pays with a card. A secret serves one try. A card that its holder wants
    /// to be kept is saved for the payment's customer once it is approved.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret opens nothing (any more), or a
    /// refusal if the intent cannot be paid or has no customer to keep a card
    /// for, or the card's number is in what the payer told besides.
    pub async fn pay(
        &self,
        secret: &str,
        card: CardEntry,
        payer: PayerDetails,
        keep: Option<Keep>,
    ) -> Result<PaymentResult, Failure> {
        let (id, nonce) = self.payment_of(secret)?;
        self.to_the_end(|engine| async move {
            let begun = engine.change(id.as_str(), || async {
                let Stored { value, version } = engine.payable(&id, &nonce).await?;
                payer.check(&card.number)?;
                let pending = match keep {
                    Some(keep) => Some(engine.card_to_keep(&value, &card, keep).await?),
                    None => None,
                };
                let with = PaidWith {
                    card: card.summary(),
                    keeping: pending.as_ref().map(|card| Keeping::Keep(card.id.clone())),
                };
                let decision = engine.with_facts(&value.scope, |facts| {
                    value.begin_payment(with, payer.clone(), facts)
                })?;
                let records = pending.iter().map(|card| RecordWrite::put(card, None));
                let records = records.collect::<Result<_, _>>()?;
                engine.opening(decision, version, records).await
            });
            let (opened, held) = begun.await?;
            engine.paid(&held, opened, Means::Card(card)).await
        })
        .await
    }

    /// The intent of a session that can be paid with. What begins now ends in a
    /// call to the acquirer.
    pub(crate) async fn payable(
        &self,
        id: &PaymentIntentId,
        nonce: &str,
    ) -> Result<Stored<PaymentIntent>, Failure> {
        let stored = self.find_public_intent(id).await?;
        let stored = stored.ok_or(Failure::BadSession)?;
        let now = self.now(&stored.value.scope);
        if !stored.value.session_open(nonce, now) {
            return Err(Failure::BadSession);
        }
        self.may_call(&stored.value.scope)?;
        Ok(stored)
    }

    /// Goes on after the payer's challenge, with the proof that the issuer's
    /// page gave.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret is not that of the challenged try,
    /// or a refusal if no such challenge is waiting.
    pub async fn complete_challenge(
        &self,
        secret: &str,
        transaction_id: &str,
        proof: &str,
    ) -> Result<PaymentResult, Failure> {
        let (id, nonce) = self.payment_of(secret)?;
        let (transaction_id, proof) = (transaction_id.to_owned(), proof.to_owned());
        self.to_the_end(|engine| async move {
            let begun = engine.change(id.as_str(), || async {
                let stored = engine.find_public_intent(&id).await?;
                let Stored { value, version } = stored.ok_or(Failure::BadSession)?;
                if !value.session_continues(&nonce) {
                    return Err(Failure::BadSession);
                }
                let decision = engine.with_facts(&value.scope, |facts| {
                    value.resume_payment(&transaction_id, facts)
                })?;
                engine.opening(decision, version, Vec::new()).await
            });
            let (opened, held) = begun.await?;
            engine.paid(&held, opened, Means::Proof(proof)).await
        })
        .await
    }

    pub(crate) async fn paid(
        &self,
        held: &Held,
        Opened { intent, version }: Opened,
        means: Means,
    ) -> Result<PaymentResult, Failure> {
        let unknown = Arc::clone(&intent);
        match self.carry_out(held, intent, version, means).await {
            Ok(closed) => {
                let view = self.viewed(closed.intent).await?;
                match closed.outcome {
                    Outcome::Approved(_) => Ok(PaymentResult::Approved { view }),
                    Outcome::Declined(decline) => Ok(PaymentResult::Declined { view, decline }),
                    Outcome::Challenged(challenge) => Ok(PaymentResult::Challenge {
                        view,
                        challenge: Box::new(challenge),
                    }),
                    Outcome::NotDone => Err(Refusal::Declined(
                        "The payment was not made. Nothing was taken from the card.".to_owned(),
                    )
                    .into()),
                }
            }
            Err(StillOpen::Unknown) => Ok(PaymentResult::Unknown {
                view: self.viewed(unknown).await?,
            }),
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }

    async fn viewed(&self, intent: Arc<PaymentIntent>) -> Result<View, Failure> {
        Ok(self.view(self.account(&intent.scope.account).await?, intent))
    }

    /// The commit of a payer's decision with the records that change with it; the
    /// intent as it then is.
    pub(crate) async fn opening(
        &self,
        decision: Decision,
        version: i64,
        records: Vec<RecordWrite>,
    ) -> Result<Decided<Opened>, Failure> {
        let intent = Arc::clone(&decision.intent);
        let mut commit = self.commit_of_decision(decision, Some(version)).await?;
        commit.records.extend(records);
        let version = version + 1;
        Ok(Decided::change(commit, Opened { intent, version }))
    }
}
