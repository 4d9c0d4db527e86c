//! Writing an export.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{End, EndLine, Header, TableLine};
use crate::TransferError;
use crate::table::{Table, Value};

/// Writes an export, line by line.
pub struct Writer<W> {
    to: W,
    line: Vec<u8>,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> Writer<W> {
    /// Begins an export. What it writes to should be buffered.
    pub fn begin(to: W, header: &Header) -> Result<Self, TransferError> {
        let mut writer = Self {
            to,
            line: Vec::new(),
            hash: Sha256::new(),
            rows: 0,
        };
        writer.json(header)?;
        writer.end_line()?;
        Ok(writer)
    }

    pub(crate) fn table(&mut self, table: &Table) -> Result<(), TransferError> {
        let columns = table.columns.iter().map(|c| c.name.to_owned()).collect();
        self.json(&TableLine {
            table: table.name.to_owned(),
            columns,
        })?;
        self.end_line()
    }

    pub(crate) fn row(&mut self, values: &[Value]) -> Result<(), TransferError> {
        for (n, value) in values.iter().enumerate() {
            self.line.push(if n == 0 { b'[' } else { b',' });
            match value {
                Value::Null => self.json(&())?,
                Value::Text(text) => self.json(text)?,
                Value::Integer(number) => self.json(number)?,
                Value::Flag(flag) => self.json(flag)?,
                Value::Bytes(bytes) => self.json(&BASE64.encode(bytes))?,
            }
        }
        self.line.push(b']');
        self.rows += 1;
        self.end_line()
    }

    /// Writes the last line and gives back what was written to, and how many
    /// rows.
    pub fn end(mut self) -> Result<(W, u64), TransferError> {
        let sha256 = base16ct::lower::encode_string(&std::mem::take(&mut self.hash).finalize());
        let rows = self.rows;
        let end = End { rows, sha256 };
        self.json(&EndLine { end })?;
        self.end_line()?;
        self.to.flush()?;
        Ok((self.to, rows))
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), TransferError> {
        serde_json::to_writer(&mut self.line, value).map_err(std::io::Error::from)?;
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), TransferError> {
        self.line.push(b'\n');
        self.hash.update(&self.line);
        self.to.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }
}
