//! Apple Pay: payment tokens of version `EC_v1`, as in Apple's "Payment token format
//! reference".

mod chain;
pub(crate) mod cms;
mod payment;
pub(crate) mod seal;
mod signature;
pub(crate) mod token;

pub(crate) use chain::marker;
pub(crate) use payment::currency_number;

use rustls_pki_types::{CertificateDer, TrustAnchor};
use sha2::{Digest as _, Sha256};
use tatami_core::time::{SignedDuration, Timestamp};

use crate::{BadKey, PrivateKey, TokenError, WalletCard};
use seal::PARTY_SIZE;
use token::Token;

/// The root of the certificates that Apple signs tokens with, "Apple Root CA - G3", as
/// Apple publishes it. SHA-256:
/// `63343abfb89a6a03ebb57e9b3f5fa7be7c4f5c756f3017b3a8c488c3653e9179`.
pub const ROOT_CA_G3: &[u8] = include_bytes!("root_ca_g3.cer");

/// How far the time of the signature may be from ours, either way. Apple: a larger
/// difference may be a replay.
pub(crate) const SIGNING_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Whom tokens are for: a merchant id at Apple, with the keys of its payment
/// processing certificates, the present one and those before it.
#[derive(Clone)]
pub struct Recipient {
    pub(crate) party: [u8; PARTY_SIZE],
    keys: Vec<ProcessingKey>,
    roots: Vec<TrustAnchor<'static>>,
}

#[derive(Clone)]
pub(crate) struct ProcessingKey {
    pub key: PrivateKey,
    pub public_hash: [u8; 32],
}

impl Recipient {
    /// A recipient that trusts these root certificates (DER).
    ///
    /// # Errors
    /// If a root is no certificate.
    pub fn new(merchant_id: &str, keys: Vec<PrivateKey>, roots: &[&[u8]]) -> Result<Self, BadKey> {
        Ok(Self {
            party: Sha256::digest(merchant_id).into(),
            keys: keys
                .into_iter()
                .map(processing_key)
                .collect::<Result<_, _>>()?,
            roots: roots
                .iter()
                .map(|root| anchor(root))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Checks and decrypts a token, given as the JSON of `paymentData`.
    pub(crate) fn open(&self, json: &str, now: Timestamp) -> Result<WalletCard, TokenError> {
        let token = Token::read(json)?;
        let signed_at = signature::check(&token, &self.roots, now)?;
        let ours = self
            .keys
            .iter()
            .find(|ours| token.public_key_hash == ours.public_hash);
        let secret = ours
            .ok_or(TokenError::MerchantKey)?
            .key
            .agree(&token.ephemeral()?);
        let plain = seal::open(&seal::key(&secret, &self.party), &token.data)?;
        payment::read(&plain, token.id(), signed_at + SIGNING_WINDOW)
    }

    /// The key that tokens are made for now.
    pub(crate) fn present(&self) -> Option<&ProcessingKey> {
        self.keys.first()
    }
}

fn processing_key(key: PrivateKey) -> Result<ProcessingKey, BadKey> {
    let public = key.public_der().map_err(|_| BadKey::Private)?;
    Ok(ProcessingKey {
        public_hash: Sha256::digest(public).into(),
        key,
    })
}

fn anchor(root: &[u8]) -> Result<TrustAnchor<'static>, BadKey> {
    let certificate = CertificateDer::from(root);
    let anchor = webpki::anchor_from_trusted_cert(&certificate);
    Ok(anchor.map_err(|_| BadKey::Root)?.to_owned())
}
