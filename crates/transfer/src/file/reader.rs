//! Reading an export.

use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::{EndLine, FORMAT, FORMAT_VERSION, Header, TableLine};
use crate::TransferError;
use crate::table::{Kind, Table, Value};

/// What a line of an export is, after the first.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// The rows of a table follow.
    Table { name: String, columns: Vec<String> },
    /// The end, after so many rows; the checksum is right.
    End(u64),
}

impl Item {
    /// Whether these are the columns of that table, in their order.
    ///
    /// # Errors
    /// If they are not.
    pub fn expect(columns: &[String], table: &Table) -> Result<(), TransferError> {
        if columns.iter().eq(table.columns.iter().map(|c| c.name)) {
            return Ok(());
        }
        let what = format!("the table {} has other columns in it", table.name);
        Err(TransferError::Damaged(what))
    }
}

/// Reads an export, line by line.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    line: Vec<u8>,
    number: u64,
    hash: Sha256,
    rows: u64,
}

/// A line as it comes.
enum Line {
    Row,
    Other(Item),
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// If it cannot be read, or is not one of an export, or of another version.
    pub fn begin(from: R) -> Result<(Self, Header), TransferError> {
        let mut reader = Self {
            from,
            line: Vec::new(),
            number: 0,
            hash: Sha256::new(),
            rows: 0,
        };
        reader.next_line()?;
        let foreign = |_| TransferError::Foreign("its first line is not that of one".to_owned());
        let first: Json = serde_json::from_slice(&reader.line).map_err(foreign)?;
        if first["format"] != FORMAT {
            return Err(TransferError::Foreign("it does not say so".to_owned()));
        }
        if first["version"] != FORMAT_VERSION {
            return Err(TransferError::OtherVersion(format!(
                "the export is of format version {}, and this program reads version \
                 {FORMAT_VERSION}",
                first["version"]
            )));
        }
        let header = serde_json::from_value(first).map_err(foreign)?;
        Ok((reader, header))
    }

    /// What follows the first line.
    ///
    /// # Errors
    /// If it cannot be read, or it is a row.
    pub fn first(&mut self) -> Result<Item, TransferError> {
        match self.advance()? {
            Line::Other(item) => Ok(item),
            Line::Row => Err(self.damaged("a row before the name of its table")),
        }
    }

    /// The next row of a table, or what follows the last.
    pub(crate) fn row(&mut self, table: &Table) -> Result<Result<Vec<Value>, Item>, TransferError> {
        match self.advance()? {
            Line::Other(item) => Ok(Err(item)),
            Line::Row => {
                let odd = |reader: &Self| reader.damaged("not a row of its table");
                let row: Vec<Json> = serde_json::from_slice(&self.line).map_err(|_| odd(self))?;
                if row.len() != table.columns.len() {
                    return Err(odd(self));
                }
                let kinds = table.columns.iter().map(|column| column.kind);
                let values = row
                    .into_iter()
                    .zip(kinds)
                    .map(|(json, kind)| read(json, kind));
                let values: Option<Vec<_>> = values.collect();
                Ok(Ok(values.ok_or_else(|| odd(self))?))
            }
        }
    }

    fn advance(&mut self) -> Result<Line, TransferError> {
        let before = self.hash.clone();
        self.next_line()?;
        if self.line.starts_with(b"[") {
            self.rows += 1;
            return Ok(Line::Row);
        }
        if let Ok(TableLine {
            table: name,
            columns,
        }) = serde_json::from_slice(&self.line)
        {
            return Ok(Line::Other(Item::Table { name, columns }));
        }
        let last: EndLine =
            serde_json::from_slice(&self.line).map_err(|_| self.damaged("not a line of one"))?;
        if last.end.sha256 != base16ct::lower::encode_string(&before.finalize())
            || last.end.rows != self.rows
        {
            return Err(TransferError::Damaged("its checksum is wrong".to_owned()));
        }
        self.line.clear();
        if self.from.read_until(b'\n', &mut self.line)? > 0 {
            return Err(TransferError::Damaged(
                "it goes on after its end".to_owned(),
            ));
        }
        Ok(Line::Other(Item::End(self.rows)))
    }

    fn next_line(&mut self) -> Result<(), TransferError> {
        self.line.clear();
        self.number += 1;
        self.from.read_until(b'\n', &mut self.line)?;
        if !self.line.ends_with(b"\n") {
            return Err(TransferError::Damaged("it was cut off".to_owned()));
        }
        self.hash.update(&self.line);
        Ok(())
    }

    fn damaged(&self, what: &str) -> TransferError {
        TransferError::Damaged(format!("line {} is {what}", self.number))
    }
}

fn read(json: Json, kind: Kind) -> Option<Value> {
    match (kind, json) {
        (_, Json::Null) => Some(Value::Null),
        (Kind::Text, Json::String(text)) => Some(Value::Text(text)),
        (Kind::Integer, json) => json.as_i64().map(Value::Integer),
        (Kind::Flag, Json::Bool(flag)) => Some(Value::Flag(flag)),
        (Kind::Bytes, Json::String(text)) => BASE64.decode(text).ok().map(Value::Bytes),
        _ => None,
    }
}
