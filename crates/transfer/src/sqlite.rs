//! Rows out of SQLite and into it.

use std::io::{BufRead, Write};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params_from_iter};

use crate::TransferError;
use crate::file::{Item, Reader, Writer};
use crate::table::{Kind, Table, Value, quoted};

pub fn begin_reading(db: &Connection) -> Result<(), TransferError> {
    if db.is_autocommit() {
        db.execute_batch("BEGIN")?;
    }
    Ok(())
}

pub fn begin_writing(db: &Connection) -> Result<(), TransferError> {
    Ok(db.execute_batch("BEGIN IMMEDIATE")?)
}

/// Numbers go on from the highest by themselves.
pub fn commit(db: &Connection) -> Result<(), TransferError> {
    Ok(db.execute_batch("COMMIT")?)
}

pub fn is_filled(db: &Connection, table: &Table) -> Result<bool, TransferError> {
    let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(table.sqlite));
    let found = db.query_row(&sql, (), |_| Ok(())).optional()?;
    Ok(found.is_some())
}

pub fn export<W: Write>(
    db: &Connection,
    table: &Table,
    to: &mut Writer<W>,
) -> Result<(), TransferError> {
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {}",
        table.names(),
        quoted(table.sqlite),
        table.order()
    );
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query(())?;
    let mut values = Vec::with_capacity(table.columns.len());
    while let Some(row) = rows.next()? {
        values.clear();
        for (n, column) in table.columns.iter().enumerate() {
            values.push(read(row, n, column.kind)?);
        }
        to.row(&values)?;
    }
    Ok(())
}

fn read(row: &Row<'_>, n: usize, kind: Kind) -> rusqlite::Result<Value> {
    if row.get_ref(n)? == ValueRef::Null {
        return Ok(Value::Null);
    }
    Ok(match kind {
        Kind::Text => Value::Text(row.get(n)?),
        Kind::Integer => Value::Integer(row.get(n)?),
        Kind::Bytes => Value::Bytes(row.get(n)?),
        Kind::Flag => Value::Flag(row.get(n)?),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Flag(flag) => ValueRef::Integer(i64::from(*flag)),
        }))
    }
}

pub fn import<R: BufRead>(
    db: &Connection,
    table: &Table,
    from: &mut Reader<R>,
) -> Result<Item, TransferError> {
    let values = (1..=table.columns.len()).map(|n| format!("?{n}"));
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        quoted(table.sqlite),
        table.names(),
        values.collect::<Vec<_>>().join(", ")
    );
    let mut insert = db.prepare(&sql)?;
    loop {
        match from.row(table)? {
            Ok(row) => insert.execute(params_from_iter(row))?,
            Err(next) => return Ok(next),
        };
    }
}
