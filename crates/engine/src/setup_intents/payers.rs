//! The payer's side of a setup intent: giving a card.

use tatami_core::card::CardEntry;
use tatami_core::id::{SavedCardId, SetupIntentId};
use tatami_core::payment_intent::{Challenge, Decline, Method, Outcome, PayerDetails};
use tatami_core::problem::Refusal;
use tatami_core::saved_card::{SavedCard, SavedCardState};
use tatami_core::setup_intent::{SetupIntent, Submission};

use super::attempts::{Verified, VerifyBy};
use super::{SetupPayers, SetupView};
use crate::Failure;
use crate::command::Decided;
use crate::locks::Held;
use crate::outside::StillOpen;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;

/// What came of a payer's try.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as PaymentResult")]
pub enum SetupResult {
    /// The card is verified and kept.
    Authorized { view: SetupView },
    /// The card was refused; another try needs a new session.
    Declined { view: SetupView, decline: Decline },
    /// The payer must prove who they are.
    Challenge {
        view: SetupView,
        challenge: Box<Challenge>,
    },
    /// Nobody knows yet; it settles by itself.
    Unknown { view: SetupView },
}

impl SetupPayers<'_> {
    /// The setup intent whose current session a secret names, used or not.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret names no current session.
    pub async fn session(self, secret: &str) -> Result<SetupView, Failure> {
        self.0
            .setup_intents()
            .view(self.of_session(secret).await?.value)
            .await
    }

    async fn of_session(self, secret: &str) -> Result<Stored<SetupIntent>, Failure> {
        self.of_secret(secret, |intent, nonce| intent.session.nonce == nonce)
            .await
    }

    async fn of_secret(
        self,
        secret: &str,
        opens: fn(&SetupIntent, &str) -> bool,
    ) -> Result<Stored<SetupIntent>, Failure> {
        let (id, nonce) = self.setup_intent_of(secret)?;
        let stored = self.0.find::<SetupIntent>(None, id.as_str()).await?;
        let opened = stored.filter(|stored| opens(&stored.value, &nonce));
        opened.ok_or(Failure::BadSession)
    }

    /// Gives a card. A secret serves one try.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret opens nothing (any more), or a
    /// refusal if no card can be given, its holder did not agree to the terms, or
    /// its number is in what they typed besides.
    pub async fn authorize(
        self,
        secret: &str,
        card: CardEntry,
        consented: bool,
        payer: PayerDetails,
    ) -> Result<SetupResult, Failure> {
        let (id, _) = self.setup_intent_of(secret)?;
        let secret = secret.to_owned();
        self.0
            .to_the_end(|engine| async move {
                let begun = engine.change(id.as_str(), || async {
                    let Stored { value, version } =
                        engine.setup_payers().of_session(&secret).await?;
                    let now = engine.now(&value.scope);
                    if !value.session_open(&value.session.nonce, now) {
                        return Err(Failure::BadSession);
                    }
                    engine.may_call(&value.scope)?;
                    value.details.accepts(Method::Card)?;
                    payer.check(&card.number)?;
                    let kept = engine.setup_payers().pending_card(&value, &card);
                    let given = Submission {
                        card: card.summary(),
                        saved_card: kept.id.clone(),
                        consented_at: consented.then_some(now),
                        payer: payer.clone(),
                        request: None,
                    };
                    let begun = engine
                        .with_facts(&value.scope, |facts| value.begin_verification(given, facts))?;
                    let mut writes = engine
                        .setup_intents()
                        .writes(Some(&value), &begun, Some(version))
                        .await?;
                    writes.push(DocumentWrite::put(&kept, None)?);
                    Ok(Decided::change(
                        engine.commit_of(&begun.scope, writes),
                        (begun, version + 1),
                    ))
                });
                let (begun, held) = begun.await?;
                engine
                    .setup_payers()
                    .authorized(&held, begun, VerifyBy::Card(card))
                    .await
            })
            .await
    }

    /// Goes on after the payer's 3-D Secure challenge.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret is not that of the challenged try,
    /// or a refusal if no such challenge is waiting.
    pub async fn complete_challenge(
        self,
        secret: &str,
        transaction_id: &str,
        proof: &str,
    ) -> Result<SetupResult, Failure> {
        let (id, _) = self.setup_intent_of(secret)?;
        let secret = secret.to_owned();
        let (transaction_id, proof) = (transaction_id.to_owned(), proof.to_owned());
        self.0
            .to_the_end(|engine| async move {
                let begun = engine.change(id.as_str(), || async {
                    let Stored { value, version } = engine
                        .setup_payers()
                        .of_secret(&secret, SetupIntent::session_continues)
                        .await?;
                    let begun = engine.with_facts(&value.scope, |facts| {
                        value.resume_verification(&transaction_id, facts)
                    })?;
                    let writes = engine
                        .setup_intents()
                        .writes(Some(&value), &begun, Some(version))
                        .await?;
                    Ok(Decided::change(
                        engine.commit_of(&begun.scope, writes),
                        (begun, version + 1),
                    ))
                });
                let (begun, held) = begun.await?;
                engine
                    .setup_payers()
                    .authorized(&held, begun, VerifyBy::Proof(proof))
                    .await
            })
            .await
    }

    /// The card as it is put in the vault until its verification is known.
    pub(super) fn pending_card(self, intent: &SetupIntent, card: &CardEntry) -> SavedCard {
        let id = self.0.with_facts(&intent.scope, |facts| {
            SavedCardId::mint(intent.scope.environment, facts)
        });
        let mut entropy = (self.0.parts.entropy)();
        SavedCard {
            sealed: self.0.vault().seal(&id, &card.number, entropy.as_mut()),
            fingerprint: self.0.vault().fingerprint(&intent.scope, &card.number),
            id,
            scope: intent.scope.clone(),
            owner: intent.id.to_string(),
            state: SavedCardState::Pending,
            card: card.summary(),
            preferred: false,
            merchant_initiated_consent: None,
            network_reference: None,
            created_at: self.0.now(&intent.scope),
        }
    }

    async fn authorized(
        self,
        held: &Held,
        (intent, version): (SetupIntent, i64),
        by: VerifyBy,
    ) -> Result<SetupResult, Failure> {
        let unknown = intent.clone();
        let Verified { intent, outcome } = match self
            .0
            .setup_intents()
            .verify(held, intent, version, by)
            .await
        {
            Ok(verified) => verified,
            Err(StillOpen::Unknown) => {
                let view = self.0.setup_intents().view(unknown).await?;
                return Ok(SetupResult::Unknown { view });
            }
            Err(StillOpen::Failed(failure)) => return Err(failure),
        };
        let view = self.0.setup_intents().view(intent).await?;
        match outcome {
            Outcome::Approved(_) => Ok(SetupResult::Authorized { view }),
            Outcome::Declined(decline) => Ok(SetupResult::Declined { view, decline }),
            Outcome::Challenged(challenge) => Ok(SetupResult::Challenge {
                view,
                challenge: Box::new(challenge),
            }),
            Outcome::NotDone => Err(Refusal::Declined(
                "The card was not verified and is not kept.".to_owned(),
            )
            .into()),
        }
    }

    /// The setup intent and the session nonce that a secret names.
    ///
    /// # Errors
    /// As [`Payers::payment_of`].
    pub(crate) fn setup_intent_of(self, secret: &str) -> Result<(SetupIntentId, String), Failure> {
        let named = self.0.sessions().setup_intent_of(secret);
        let served = |(id, _): &(SetupIntentId, _)| self.0.serves(id.environment());
        named.ok().filter(served).ok_or(Failure::BadSession)
    }
}
