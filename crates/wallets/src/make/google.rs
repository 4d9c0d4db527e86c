//! Tokens of Google Pay.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tatami_core::Entropy;
use tatami_core::card::Expiry;
use tatami_core::time::{DAY, SignedDuration, Timestamp};

use super::{NotMade, Payment, cryptogram, eci, random};
use crate::PrivateKey;
use crate::google::token::{Intermediate, SENDER, SignedKey, VERSION, Wire};
use crate::google::{Recipient, seal, signature};

/// How long a message is good.
const MESSAGE: SignedDuration = SignedDuration::from_hours(1);
const INTERMEDIATE_KEY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Signs tokens with a root key of its own, and an intermediate key for each.
pub struct GoogleIssuer {
    root: PrivateKey,
    expires_at: Timestamp,
}

impl GoogleIssuer {
    /// An issuer with a new root key, which is good for ten years.
    pub fn new(entropy: &mut dyn Entropy, now: Timestamp) -> Self {
        Self {
            root: PrivateKey::generate(entropy),
            expires_at: now + DAY * 3652,
        }
    }

    /// The root key as Google publishes its own, for [`crate::google::RootKeys`].
    ///
    /// # Errors
    /// Never, of a key that this made.
    pub fn root_keys(&self) -> Result<String, NotMade> {
        let mut key = serde_json::to_value(signed_key(&self.root, self.expires_at)?)?;
        key["protocolVersion"] = VERSION.into();
        Ok(json!({ "keys": [key] }).to_string())
    }

    /// Makes a token: the JSON of `tokenizationData.token`. A card that is on file
    /// with the payer's account comes without a cryptogram.
    ///
    /// # Errors
    /// If the recipient has no key.
    pub fn token(
        &self,
        to: &Recipient,
        gateway_merchant: &str,
        payment: &Payment<'_>,
        on_file: bool,
        entropy: &mut dyn Entropy,
        now: Timestamp,
    ) -> Result<String, NotMade> {
        let Expiry { year, month } = payment.card.expiry;
        let mut details = json!({
            "pan": payment.card.number.reveal(),
            "expirationMonth": month,
            "expirationYear": year,
            "authMethod": "PAN_ONLY",
            "assuranceDetails": { "cardHolderAuthenticated": !on_file, "accountVerified": true },
        });
        if !on_file {
            details["authMethod"] = "CRYPTOGRAM_3DS".into();
            details["cryptogram"] = cryptogram(entropy).into();
            details["eciIndicator"] = eci(payment.card).into();
        }
        let message = json!({
            "gatewayMerchantId": gateway_merchant,
            "messageExpiration": (now + MESSAGE).as_millisecond().to_string(),
            "messageId": STANDARD.encode(random::<32>(entropy)),
            "paymentMethod": "CARD",
            "paymentMethodDetails": details,
        });
        self.sealed(to, &message.to_string(), entropy, now + INTERMEDIATE_KEY)
    }

    /// Encrypts a message for a recipient, and signs it.
    pub(crate) fn sealed(
        &self,
        to: &Recipient,
        message: &str,
        entropy: &mut dyn Entropy,
        key_expires_at: Timestamp,
    ) -> Result<String, NotMade> {
        let public = to.keys.first().ok_or(NotMade)?.public();
        let ephemeral = PrivateKey::generate(entropy);
        let message = seal::seal(message.as_bytes(), &public, &ephemeral);
        self.signed(
            &to.id.text(),
            message.map_err(|_| NotMade)?,
            entropy,
            key_expires_at,
        )
    }

    /// Signs an encrypted message with a new intermediate key.
    pub(crate) fn signed(
        &self,
        recipient: &str,
        signed_message: String,
        entropy: &mut dyn Entropy,
        key_expires_at: Timestamp,
    ) -> Result<String, NotMade> {
        let signer = PrivateKey::generate(entropy);
        let signed_key = serde_json::to_string(&signed_key(&signer, key_expires_at)?)?;
        let token = Wire {
            signature: sign(&signer, &[SENDER, recipient, VERSION, &signed_message]),
            intermediate_signing_key: Intermediate {
                signatures: vec![sign(&self.root, &[SENDER, VERSION, &signed_key])],
                signed_key,
            },
            protocol_version: VERSION.to_owned(),
            signed_message,
        };
        Ok(serde_json::to_string(&token)?)
    }
}

fn sign(key: &PrivateKey, parts: &[&str]) -> String {
    STANDARD.encode(key.sign(&signature::content(parts)))
}

fn signed_key(key: &PrivateKey, key_expiration: Timestamp) -> Result<SignedKey, NotMade> {
    Ok(SignedKey {
        key_value: STANDARD.encode(key.public_der()?),
        key_expiration,
    })
}
