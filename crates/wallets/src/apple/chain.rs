//! The certificates in a signature, from the one that signs up to Apple's root.

use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use tatami_core::time::Timestamp;
use webpki::{EndEntityCert, KeyUsage, ring};
use x509_cert::Certificate;

use super::cms::{IssuerAndSerial, SignedData};
use crate::TokenError;

/// Extensions of which only the presence matters.
pub(crate) mod marker {
    use der::asn1::ObjectIdentifier;

    /// Of a certificate that signs payment tokens.
    pub const LEAF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113635.100.6.29");
    /// Of the authority that issues such certificates.
    pub const INTERMEDIATE: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113635.100.6.2.14");
}

/// The certificate that signs, and the one that issued it.
pub(super) struct Chain {
    leaf: CertificateDer<'static>,
    intermediate: CertificateDer<'static>,
    /// Whom the signing certificate is about, as signers are named.
    pub holder: IssuerAndSerial,
}

impl Chain {
    /// Finds the two certificates by their markers.
    pub fn of(data: &SignedData) -> Result<Self, TokenError> {
        let malformed = TokenError::Malformed("certificates");
        let mut certificates = Vec::with_capacity(2);
        for certificate in data.certificates.iter() {
            let der = certificate.to_der().map_err(|_| malformed)?;
            let parsed = Certificate::from_der(&der).map_err(|_| malformed)?;
            certificates.push((parsed, CertificateDer::from(der)));
        }
        let with = |marker| {
            certificates
                .iter()
                .find(|(parsed, _)| is_marked(parsed, marker))
        };
        let (parsed, leaf) = with(marker::LEAF).ok_or(TokenError::LeafMarker)?;
        let (_, intermediate) = with(marker::INTERMEDIATE).ok_or(TokenError::IntermediateMarker)?;
        let leaf_content = parsed.tbs_certificate();
        Ok(Self {
            leaf: leaf.clone(),
            intermediate: intermediate.clone(),
            holder: IssuerAndSerial {
                issuer: leaf_content.issuer().clone(),
                serial: leaf_content.serial_number().clone(),
            },
        })
    }

    /// Checks that the chain leads to one of the roots, and that the signing
    /// certificate's key made the signature.
    pub fn verify(
        &self,
        roots: &[TrustAnchor<'static>],
        now: Timestamp,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenError> {
        let leaf = EndEntityCert::try_from(&self.leaf).map_err(|_| TokenError::Chain)?;
        let path = leaf.verify_for_usage(
            &[
                ring::ECDSA_P256_SHA256,
                ring::ECDSA_P384_SHA256,
                ring::ECDSA_P384_SHA384,
            ],
            roots,
            std::slice::from_ref(&self.intermediate),
            unix_time(now),
            KeyUsage::client_auth(),
            None,
            None,
        );
        // The marked authority has a part in it, or its marker says nothing.
        if path.map_err(refusal)?.intermediate_certificates().count() != 1 {
            return Err(TokenError::Chain);
        }
        leaf.verify_signature(ring::ECDSA_P256_SHA256, signed, signature)
            .map_err(|_| TokenError::Signature)
    }
}

fn is_marked(certificate: &Certificate, marker: ObjectIdentifier) -> bool {
    let extensions = certificate.tbs_certificate().extensions();
    extensions.is_some_and(|all| all.iter().any(|extension| extension.extn_id == marker))
}

fn unix_time(now: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(now.duration_since(Timestamp::UNIX_EPOCH).unsigned_abs())
}

fn refusal(error: webpki::Error) -> TokenError {
    match error {
        webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => {
            TokenError::CertificateTime
        }
        _ => TokenError::Chain,
    }
}
