//! The fields of a form or a query.

use sha2::{Digest, Sha256};
use tatami_core::secret::SecretText;
use url::form_urlencoded::{Serializer, parse};

/// What forms carry so that no other site's do.
pub(crate) const CSRF: &str = "csrf";

/// Fields as they were sent, in their order.
#[derive(Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a form or a query.
    pub(crate) fn read(text: &[u8]) -> Self {
        Self(parse(text).into_owned().collect())
    }

    /// The first field of a name; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        let first = self.0.iter().find(|(field, _)| field == name);
        first.map_or("", |(_, value)| value)
    }

    /// All fields of a name.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    /// A field that nobody may see.
    pub(crate) fn secret(&self, name: &str) -> SecretText {
        self.get(name).to_owned().into()
    }

    /// The query with another value of one field.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let others = self
            .0
            .iter()
            .filter(|(field, value)| field != name && !value.is_empty());
        let mut query = Serializer::new(String::new());
        query.extend_pairs(others);
        query.append_pair(name, value);
        query.finish()
    }

    /// A digest of what is asked for.
    pub(crate) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for (field, value) in self.0.iter().filter(|(field, _)| field != CSRF) {
            for part in [field, value] {
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
    }
}
