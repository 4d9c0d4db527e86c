//! X.509 certificates for keys of our own.

use std::str::FromStr as _;

use der::asn1::{Any, BitString, ObjectIdentifier, OctetString, UtcTime};
use der::oid::AssociatedOid as _;
use der::oid::db::rfc5912::ECDSA_WITH_SHA_256;
use der::{Decode as _, Encode as _, Sequence};
use tatami_core::time::{DAY, Timestamp};
use x509_cert::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::PrivateKey;

/// What a certificate says.
pub(crate) struct Subject<'a> {
    pub name: &'a str,
    pub key: &'a PrivateKey,
    pub serial: u8,
    /// Whether it may issue certificates.
    pub is_authority: bool,
    /// An extension of which only the presence matters.
    pub marker: Option<ObjectIdentifier>,
    pub valid: (Timestamp, Timestamp),
}

impl<'a> Subject<'a> {
    /// One that may issue nothing.
    pub fn new(name: &'a str, serial: u8, key: &'a PrivateKey, now: Timestamp) -> Self {
        Self {
            name,
            key,
            serial,
            is_authority: false,
            marker: None,
            valid: years(now),
        }
    }
}

/// Who issues a certificate.
pub(crate) struct Issuer<'a> {
    pub name: &'a str,
    pub key: &'a PrivateKey,
}

#[derive(Sequence)]
struct Certificate {
    content: Content,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

#[derive(Sequence)]
struct Content {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial: SerialNumber,
    algorithm: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// Ten years from yesterday on: clocks differ.
pub(crate) fn years(now: Timestamp) -> (Timestamp, Timestamp) {
    (now - DAY, now + DAY * 3652)
}

/// Issues a certificate, in DER.
pub(crate) fn issue(subject: &Subject<'_>, issuer: &Issuer<'_>) -> der::Result<Vec<u8>> {
    let content = Content {
        version: Version::V3,
        serial: SerialNumber::new(&[subject.serial])?,
        algorithm: ecdsa(),
        issuer: Name::from_str(issuer.name)?,
        validity: Validity::new(time(subject.valid.0)?, time(subject.valid.1)?),
        subject: Name::from_str(subject.name)?,
        key: SubjectPublicKeyInfoOwned::from_der(&subject.key.public_der()?)?,
        extensions: extensions(subject)?,
    };
    let signature = issuer.key.sign(&content.to_der()?);
    let certificate = Certificate {
        content,
        algorithm: ecdsa(),
        signature: BitString::from_bytes(&signature)?,
    };
    certificate.to_der()
}

/// ECDSA with SHA-256.
pub(crate) fn ecdsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA_256,
        parameters: None,
    }
}

/// A moment to the second, as certificates and signatures write it.
pub(crate) fn time(at: Timestamp) -> der::Result<Time> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| der::ErrorKind::DateTime)?;
    let since = std::time::Duration::from_secs(seconds);
    Ok(Time::UtcTime(UtcTime::from_unix_duration(since)?))
}

fn extensions(subject: &Subject<'_>) -> der::Result<Vec<Extension>> {
    let constraints = BasicConstraints {
        ca: subject.is_authority,
        path_len_constraint: None,
    };
    let mut all = vec![extension(
        BasicConstraints::OID,
        true,
        constraints.to_der()?,
    )?];
    if let Some(marker) = subject.marker {
        all.push(extension(marker, false, Any::null().to_der()?)?);
    }
    Ok(all)
}

fn extension(extn_id: ObjectIdentifier, critical: bool, value: Vec<u8>) -> der::Result<Extension> {
    let extn_value = OctetString::new(value)?;
    Ok(Extension {
        extn_id,
        critical,
        extn_value,
    })
}
