//! Tokens of Apple Pay.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::ObjectIdentifier;
use serde_json::json;
use tatami_core::Entropy;
use tatami_core::card::Expiry;
use tatami_core::time::Timestamp;

use super::certificate::{self, Issuer, Subject};
use super::{NotMade, Payment, cryptogram, eci, random, signature};
use crate::PrivateKey;
use crate::apple::token::{Token, VERSION, Wire, WireHeader};
use crate::apple::{Recipient, currency_number, marker, seal};

const ROOT: &str = "CN=Simulated Wallet Root";
const INTERMEDIATE: &str = "CN=Simulated Wallet Intermediate";
const LEAF: &str = "CN=Simulated Wallet Signer";

/// Signs tokens with a chain of certificates of its own.
pub struct AppleIssuer {
    root: Vec<u8>,
    pub(crate) intermediate: Vec<u8>,
    pub(crate) leaf: Vec<u8>,
    key: PrivateKey,
}

/// What the two certificates of a signature say.
pub(crate) struct Certificates {
    pub leaf_marker: Option<ObjectIdentifier>,
    pub intermediate_marker: Option<ObjectIdentifier>,
    pub is_authority: bool,
    /// Whether the root issued the signing certificate itself.
    pub leaf_of_root: bool,
    pub leaf_valid: (Timestamp, Timestamp),
    pub intermediate_valid: (Timestamp, Timestamp),
}

impl Certificates {
    pub fn proper(now: Timestamp) -> Self {
        Self {
            leaf_marker: Some(marker::LEAF),
            intermediate_marker: Some(marker::INTERMEDIATE),
            is_authority: true,
            leaf_of_root: false,
            leaf_valid: certificate::years(now),
            intermediate_valid: certificate::years(now),
        }
    }
}

impl AppleIssuer {
    /// An issuer with new keys, whose certificates are good for ten years.
    ///
    /// # Errors
    /// If no certificate can hold those years.
    pub fn new(entropy: &mut dyn Entropy, now: Timestamp) -> Result<Self, NotMade> {
        Self::with(&Certificates::proper(now), entropy, now)
    }

    pub(crate) fn with(
        certificates: &Certificates,
        entropy: &mut dyn Entropy,
        now: Timestamp,
    ) -> Result<Self, NotMade> {
        let [root, intermediate, leaf] = std::array::from_fn(|_| PrivateKey::generate(entropy));
        let by_root = Issuer {
            name: ROOT,
            key: &root,
        };
        let by_intermediate = Issuer {
            name: INTERMEDIATE,
            key: &intermediate,
        };
        let of_root = Subject {
            is_authority: true,
            ..Subject::new(ROOT, 1, &root, now)
        };
        let of_intermediate = Subject {
            is_authority: certificates.is_authority,
            marker: certificates.intermediate_marker,
            valid: certificates.intermediate_valid,
            ..Subject::new(INTERMEDIATE, 2, &intermediate, now)
        };
        let of_leaf = Subject {
            marker: certificates.leaf_marker,
            valid: certificates.leaf_valid,
            ..Subject::new(LEAF, 3, &leaf, now)
        };
        let leaf_issuer = if certificates.leaf_of_root {
            &by_root
        } else {
            &by_intermediate
        };
        Ok(Self {
            root: certificate::issue(&of_root, &by_root)?,
            intermediate: certificate::issue(&of_intermediate, &by_root)?,
            leaf: certificate::issue(&of_leaf, leaf_issuer)?,
            key: leaf,
        })
    }

    /// The certificate that a recipient of these tokens has to trust, in DER.
    pub fn root(&self) -> &[u8] {
        &self.root
    }

    /// Makes a token: the JSON of `paymentData`.
    ///
    /// # Errors
    /// If the recipient has no key, or no signature can hold the time.
    pub fn token(
        &self,
        to: &Recipient,
        payment: &Payment<'_>,
        entropy: &mut dyn Entropy,
        now: Timestamp,
    ) -> Result<String, NotMade> {
        let Expiry { year, month } = payment.card.expiry;
        let data = json!({
            "applicationPrimaryAccountNumber": payment.card.number.reveal(),
            "applicationExpirationDate": format!("{:02}{month:02}01", year % 100),
            "currencyCode": currency_number(payment.amount.currency),
            "transactionAmount": payment.amount.minor,
            "cardholderName": payment.card.holder,
            "deviceManufacturerIdentifier": "000000000000",
            "paymentDataType": "3DSecure",
            "paymentData": {
                "onlinePaymentCryptogram": cryptogram(entropy),
                "eciIndicator": eci(payment.card),
            },
        });
        self.sealed(to, &data.to_string(), entropy, now)
    }

    /// Encrypts payment data for a recipient, and signs it.
    pub(crate) fn sealed(
        &self,
        to: &Recipient,
        data: &str,
        entropy: &mut dyn Entropy,
        now: Timestamp,
    ) -> Result<String, NotMade> {
        let ours = to.present().ok_or(NotMade)?;
        let ephemeral = PrivateKey::generate(entropy);
        let secret = ephemeral.agree(&ours.key.public());
        let sealed = seal::seal(&seal::key(&secret, &to.party), data.as_bytes());
        let mut token = Token {
            data: sealed.map_err(|_| NotMade)?,
            signature: Vec::new(),
            ephemeral_public_key: ephemeral.public_der()?,
            public_key_hash: ours.public_hash.to_vec(),
            transaction_id: random::<32>(entropy).to_vec(),
            application_data: Vec::new(),
        };
        self.sign(&mut token, now)?;
        write(&token)
    }

    /// Signs a token as it is now.
    pub(crate) fn sign(&self, token: &mut Token, now: Timestamp) -> Result<(), NotMade> {
        let attributes = signature::attributes(&token.signed_content(), now)?;
        token.signature = signature::sign(self, attributes)?;
        Ok(())
    }

    pub(super) fn key(&self) -> &PrivateKey {
        &self.key
    }
}

pub(crate) fn write(token: &Token) -> Result<String, NotMade> {
    let bound = &token.application_data;
    let wire = Wire {
        data: STANDARD.encode(&token.data),
        signature: STANDARD.encode(&token.signature),
        header: WireHeader {
            ephemeral_public_key: STANDARD.encode(&token.ephemeral_public_key),
            public_key_hash: STANDARD.encode(&token.public_key_hash),
            transaction_id: token.id(),
            application_data: (!bound.is_empty()).then(|| base16ct::lower::encode_string(bound)),
        },
        version: VERSION.to_owned(),
    };
    Ok(serde_json::to_string(&wire)?)
}
