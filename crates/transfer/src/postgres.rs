//! Rows out of PostgreSQL and into it.

use std::io::{BufRead, Write};
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::{Client, Row};

use crate::TransferError;
use crate::file::{Item, Reader, Writer};
use crate::table::{Kind, Table, Value, quoted};

/// How much goes to the server at a time.
const CHUNK_BYTES: usize = 128 * 1024;
/// A move takes as long as it takes.
const NO_LIMITS: &str = "SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0";

pub async fn begin_reading(db: &Client) -> Result<(), TransferError> {
    db.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    Ok(db.batch_execute(NO_LIMITS).await?)
}

pub async fn begin_writing(db: &Client) -> Result<(), TransferError> {
    db.batch_execute("BEGIN").await?;
    Ok(db.batch_execute(NO_LIMITS).await?)
}

pub async fn commit(db: &Client, tables: &[Table]) -> Result<(), TransferError> {
    for table in tables.iter().filter(|table| table.is_numbered) {
        let (name, key) = (table.postgres, table.order());
        let bare = key.trim_matches('"');
        db.batch_execute(&format!(
            "SELECT setval(pg_get_serial_sequence('{name}', '{bare}'),
                           coalesce(max({key}), 0) + 1, false) FROM {}",
            quoted(name)
        ))
        .await?;
    }
    Ok(db.batch_execute("COMMIT").await?)
}

pub async fn is_filled(db: &Client, table: &Table) -> Result<bool, TransferError> {
    let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(table.postgres));
    Ok(db.query_opt(&sql, &[]).await?.is_some())
}

pub async fn export<W: Write>(
    db: &Client,
    table: &Table,
    to: &mut Writer<W>,
) -> Result<(), TransferError> {
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {}",
        table.names(),
        quoted(table.postgres),
        table.order()
    );
    let none: [i64; 0] = [];
    // The rows come as they are taken, and the server waits meanwhile.
    let mut rows = pin!(db.query_raw(&sql, none).await?);
    let mut values = Vec::with_capacity(table.columns.len());
    while let Some(row) = rows.try_next().await? {
        values.clear();
        for (n, column) in table.columns.iter().enumerate() {
            values.push(read(&row, n, column.kind)?.unwrap_or(Value::Null));
        }
        to.row(&values)?;
    }
    Ok(())
}

fn read(row: &Row, n: usize, kind: Kind) -> Result<Option<Value>, TransferError> {
    Ok(match kind {
        Kind::Text => row.try_get::<_, Option<_>>(n)?.map(Value::Text),
        Kind::Integer => row.try_get::<_, Option<_>>(n)?.map(Value::Integer),
        Kind::Bytes => row.try_get::<_, Option<_>>(n)?.map(Value::Bytes),
        Kind::Flag => row.try_get::<_, Option<_>>(n)?.map(Value::Flag),
    })
}

pub async fn import<R: BufRead>(
    db: &Client,
    table: &Table,
    from: &mut Reader<R>,
) -> Result<Item, TransferError> {
    let sql = format!(
        "COPY {} ({}) FROM STDIN",
        quoted(table.postgres),
        table.names()
    );
    let mut server = pin!(db.copy_in::<_, Bytes>(&sql).await?);
    let mut chunk = BytesMut::new();
    loop {
        match from.row(table)? {
            Ok(row) => lay(&row, &mut chunk),
            Err(next) => {
                server.send(chunk.freeze()).await?;
                server.finish().await?;
                return Ok(next);
            }
        }
        if chunk.len() >= CHUNK_BYTES {
            server.send(chunk.split().freeze()).await?;
        }
    }
}

/// Lays a row down as the text form of COPY.
fn lay(row: &[Value], chunk: &mut BytesMut) {
    for (n, value) in row.iter().enumerate() {
        if n > 0 {
            chunk.extend_from_slice(b"\t");
        }
        match value {
            Value::Null => chunk.extend_from_slice(b"\\N"),
            Value::Text(text) => lay_text(text, chunk),
            Value::Integer(number) => chunk.extend_from_slice(number.to_string().as_bytes()),
            Value::Flag(flag) => chunk.extend_from_slice(if *flag { b"t" } else { b"f" }),
            Value::Bytes(bytes) => {
                chunk.extend_from_slice(b"\\\\x");
                chunk.extend_from_slice(base16ct::lower::encode_string(bytes).as_bytes());
            }
        }
    }
    chunk.extend_from_slice(b"\n");
}

/// Lays a text down. The one character that PostgreSQL cannot keep becomes the
/// sign for what cannot be shown, as it does when the program writes it there.
fn lay_text(text: &str, chunk: &mut BytesMut) {
    for part in text.split_inclusive(['\\', '\t', '\n', '\r', '\0']) {
        let mut plain = part.chars();
        let escape: &[u8] = match plain.next_back() {
            Some('\\') => b"\\\\",
            Some('\t') => b"\\t",
            Some('\n') => b"\\n",
            Some('\r') => b"\\r",
            Some('\0') => "\u{fffd}".as_bytes(),
            _ => {
                chunk.extend_from_slice(part.as_bytes());
                continue;
            }
        };
        chunk.extend_from_slice(plain.as_str().as_bytes());
        chunk.extend_from_slice(escape);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_laid_down_so_that_nothing_in_it_ends_it() {
        let mut chunk = BytesMut::new();
        let row = [
            Value::Text("a\tb\\c\nd\re\0f".to_owned()),
            Value::Null,
            Value::Integer(-7),
            Value::Flag(true),
            Value::Bytes(vec![0, 255]),
            Value::Text(String::new()),
        ];
        lay(&row, &mut chunk);
        let text = String::from_utf8(chunk.to_vec()).expect("a text");
        assert_eq!(
            text,
            "a\\tb\\\\c\\nd\\re\u{fffd}f\t\\N\t-7\tt\t\\\\x00ff\t\n"
        );
    }
}
