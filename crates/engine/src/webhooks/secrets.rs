//! Values that have to be known again, at rest: sealed with the installation's key and
//! bound to their place, so that a copied row opens nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use tatami_core::Entropy;
use tatami_core::id::SecretId;
use tatami_vault::{InstallationKey, NotOurs};
use zeroize::Zeroizing;

const PURPOSE: &str = "webhook-secret";

/// Seals a text for one purpose and place: base64url without padding.
pub fn seal_text(
    key: &InstallationKey,
    (purpose, place): (&str, &str),
    value: &str,
    entropy: &mut dyn Entropy,
) -> String {
    let mut nonce = [0; 12];
    entropy.fill(&mut nonce);
    BASE64.encode(key.seal(purpose, place, nonce, value.as_bytes()))
}

/// The text that [`seal_text`] sealed.
///
/// # Errors
/// If another key sealed it, or it is of another purpose or place.
pub fn open_text(
    key: &InstallationKey,
    (purpose, place): (&str, &str),
    sealed: &str,
) -> Result<Zeroizing<String>, NotOurs> {
    let sealed = BASE64.decode(sealed).map_err(|_| NotOurs)?;
    let value = key.open(purpose, place, &sealed)?;
    let value = std::str::from_utf8(&value).map_err(|_| NotOurs)?;
    Ok(Zeroizing::new(value.to_owned()))
}

/// Seals the value of a webhook secret, for [`tatami_core::webhook::Secret::sealed`].
pub fn seal_secret(
    key: &InstallationKey,
    id: &SecretId,
    value: &str,
    entropy: &mut dyn Entropy,
) -> String {
    seal_text(key, (PURPOSE, id.as_str()), value, entropy)
}

/// The value of a secret that [`seal_secret`] sealed.
///
/// # Errors
/// If another key sealed it, or it belongs to another secret.
pub fn open_secret(
    key: &InstallationKey,
    id: &SecretId,
    sealed: &str,
) -> Result<Zeroizing<String>, NotOurs> {
    open_text(key, (PURPOSE, id.as_str()), sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(7);
        }
    }

    #[test]
    fn a_secret_opens_only_under_its_own_id_and_key() {
        let key = InstallationKey::new([1; 32]);
        let id = SecretId::parse("sc_sandbox_RBMHTJ4fIkmSppDILZVCGw").expect("an id");
        let other = SecretId::parse("sc_sandbox_RBMHTJ4fIkmSppDILZVCGx").expect("an id");
        let sealed = seal_secret(&key, &id, "PDYkJQq6sESYHp_zJuTTBQ", &mut Sevens);
        assert!(!sealed.contains("PDYk"));
        assert_eq!(
            open_secret(&key, &id, &sealed).map(|v| v.to_string()),
            Ok("PDYkJQq6sESYHp_zJuTTBQ".to_owned())
        );
        assert_eq!(open_secret(&key, &other, &sealed), Err(NotOurs));
        let another = InstallationKey::new([2; 32]);
        assert_eq!(open_secret(&another, &id, &sealed), Err(NotOurs));
        assert_eq!(open_secret(&key, &id, "not base64!"), Err(NotOurs));
    }
}
