//! The issuer's page ("your bank"), as the web door sees it.

use serde::Serialize;
use tatami_core::account::Scope;
use tatami_core::money::Money;

use crate::SandboxAcquirer;
use crate::books::BooksError;
use crate::three_ds;

/// Where payers are sent for a challenge, on this installation.
pub const ACS_URL: &str = "/three-ds/acs";

/// The code that passes every challenge. The page shows it: this bank is not
/// a real one.
pub const ONE_TIME_CODE: &str = "123456";

/// How many codes a payer may try.
pub(crate) const CODE_TRIES: u8 = 3;

/// What the issuer's page shows of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeView {
    /// Whose payment it is.
    pub scope: Scope,
    /// What the payer is asked to approve; none of a verification, which takes
    /// nothing.
    pub amount: Option<Money>,
    /// The masked card number.
    pub card: String,
    /// The acquirer's transaction id (`md` to existing clients).
    pub transaction_id: String,
    /// Whether the payer has decided.
    pub state: ChallengeState,
    /// The code to type.
    pub code_hint: &'static str,
}

/// Where a challenge stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChallengeState {
    /// The payer has yet to decide.
    Waiting {
        /// How many codes they may still try.
        left: u8,
    },
    /// The payer decided and came back to the page; they are to go on to the
    /// shop with this.
    Decided {
        /// The proof (`paRes`).
        proof: String,
    },
}

/// What the payer does at the issuer's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Says that it is they who pay.
    Approve {
        /// The one-time code as typed.
        code: String,
    },
    /// Says that it is not.
    Refuse,
    /// Goes back to the shop.
    Cancel,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Decided {
    /// The challenge is over: the payer goes back to the shop with this proof
    /// (`paRes`), whichever way it went.
    Proof(String),
    /// The code was wrong.
    WrongCode {
        /// How many codes they may still try.
        left: u8,
    },
    /// There is no such challenge, or its payment is concluded.
    Gone,
}

impl SandboxAcquirer {
    /// The challenge that a browser names by its payload (`paReq`); `None` if
    /// there is none or its payment is concluded.
    ///
    /// # Errors
    /// If the books fail.
    pub async fn challenge(&self, payload: &str) -> Result<Option<ChallengeView>, BooksError> {
        self.challenged(payload, |desk| three_ds::view(desk, payload))
            .await
    }

    /// Writes what the payer decided. The first decision that ends a challenge
    /// stands; later ones get its proof again.
    ///
    /// # Errors
    /// If the books fail.
    pub async fn decide(&self, payload: &str, decision: Decision) -> Result<Decided, BooksError> {
        self.challenged(payload, |desk| three_ds::decide(desk, payload, &decision))
            .await
    }
}
