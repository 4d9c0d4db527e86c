//! Who signed a token, and for whom: a root key signs an intermediate key, that one the
//! message.

use tatami_core::time::Timestamp;

use super::RootKeys;
use super::roots::public_key;
use super::token::{Intermediate, SENDER, SignedKey, VERSION, Wire};
use crate::key::is_signed_by;
use crate::{TokenError, read};

/// More than two have not been seen.
const MOST_SIGNATURES: usize = 8;

pub(super) fn check(
    token: &Wire,
    recipient: &str,
    roots: &RootKeys,
    now: Timestamp,
) -> Result<(), TokenError> {
    let intermediate = &token.intermediate_signing_key;
    check_intermediate(intermediate, roots, now)?;
    let signed: SignedKey = read::json(intermediate.signed_key.as_bytes(), "signedKey")?;
    if signed.key_expiration <= now {
        return Err(TokenError::IntermediateExpired);
    }
    let key = public_key(&signed.key_value)?;
    let content = content(&[SENDER, recipient, VERSION, &token.signed_message]);
    if !is_signed_by(
        &key,
        &content,
        &read::base64(&token.signature, "signature")?,
    ) {
        return Err(TokenError::Signature);
    }
    Ok(())
}

/// One of the signatures must be by one of the root keys.
fn check_intermediate(
    intermediate: &Intermediate,
    roots: &RootKeys,
    now: Timestamp,
) -> Result<(), TokenError> {
    let roots = roots.current(now)?;
    let content = content(&[SENDER, VERSION, &intermediate.signed_key]);
    for signature in intermediate.signatures.iter().take(MOST_SIGNATURES) {
        let signature = read::base64(signature, "signatures")?;
        if roots
            .iter()
            .any(|root| is_signed_by(root, &content, &signature))
        {
            return Ok(());
        }
    }
    Err(TokenError::IntermediateSignature)
}

/// What is signed: texts one after the other, each behind its length in bytes.
pub(crate) fn content(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        // Tokens are bounded far below four gigabytes.
        bytes.extend((part.len() as u32).to_le_bytes());
        bytes.extend(part.as_bytes());
    }
    bytes
}
