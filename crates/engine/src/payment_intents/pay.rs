//! Paying with a card.

use std::sync::Arc;

use tatami_core::card::CardEntry;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{
    Challenge, Decision, Decline, Outcome, PaidWith, PayerDetails, PaymentIntent,
};
use tatami_core::problem::Refusal;
use tatami_core::saved_card::Keeping;

use super::attempts::Means;
use super::{Keep, Payers, View};
use crate::Failure;
use crate::command::{Decided, Known, Opened};
use crate::locks::Held;
use crate::outside::StillOpen;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;

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

impl Payers<'_> {
    /// Pays with a card, in the session of a view. A session serves one try. A card that
    /// its holder wants to be kept is saved for the payment's customer once it is
    /// approved.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the session is over, or a
    /// refusal if the intent cannot be paid or has no customer to keep a card
    /// for, or the card's number is in what the payer typed besides.
    pub async fn pay(
        self,
        view: &View,
        card: CardEntry,
        payer: PayerDetails,
        keep: Option<Keep>,
    ) -> Result<PaymentResult, Failure> {
        let intent = Arc::clone(&view.intent);
        let (id, nonce) = (intent.id.clone(), intent.session.nonce.clone());
        let known = view.version.map(|version| Stored {
            value: intent,
            version,
        });
        let known = Known::of(known);
        let paying = Arc::clone(&view.intent);
        self.0
            .to_the_end(|engine| async move {
                Box::pin(engine.tables().parts().before_payment(&paying)).await?;
                let begun = engine.change(id.as_str(), || async {
                    let payers = engine.payers();
                    let read = async {
                        let Stored { value, version } = payers.payable(&id, &nonce).await?;
                        let value = Arc::new(value);
                        Ok(Stored { value, version })
                    };
                    let Stored { value, version } = known.or_read(read).await?;
                    payers.check_payable(&value, &nonce)?;
                    payer.check(&card.number)?;
                    let pending = match keep {
                        Some(keep) => {
                            Some(engine.payers().card_to_keep(&value, &card, keep).await?)
                        }
                        None => None,
                    };
                    let with = PaidWith {
                        card: card.summary(),
                        keeping: pending.as_ref().map(|card| Keeping::Keep(card.id.clone())),
                    };
                    let decision = engine.with_facts(&value.scope, |facts| {
                        value.begin_payment(with, payer.clone(), facts)
                    })?;
                    let documents = pending.iter().map(|card| DocumentWrite::put(card, None));
                    let documents = documents.collect::<Result<_, _>>()?;
                    engine.payers().opening(decision, version, documents).await
                });
                let (opened, held) = begun.await?;
                engine.payers().paid(&held, opened, Means::Card(card)).await
            })
            .await
    }

    /// The intent of a session that can be paid with. What begins now ends in a
    /// call to the acquirer.
    pub(super) async fn payable(
        self,
        id: &PaymentIntentId,
        nonce: &str,
    ) -> Result<Stored<PaymentIntent>, Failure> {
        let stored = self.0.payment_intents().find_public(id).await?;
        let stored = stored.ok_or(Failure::BadSession)?;
        self.check_payable(&stored.value, nonce)?;
        Ok(stored)
    }

    fn check_payable(self, intent: &PaymentIntent, nonce: &str) -> Result<(), Failure> {
        if !intent.session_open(nonce, self.0.now(&intent.scope)) {
            return Err(Failure::BadSession);
        }
        self.0.may_call(&intent.scope)
    }

    pub(super) async fn paid(
        self,
        held: &Held,
        Opened { intent, version }: Opened,
        means: Means,
    ) -> Result<PaymentResult, Failure> {
        let unknown = Arc::clone(&intent);
        match self
            .0
            .attempts()
            .carry_out(held, intent, version, means)
            .await
        {
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

    /// The commit of a payer's decision with the documents that change with it; the
    /// intent as it then is.
    pub(crate) async fn opening(
        self,
        decision: Decision,
        version: i64,
        documents: Vec<DocumentWrite>,
    ) -> Result<Decided<Opened>, Failure> {
        let intent = Arc::clone(&decision.intent);
        let mut commit = self
            .0
            .payment_intents()
            .commit_of(decision, Some(version))
            .await?;
        commit.documents.extend(documents);
        let version = version + 1;
        Ok(Decided::change(commit, Opened { intent, version }))
    }
}
