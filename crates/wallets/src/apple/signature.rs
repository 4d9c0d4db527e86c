//! Who signed a token, over what, and when.

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::oid::db::rfc5911;
use der::{Decode as _, Encode as _};
use rustls_pki_types::TrustAnchor;
use sha2::{Digest as _, Sha256};
use tatami_core::time::Timestamp;
use x509_cert::time::Time;

use super::SIGNING_WINDOW;
use super::chain::Chain;
use super::cms::{self, SignerInfo};
use super::token::Token;
use crate::TokenError;

/// Checks the signature of a token and everything it rests on. Answers when it was made.
pub(super) fn check(
    token: &Token,
    roots: &[TrustAnchor<'static>],
    now: Timestamp,
) -> Result<Timestamp, TokenError> {
    let data = cms::read(&token.signature)?;
    let chain = Chain::of(&data)?;
    let signer = data.signers.get(0).ok_or(TokenError::Signer)?;
    if !signer.is_supported() {
        return Err(TokenError::Algorithm);
    }
    if signer.id != chain.holder {
        return Err(TokenError::Signer);
    }
    chain.verify(
        roots,
        now,
        &signer.signed_bytes()?,
        signer.signature.as_bytes(),
    )?;
    check_content(signer, token)?;
    let signed_at = signing_time(signer)?;
    if now.duration_since(signed_at).abs() > SIGNING_WINDOW {
        return Err(TokenError::SigningTime);
    }
    Ok(signed_at)
}

/// The signature is of attributes; one of them is the digest of the contents.
fn check_content(signer: &SignerInfo, token: &Token) -> Result<(), TokenError> {
    let digest: &OctetStringRef = signer
        .attribute(rfc5911::ID_MESSAGE_DIGEST)?
        .decode_as()
        .map_err(|_| TokenError::Malformed("signature"))?;
    let content_type = signer.attribute(rfc5911::ID_CONTENT_TYPE)?;
    if content_type.decode_as::<ObjectIdentifier>() != Ok(rfc5911::ID_DATA) {
        return Err(TokenError::Malformed("signature"));
    }
    if digest.as_bytes() != Sha256::digest(token.signed_content()).as_slice() {
        return Err(TokenError::Digest);
    }
    Ok(())
}

fn signing_time(signer: &SignerInfo) -> Result<Timestamp, TokenError> {
    let malformed = TokenError::Malformed("signingTime");
    let value = signer.attribute(rfc5911::ID_SIGNING_TIME)?;
    let der = value.to_der().map_err(|_| malformed)?;
    let time = Time::from_der(&der).map_err(|_| malformed)?;
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| malformed)?;
    Timestamp::from_second(seconds).map_err(|_| malformed)
}
