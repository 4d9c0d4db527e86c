//! Signed data of the Cryptographic Message Syntax (RFC 5652), as far as Apple's tokens
//! have it: one signer, two certificates, detached contents.

use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::oid::db::{rfc5911, rfc5912};
use der::{Decode as _, Encode as _, Sequence, ValueOrd};
use x509_cert::attr::Attributes;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::TokenError;

#[derive(Sequence)]
pub(crate) struct ContentInfo {
    pub content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub content: SignedData,
}

#[derive(Sequence)]
pub(crate) struct SignedData {
    pub version: u8,
    pub digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    pub contents: Detached,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    pub certificates: SetOfVec<Any>,
    pub signers: SetOfVec<SignerInfo>,
}

/// Contents that are elsewhere.
#[derive(Sequence)]
pub(crate) struct Detached {
    pub content_type: ObjectIdentifier,
}

#[derive(Sequence, ValueOrd)]
pub(crate) struct SignerInfo {
    pub version: u8,
    pub id: IssuerAndSerial,
    pub digest_algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    pub attributes: Attributes,
    pub signature_algorithm: AlgorithmIdentifierOwned,
    pub signature: OctetString,
}

#[derive(Sequence, ValueOrd, PartialEq)]
pub(crate) struct IssuerAndSerial {
    pub issuer: Name,
    pub serial: SerialNumber,
}

/// Reads a signature with exactly one signer. Apple writes it in BER.
pub(crate) fn read(bytes: &[u8]) -> Result<SignedData, TokenError> {
    let malformed = TokenError::Malformed("signature");
    let info = ContentInfo::from_ber(bytes).map_err(|_| malformed)?;
    let data = info.content;
    let is_data = data.contents.content_type == rfc5911::ID_DATA;
    if info.content_type != rfc5911::ID_SIGNED_DATA || !is_data || data.signers.len() != 1 {
        return Err(malformed);
    }
    Ok(data)
}

impl SignerInfo {
    /// Whether it was made with SHA-256 and ECDSA.
    pub fn is_supported(&self) -> bool {
        self.digest_algorithm.oid == rfc5912::ID_SHA_256
            && self.signature_algorithm.oid == rfc5912::ECDSA_WITH_SHA_256
    }

    /// The bytes that are signed: the attributes, as the set that they are.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, TokenError> {
        self.attributes
            .to_der()
            .map_err(|_| TokenError::Malformed("signature"))
    }

    /// The value of an attribute, which has one, and is there once.
    pub fn attribute(&self, oid: ObjectIdentifier) -> Result<&Any, TokenError> {
        let mut found = self
            .attributes
            .iter()
            .filter(|attribute| attribute.oid == oid);
        let value = match (found.next(), found.next()) {
            (Some(attribute), None) if attribute.values.len() == 1 => attribute.values.get(0),
            _ => None,
        };
        value.ok_or(TokenError::Malformed("signature"))
    }
}
