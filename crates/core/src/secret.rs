//! Texts that nobody may see.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A text that is wiped when dropped, does not serialise, and prints as a mask:
/// digits of a card as they were sent, a PIN, the secret of a customer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The text. For code that has to know it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        Ok(text.unwrap_or_default().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_a_mask() {
        let secret: SecretText = serde_json::from_str("\"1234\"").expect("a text");
        assert_eq!(secret.reveal(), "1234");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "**** Some(****)");
        let none: SecretText = serde_json::from_str("null").expect("nothing");
        assert_eq!(none, SecretText::default());
    }
}
