//! The port to an acquirer: the company that moves the money.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::account::{Account, Scope};
use tatami_core::card::CardEntry;
use tatami_core::id::{AttemptId, Environment, TerminalId};
use tatami_core::money::Money;
use tatami_core::payment_intent::{Address, Approval, Decline};
use tatami_core::secret::SecretText;
use tatami_core::terminal_session::{EntryMode, Verification};

use super::outside::CallError;

/// A merchant as its acquirer knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// The merchant id (card acceptor id): up to 15 characters.
    pub id: String,
    /// The terminal id of payments that no card machine takes: 8 characters.
    pub terminal: String,
    /// The merchant category code (ISO 18245): four digits.
    pub category: String,
}

impl Merchant {
    /// An account, as it agreed with its acquirer. Payments on no card machine are made on
    /// the terminal that the end of the merchant id names.
    fn of(account: &Account) -> Self {
        let id = account.merchant_id();
        let terminal = format!("{id:0>8}");
        Self {
            terminal: terminal[terminal.len() - 8..].to_owned(),
            id,
            category: account.merchant_category().to_owned(),
        }
    }
}

/// Where a merchant's calls go.
#[derive(Clone)]
pub struct Route {
    pub acquirer: Arc<dyn Acquirer>,
    /// The merchant, as that acquirer knows it.
    pub merchant: Merchant,
}

/// Chooses acquirers by merchant.
#[async_trait]
pub trait Acquirers: Send + Sync {
    /// The acquirer of an account in one of its environments; none if it has none.
    async fn route(&self, account: &Account, environment: Environment) -> Option<Route>;

    /// Whether accounts can have an acquirer in that environment at all.
    fn serves(&self, environment: Environment) -> bool;
}

/// How a card was presented to a card machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The machine.
    pub terminal: TerminalId,
    /// How the card was read.
    pub entry: EntryMode,
    /// How its holder was verified.
    pub verification: Verification,
    /// The chip's data (ISO 8583 field 55), if a chip was read.
    pub emv: Option<SecretText>,
}

/// How a payment comes about: how the card's data was entered and who began it. It
/// decides what the acquirer asks of the card and its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The holder typed the card's data in a browser or an app.
    Ecommerce {
        /// Whether they can be asked to prove who they are. `false` skips 3-D Secure.
        three_ds: bool,
    },
    /// The merchant typed it, by mail or telephone order.
    Moto,
    /// The merchant charges a card whose holder agreed to it earlier; the holder is not
    /// there to be asked.
    MerchantInitiated {
        /// The scheme's reference of the payment, or verification, in which the
        /// holder agreed.
        original: String,
    },
    /// A card machine read the card.
    InPerson(Presented),
}

/// A payment to authorize.
#[derive(Clone, Debug)]
pub struct Authorize {
    /// Whose payment it is.
    pub scope: Scope,
    pub merchant: Merchant,
    /// Our reference: the acquirer carries out a reference once.
    pub reference: AttemptId,
    pub amount: Money,
    /// Whether to take the money at once.
    pub capture: bool,
    /// The card as typed, for this call alone.
    pub card: CardEntry,
    /// The billing address, for the address check.
    pub address: Option<Address>,
    /// How it comes about.
    pub channel: Channel,
    /// The result of a 3-D Secure authentication made before, elsewhere.
    pub authentication: Option<Authentication>,
}

/// A card to verify: the issuer is asked about it, and no money moves.
#[derive(Clone, Debug)]
pub struct Verify {
    /// Who asks.
    pub scope: Scope,
    pub merchant: Merchant,
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
    pub value: Option<SecretText>,
    /// The directory server's transaction id.
    pub ds_transaction_id: Option<String>,
    /// The access control server's transaction id.
    pub acs_transaction_id: Option<String>,
}

/// A call about an earlier authorization.
#[derive(Clone, Debug)]
pub struct FollowUp {
    /// Whose payment it is.
    pub scope: Scope,
    pub merchant: Merchant,
    /// Our reference of this call.
    pub reference: AttemptId,
    /// Our reference of the authorization.
    pub authorization: AttemptId,
    /// The scheme's reference of the authorization, if it has one.
    pub network_reference: Option<String>,
    /// The amount; of a reversal, the whole.
    pub amount: Money,
}

/// Money for a card that is there, taken from it before or not.
#[derive(Clone, Debug)]
pub struct CardRefund {
    /// Who gives it.
    pub scope: Scope,
    pub merchant: Merchant,
    /// Our reference: the acquirer carries out a reference once.
    pub reference: AttemptId,
    /// Our reference of the authorization that is refunded; none if the refund
    /// is of no payment.
    pub authorization: Option<AttemptId>,
    pub amount: Money,
    /// The card as read, for this call alone.
    pub card: CardEntry,
    /// How it was read.
    pub presented: Presented,
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
    async fn authorize(&self, request: Authorize) -> Result<AcquirerAnswer, CallError>;

    /// Asks whether a card is good and its holder agrees, moving no money. The
    /// approval's network reference is what later payments by the merchant name.
    async fn verify(&self, request: Verify) -> Result<AcquirerAnswer, CallError>;

    /// Goes on with a payment, or a verification, whose holder came back from the challenge.
    /// `proof` is what the issuer's page gave (`paRes`).
    async fn complete(
        &self,
        scope: &Scope,
        reference: &AttemptId,
        proof: &str,
    ) -> Result<AcquirerAnswer, CallError>;

    /// Raises an authorization by `amount`.
    async fn increment(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError>;

    /// Takes `amount` of what is held.
    async fn capture(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError>;

    /// Gives `amount` of what was taken back.
    async fn refund(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError>;

    /// Gives money to a card that was read.
    async fn refund_card(&self, request: CardRefund) -> Result<AcquirerAnswer, CallError>;

    /// Undoes a payment: lets go of what is held, gives back what was taken
    /// the same day.
    async fn reverse(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError>;

    /// Lets go of what is held and was not captured.
    async fn release(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError>;

    /// Tells what became of a reference, and makes it void if that is open still:
    /// nothing that is on its way can change the answer any more.
    async fn resolve(&self, scope: &Scope, reference: &AttemptId) -> Result<Resolution, CallError>;
}

/// One acquirer for each environment, for all merchants.
#[derive(Clone, Default)]
pub struct ByEnvironment {
    /// The acquirer of sandboxes; none when they are switched off.
    pub sandbox: Option<Arc<dyn Acquirer>>,
    /// The acquirer of production.
    pub production: Option<Arc<dyn Acquirer>>,
}

impl ByEnvironment {
    fn of(&self, environment: Environment) -> Option<&Arc<dyn Acquirer>> {
        match environment {
            Environment::Sandbox => self.sandbox.as_ref(),
            Environment::Production => self.production.as_ref(),
        }
    }
}

#[async_trait]
impl Acquirers for ByEnvironment {
    async fn route(&self, account: &Account, environment: Environment) -> Option<Route> {
        Some(Route {
            acquirer: self.of(environment)?.clone(),
            merchant: Merchant::of(account),
        })
    }

    fn serves(&self, environment: Environment) -> bool {
        self.of(environment).is_some()
    }
}

#[cfg(test)]
mod tests {
    use tatami_core::account::MerchantTerms;
    use tatami_core::id::AccountId;
    use tatami_core::time::Timestamp;

    use super::*;

    fn merchant(id: Option<&str>, category: Option<&str>) -> Merchant {
        Merchant::of(&Account {
            id: AccountId::parse("acc_RBMHTJ4fIkmSppDILZVCGw").expect("an id"),
            name: "Corner Shop".to_owned(),
            time_zone: Account::DEFAULT_TIME_ZONE.to_owned(),
            permissions: Default::default(),
            merchant: MerchantTerms {
                id: id.map(str::to_owned),
                category: category.map(str::to_owned),
                country: None,
            },
            created_at: Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn an_acquirer_knows_a_merchant_as_they_agreed() {
        let agreed = merchant(Some("SHOP42"), Some("5812"));
        let parts = (&*agreed.id, &*agreed.terminal, &*agreed.category);
        assert_eq!(parts, ("SHOP42", "00SHOP42", "5812"));
        let unsaid = merchant(None, None);
        assert_eq!(unsaid.category, "5999");
        assert_eq!((unsaid.id.len(), unsaid.terminal.len()), (15, 8));
        assert!(unsaid.id.ends_with(&unsaid.terminal));
    }
}
