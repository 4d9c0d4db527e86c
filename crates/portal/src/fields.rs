//! The fields of a form or a query.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use sha2::{Digest, Sha256};
use tatami_core::secret::SecretText;
use url::form_urlencoded::{Serializer, parse};
use zeroize::Zeroizing;

use crate::multipart;

/// What forms carry so that no other site's do.
pub(crate) const CSRF: &str = "csrf";

/// Fields as they were sent, in their order.
#[derive(Clone, Default)]
pub struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    /// Reads a form or a query.
    pub fn read(text: &[u8]) -> Self {
        let fields = parse(text).into_owned();
        Self(fields.map(|(name, value)| (name, value.into())).collect())
    }

    /// Reads the body of a form, with files or without.
    pub(crate) fn of_body(headers: &HeaderMap, body: &[u8]) -> Self {
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        match kind.and_then(multipart::boundary) {
            Some(boundary) => {
                let fields = multipart::read(boundary, body).into_iter();
                Self(fields.map(|(name, value)| (name, value.into())).collect())
            }
            None => Self::read(body),
        }
    }

    /// The first field of a name; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        let first = self.0.iter().find(|(field, _)| field == name);
        first.map_or("", |(_, value)| value.as_str())
    }

    /// All fields of a name.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The fields whose names begin so, with what follows in the name.
    pub(crate) fn beginning<'f>(
        &'f self,
        start: &'f str,
    ) -> impl Iterator<Item = (&'f str, &'f str)> {
        let fields = self.0.iter();
        fields.filter_map(move |(name, value)| Some((name.strip_prefix(start)?, value.as_str())))
    }

    /// A field that nobody may see.
    pub fn secret(&self, name: &str) -> SecretText {
        self.get(name).to_owned().into()
    }

    /// The query with another value of one field.
    pub fn with(&self, name: &str, value: &str) -> String {
        let others = self
            .0
            .iter()
            .filter(|(field, value)| field != name && !value.is_empty());
        let mut query = Serializer::new(String::new());
        query.extend_pairs(others.map(|(field, value)| (field, value.as_str())));
        query.append_pair(name, value);
        query.finish()
    }

    /// The query without some fields, and without those that are empty.
    pub(crate) fn without(&self, names: &[&str]) -> String {
        let kept = self.0.iter();
        let kept =
            kept.filter(|(name, value)| !value.is_empty() && !names.contains(&name.as_str()));
        let mut query = Serializer::new(String::new());
        query.extend_pairs(kept);
        query.finish()
    }

    /// A digest of what is asked for.
    pub fn digest(&self) -> String {
        self.digest_without(&[])
    }

    /// The same without some fields.
    pub fn digest_without(&self, left_out: &[&str]) -> String {
        let mut digest = Sha256::new();
        let counts = |name: &str| name != CSRF && !left_out.contains(&name);
        for (field, value) in self.0.iter().filter(|(field, _)| counts(field)) {
            for part in [field.as_str(), value.as_str()] {
                digest.update(part.len().to_be_bytes());
                digest.update(part);
            }
        }
        base16ct::lower::encode_string(&digest.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_and_replaced() {
        let fields = Fields::read(b"a=1&b=x+y&a=2&c=");
        assert_eq!(
            (fields.get("a"), fields.get("b"), fields.get("d")),
            ("1", "x y", "")
        );
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.with("a", "&"), "b=x+y&a=%26");
        let other = Fields::read(b"a=1&b=x+y&a=2&c=&csrf=z");
        assert_eq!(fields.digest(), other.digest());
        assert_ne!(fields.digest(), Fields::read(b"a=1&b=x+ya=2&c=").digest());
        let without = Fields::read(b"a=1&a=2&c=").digest();
        assert_eq!(fields.digest_without(&["b"]), without);
    }
}
