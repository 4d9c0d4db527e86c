//! How tables are described, once for both databases.

/// What a column holds, in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A JSON text.
    Text,
    /// A JSON number of 64 bits, to be read as an integer.
    Integer,
    /// Bytes, as a JSON text of base64.
    Bytes,
    /// `true` or `false`; SQLite keeps 0 or 1.
    Flag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, in both databases.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Of a [`Kind::Text`].
    Text(String),
    /// Of a [`Kind::Integer`].
    Integer(i64),
    /// Of a [`Kind::Bytes`].
    Bytes(Vec<u8>),
    /// Of a [`Kind::Flag`].
    Flag(bool),
}

/// A table: all that there is to know to take it elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name in a file.
    pub name: &'static str,
    /// Its name in SQLite.
    pub sqlite: &'static str,
    /// Its name in PostgreSQL.
    pub postgres: &'static str,
    /// Its columns; its key comes first, which is the order of rows in a file.
    pub columns: &'static [Column],
    /// How many columns its key has.
    pub key: usize,
    /// Whether its key is a number that the database gives.
    pub is_numbered: bool,
    /// Columns that stay behind: claims of running processes.
    pub left_out: &'static [&'static str],
}

impl Table {
    /// A table with the same name everywhere, and a key of that many columns.
    pub const fn new(name: &'static str, key: usize, columns: &'static [Column]) -> Self {
        Self {
            name,
            sqlite: name,
            postgres: name,
            columns,
            key,
            is_numbered: false,
            left_out: &[],
        }
    }

    /// The same, whose key is a number that the database gives to new rows.
    #[must_use]
    pub const fn numbered(mut self) -> Self {
        self.is_numbered = true;
        self
    }

    /// The same, whose columns of these names stay behind. Each has a default.
    #[must_use]
    pub const fn without(mut self, columns: &'static [&'static str]) -> Self {
        self.left_out = columns;
        self
    }

    /// The same, with other names in the databases.
    #[must_use]
    pub const fn named(mut self, sqlite: &'static str, postgres: &'static str) -> Self {
        self.sqlite = sqlite;
        self.postgres = postgres;
        self
    }

    /// The names of the columns, with commas between them.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|c| quoted(c.name)).collect();
        names.join(", ")
    }

    /// The names of the key's columns, with commas between them.
    pub(crate) fn order(&self) -> String {
        let key = self.columns.iter().take(self.key);
        let names: Vec<_> = key.map(|c| quoted(c.name)).collect();
        names.join(", ")
    }
}

/// A name as SQL takes it, be it a word of SQL or not.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

impl Column {
    /// A column of text.
    pub const fn text(name: &'static str) -> Self {
        let kind = Kind::Text;
        Self { name, kind }
    }

    /// A column of integers.
    pub const fn integer(name: &'static str) -> Self {
        let kind = Kind::Integer;
        Self { name, kind }
    }

    /// A column of bytes.
    pub const fn bytes(name: &'static str) -> Self {
        let kind = Kind::Bytes;
        Self { name, kind }
    }

    /// A column of truths.
    pub const fn flag(name: &'static str) -> Self {
        let kind = Kind::Flag;
        Self { name, kind }
    }
}
