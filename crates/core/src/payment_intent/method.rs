//! The ways to pay that a merchant allows.

use super::Details;
use crate::problem::Refusal;

/// A way for customers to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A card that is typed in.
    Card,
    /// Apple Pay or Google Pay.
    Wallet,
    /// A card that the customer has saved.
    SavedCard,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Card, Self::Wallet, Self::SavedCard];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Card => "Card",
            Self::Wallet => "Wallet",
            Self::SavedCard => "SavedCard",
        }
    }

    /// Reads a published name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

impl Details {
    /// Cards, where the merchant named no way to pay.
    pub(crate) fn settle_methods(&mut self) {
        if self.payment_methods.is_empty() {
            self.payment_methods = vec![Method::Card.name().to_owned()];
            self.usual_methods = true;
        }
    }

    /// Whether the merchant named that way to pay, or named none and it is the
    /// usual one.
    pub fn offers(&self, method: Method) -> bool {
        let mut methods = self.payment_methods.iter();
        methods.any(|name| Method::from_name(name) == Some(method))
    }

    /// Refuses a way to pay that the merchant does not allow. Apps pay with the
    /// saved cards of a customer whom the order names, and their orders name no
    /// ways to pay.
    ///
    /// # Errors
    /// If it is not allowed.
    pub fn accepts(&self, method: Method) -> Result<(), Refusal> {
        let usual = method == Method::SavedCard && self.usual_methods;
        if self.offers(method) || usual {
            return Ok(());
        }
        let rule = match method {
            Method::Card => "This payment cannot be made with a card that is typed in.",
            Method::Wallet => "This payment cannot be made with a wallet.",
            Method::SavedCard => "This payment cannot be made with a saved card.",
        };
        Err(Refusal::NotAllowed(rule.to_owned()))
    }
}
