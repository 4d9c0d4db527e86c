//! Reading the JSON, base64 and hexadecimal that tokens are made of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::TokenError;

/// Tokens have 2 to 5 KiB.
const LONGEST: usize = 16 * 1024;

/// Reads a token. Of what is wrong in it, nothing is quoted.
pub(crate) fn token<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, TokenError> {
    if json.len() > LONGEST {
        return Err(TokenError::TooLong);
    }
    self::json(json.as_bytes(), "JSON")
}

/// Reads JSON that is called `name` in errors.
pub(crate) fn json<'a, T: Deserialize<'a>>(
    json: &'a [u8],
    name: &'static str,
) -> Result<T, TokenError> {
    serde_json::from_slice(json).map_err(|_| TokenError::Malformed(name))
}

/// Reads base64 that is called `name` in errors.
pub(crate) fn base64(text: &str, name: &'static str) -> Result<Vec<u8>, TokenError> {
    STANDARD
        .decode(text)
        .map_err(|_| TokenError::Malformed(name))
}

/// Reads hexadecimal digits that are called `name` in errors.
pub(crate) fn hex(text: &str, name: &'static str) -> Result<Vec<u8>, TokenError> {
    base16ct::mixed::decode_vec(text).map_err(|_| TokenError::Malformed(name))
}
