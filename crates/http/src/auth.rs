//! Who calls: keys, and the extractors that are the only way to a scope.

use std::borrow::Cow;

use arrayvec::ArrayVec;
use axum::extract::{FromRef, FromRequestParts};
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use http::header::AUTHORIZATION;
use http::request::Parts;
use tatami_core::account::Scope;
use tatami_core::id::KeyId;
use tracing::Span;

use crate::AppState;
use crate::browser::refuse_foreign;
use crate::problem::Problem;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys of a prefix that an `Authorization` header may hold: the raw text after
/// `Basic`, or the user or the password of standard Basic credentials.
fn candidates<'a>(header: &'a str, prefix: &str) -> ArrayVec<Cow<'a, str>, 2> {
    let mut keys = ArrayVec::new();
    let Some((scheme, credentials)) = header.trim().split_once(' ') else {
        return keys;
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return keys;
    }
    let raw = credentials.trim();
    // No prefix is base64: each has an underscore.
    if raw.starts_with(prefix) {
        keys.push(Cow::Borrowed(raw));
        return keys;
    }
    let decoded = BASE64.decode(raw).ok();
    let Some(decoded) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return keys;
    };
    let (user, password) = decoded.split_once(':').unwrap_or((&decoded, ""));
    let both = [user, password].into_iter();
    let both = both.filter(|key| key.starts_with(prefix));
    keys.extend(both.map(|key| Cow::Owned(key.to_owned())));
    keys
}

/// A caller with a key, and what the key opens.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// What it opens.
    pub scope: Scope,
}

/// The scope that a signed-in user acts on when a script of a page calls the API without a
/// key. The guard of the page adds it to the request; a client cannot.
#[derive(Clone, Debug)]
pub struct Granted(pub Scope);

/// The scope of a request: the one granted to a page, or the one of the API key.
///
/// # Errors
/// As of a [`Key`].
pub async fn scope_of<S>(parts: &mut Parts, state: &S) -> Result<Scope, Problem>
where
    AppState: FromRef<S>,
    S: Send + Sync,
{
    if let Some(Granted(scope)) = parts.extensions.get() {
        return Ok(scope.clone());
    }
    let Key { scope, .. } = Key::from_request_parts(parts, state).await?;
    Ok(scope)
}

impl<S> FromRequestParts<S> for Key
where
    AppState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = AppState::from_ref(state);
        let header = parts.headers.get(AUTHORIZATION);
        let Some(header) = header.and_then(|h| h.to_str().ok()) else {
            return Err(Problem::unauthorized(
                "Send your secret key in the Authorization header, as 'Basic sk_…'.",
            ));
        };
        refuse_foreign(parts, &state.public_url)?;
        for key in candidates(header, "sk_") {
            if let Some(key) = state.engine.accounts().authenticate(&key).await? {
                state.load_shed.count(&key.id)?;
                Span::current().record("account", key.scope.account.as_str());
                tatami_engine::note_key(&key.id, &key.scope);
                return Ok(Self {
                    id: key.id.clone(),
                    scope: key.scope.clone(),
                });
            }
        }
        Err(Problem::unauthorized("The API key is not valid."))
    }
}

/// The secret of a customer, who needs no key.
pub struct CustomerKey(pub String);

impl<S: Send + Sync> FromRequestParts<S> for CustomerKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION);
        let header = header.and_then(|h| h.to_str().ok()).unwrap_or_default();
        let secret = candidates(header, "cs_").into_iter().next();
        secret
            .map(|secret| Self(secret.into_owned()))
            .ok_or_else(|| {
                Problem::unauthorized(
                    "Send the customer's secret in the Authorization header, as 'Basic cs_…'.",
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_raw_or_inside_standard_basic() {
        let key = "sk_sandbox_a-b_c";
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        for header in [
            format!("Basic {key}"),
            format!("basic   {key} "),
            format!("Basic {}", encode(&format!("{key}:"))),
            format!("Basic {}", encode(&format!(":{key}"))),
            format!("BASIC {}", encode(&format!("user:{key}"))),
            format!("Basic {}", encode(key)),
            format!("Basic {}", encode(&format!("{key}:")).trim_end_matches('=')),
        ] {
            assert_eq!(candidates(&header, "sk_")[..], [key], "{header}");
        }
        for header in [
            String::new(),
            "Basic".to_owned(),
            key.to_owned(),
            format!("Bearer {key}"),
            format!("Basic {}", encode("user:password")),
            "Basic ====".to_owned(),
        ] {
            assert!(candidates(&header, "sk_").is_empty(), "{header}");
        }
    }
}
