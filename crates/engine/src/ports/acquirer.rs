//! The port to an acquirer: the company that moves the money.

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::card::CardEntry;
use tatami_core::id::AttemptId;
use tatami_core::money::Money;
use tatami_core::payment_intent::{Address, Approval, Decline};
use tatami_core::terminal_session::{EntryMode, Verification};

/// Why a call brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcquirerError {
    /// The request never reached the acquirer: nothing happened.
    #[error("the acquirer could not be reached: {0}")]
    Unreachable(String),
    /// The request may have been carried out; only [`Acquirer::resolve`] can tell.
    #[error("the acquirer did not answer in time: {0}")]
    NoAnswer(String),
}

/// How a payment comes about, which decides what the acquirer asks of the card
/// and its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The card's data was typed.
    Online {
        /// Whether the holder can be asked to prove who they are. `false` skips
        /// 3-D Secure (cardholder not present).
        three_ds: bool,
    },
    /// The merchant charges a card whose holder agreed to it earlier; nobody is
    /// there to be asked.
    MerchantInitiated {
        /// The scheme's reference of the payment, or verification, in which the
        /// holder agreed.
        original: String,
    },
    /// A card machine read the card.
    InPerson {
        /// How.
        entry: EntryMode,
        /// How its holder was verified.
        verification: Verification,
    },
}

/// A payment to authorize.
#[derive(Clone, Debug)]
pub struct Authorize {
    /// Whose payment it is.
    pub scope: Scope,
    /// Our reference: the acquirer carries out a reference once.
    pub reference: AttemptId,
    /// The amount.
    pub amount: Money,
    /// Whether to take the money at once.
    pub capture: bool,
    /// The card as typed, for this call alone.
    pub card: CardEntry,
    /// The billing address, for the address check.
    pub address: Option<Address>,
    /// How it comes about.
    pub channel: Channel,
}

/// A card to verify: the issuer is asked about it, and no money moves.
#[derive(Clone, Debug)]
pub struct Verify {
    /// Who asks.
    pub scope: Scope,
    /// Our reference: the acquirer carries out a reference once.
    pub reference: AttemptId,
    /// The card as typed, for this call alone.
    pub card: CardEntry,
    /// The billing address, for the address check.
    pub address: Option<Address>,
    /// Whether the holder can be asked to prove who they are.
    pub three_ds: bool,
    /// What the merchant's own 3-D Secure said, if the holder was asked before.
    pub authentication: Option<Authentication>,
}

/// The outcome of a 3-D Secure authentication that somebody else saw to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// The version of the protocol.
    pub version: Option<String>,
    /// The electronic commerce indicator.
    pub eci: String,
    /// The authentication value (CAVV or AAV).
    pub value: Option<String>,
    /// The directory server's transaction id.
    pub transaction_id: Option<String>,
}

/// A call about an earlier authorization.
#[derive(Clone, Debug)]
pub struct FollowUp {
    /// Whose payment it is.
    pub scope: Scope,
    /// Our reference of this call.
    pub reference: AttemptId,
    /// Our reference of the authorization.
    pub authorization: AttemptId,
    /// The amount; of a reversal, the whole.
    pub amount: Money,
}

/// Money for a card that is there, taken from it before or not.
#[derive(Clone, Debug)]
pub struct CardRefund {
    /// Who gives it.
    pub scope: Scope,
    /// Our reference: the acquirer carries out a reference once.
    pub reference: AttemptId,
    /// Our reference of the authorization that is refunded; none if the refund
    /// is of no payment.
    pub authorization: Option<AttemptId>,
    /// The amount.
    pub amount: Money,
    /// The card as read, for this call alone.
    pub card: CardEntry,
    /// How the card was read.
    pub entry: EntryMode,
    /// How its holder was verified.
    pub verification: Verification,
}

/// A challenge that the payer must pass before the acquirer goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeAnswer {
    /// The acquirer's transaction id (`md` to existing clients).
    pub transaction_id: String,
    /// Where the payer's browser is sent; may be relative to this installation.
    pub acs_url: String,
    /// What is posted there (`paReq`).
    pub payload: String,
}

/// The acquirer's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcquirerAnswer {
    /// Done.
    Approved(Approval),
    /// Refused.
    Declined(Decline),
    /// Only of [`Acquirer::authorize`] and [`Acquirer::verify`]: the payer must prove who they are.
    Challenge(ChallengeAnswer),
}

/// What became of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It was approved or declined; never a challenge.
    Answered(AcquirerAnswer),
    /// It was never seen, or waited for the payer's challenge. The acquirer has
    /// made it void: should it, or the challenge's proof, still arrive, it is
    /// refused.
    Voided,
}

/// An acquirer. Every call names its reference; a reference that was carried
/// out already gets its first answer again and moves no money.
#[async_trait]
pub trait Acquirer: Send + Sync {
    /// Asks for an amount to be held, or taken, on a card.
    async fn authorize(&self, request: Authorize) -> Result<AcquirerAnswer, AcquirerError>;

    /// Asks whether a card is good and its holder agrees, moving no money. The
    /// approval's network reference is what later payments by the merchant name.
    async fn verify(&self, request: Verify) -> Result<AcquirerAnswer, AcquirerError>;

    /// Goes on with a payment, or a verification, whose holder came back from the challenge.
    /// `proof` is what the issuer's page gave (`paRes`).
    async fn complete(
        &self,
        scope: &Scope,
        reference: &AttemptId,
        proof: &str,
    ) -> Result<AcquirerAnswer, AcquirerError>;

    /// Raises an authorization by `amount`.
    async fn increment(&self, request: FollowUp) -> Result<AcquirerAnswer, AcquirerError>;

    /// Takes `amount` of what is held.
    async fn capture(&self, request: FollowUp) -> Result<AcquirerAnswer, AcquirerError>;

    /// Gives `amount` of what was taken back.
    async fn refund(&self, request: FollowUp) -> Result<AcquirerAnswer, AcquirerError>;

    /// Gives money to a card that was read.
    async fn refund_card(&self, request: CardRefund) -> Result<AcquirerAnswer, AcquirerError>;

    /// Undoes a payment: lets go of what is held, gives back what was taken
    /// the same day.
    async fn reverse(&self, request: FollowUp) -> Result<AcquirerAnswer, AcquirerError>;

    /// Lets go of what is held and was not captured.
    async fn release(&self, request: FollowUp) -> Result<AcquirerAnswer, AcquirerError>;

    /// Tells what became of a reference, and makes it void if that is open still:
    /// nothing that is on its way can change the answer any more.
    async fn resolve(
        &self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Resolution, AcquirerError>;
}
