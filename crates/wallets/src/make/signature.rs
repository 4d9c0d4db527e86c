//! The signature of an Apple Pay token, with the certificates that belong to it.

use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::oid::db::{rfc5911, rfc5912};
use der::{Decode as _, Encode as _};
use sha2::{Digest as _, Sha256};
use tatami_core::time::Timestamp;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::{AppleIssuer, certificate};
use crate::apple::cms::{ContentInfo, Detached, IssuerAndSerial, SignedData, SignerInfo};

/// The attributes that are signed in place of the contents.
pub(crate) fn attributes(content: &[u8], now: Timestamp) -> der::Result<Vec<Attribute>> {
    let digest = OctetString::new(Sha256::digest(content).as_slice())?;
    Ok(vec![
        attribute(rfc5911::ID_CONTENT_TYPE, &rfc5911::ID_DATA)?,
        attribute(rfc5911::ID_SIGNING_TIME, &certificate::time(now)?)?,
        attribute(rfc5911::ID_MESSAGE_DIGEST, &digest)?,
    ])
}

/// Signs attributes, and adds the certificates.
pub(crate) fn sign(issuer: &AppleIssuer, attributes: Vec<Attribute>) -> der::Result<Vec<u8>> {
    let attributes = Attributes::try_from(attributes)?;
    let leaf = x509_cert::Certificate::from_der(&issuer.leaf)?;
    let signer = SignerInfo {
        version: 1,
        id: IssuerAndSerial {
            issuer: leaf.tbs_certificate().issuer().clone(),
            serial: leaf.tbs_certificate().serial_number().clone(),
        },
        digest_algorithm: sha256(),
        signature: OctetString::new(issuer.key().sign(&attributes.to_der()?))?,
        attributes,
        signature_algorithm: certificate::ecdsa(),
    };
    let certificates = [&issuer.leaf, &issuer.intermediate];
    let certificates = certificates.map(|der| Any::from_der(der));
    let info = ContentInfo {
        content_type: rfc5911::ID_SIGNED_DATA,
        content: SignedData {
            version: 1,
            digest_algorithms: SetOfVec::try_from(vec![sha256()])?,
            contents: Detached {
                content_type: rfc5911::ID_DATA,
            },
            certificates: SetOfVec::try_from(
                certificates.into_iter().collect::<Result<Vec<_>, _>>()?,
            )?,
            signers: SetOfVec::try_from(vec![signer])?,
        },
    };
    info.to_der()
}

pub(crate) fn attribute(oid: ObjectIdentifier, value: &impl der::Encode) -> der::Result<Attribute> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute {
        oid,
        values: SetOfVec::try_from(vec![value])?,
    })
}

fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: rfc5912::ID_SHA_256,
        parameters: None,
    }
}
