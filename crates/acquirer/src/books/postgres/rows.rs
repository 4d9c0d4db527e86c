//! The rows of the books in PostgreSQL.

use serde::de::DeserializeOwned;
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, AttemptId, Environment};
use tatami_core::money::{Currency, Money};
use tatami_core::time::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::FromSqlOwned;

use super::line::{Transaction, Value};
use crate::books::authorizations::Authorization;
use crate::books::balance::Balance;
use crate::books::challenges::Pending;
use crate::books::entries::{Answer, Entry};
use crate::books::ledger::{Broken, Ledger};

const ENTRY: &str = "SELECT * FROM books_entries
    WHERE account = $1 AND environment = $2 AND reference = $3";
const ENTRIES: &str = "SELECT * FROM books_entries
    WHERE account = $1 AND environment = $2 ORDER BY id";
const BOOK: &str = r#"INSERT INTO books_entries (account, environment, reference, operation,
        "authorization", minor, currency, original, card, avs_result, cv2_result, at, answer)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"#;
const CONCLUDE: &str = "UPDATE books_entries SET answer = $4
    WHERE account = $1 AND environment = $2 AND reference = $3";
const AUTHORIZATION: &str = "SELECT * FROM books_authorizations
    WHERE account = $1 AND environment = $2 AND reference = $3";
const AUTHORIZATIONS: &str = "SELECT * FROM books_authorizations
    WHERE account = $1 AND environment = $2 ORDER BY reference";
const SAVE_AUTHORIZATION: &str = "INSERT INTO books_authorizations (account, environment,
        reference, card, outcome, auth_code, currency, at_once, authorized, captured, released,
        refunded, reversed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT (account, environment, reference) DO UPDATE SET
        auth_code = excluded.auth_code, authorized = excluded.authorized,
        captured = excluded.captured, released = excluded.released,
        refunded = excluded.refunded, reversed = excluded.reversed";
const CHALLENGE: &str = "SELECT * FROM books_challenges WHERE payload = $1";
const CHALLENGE_OF: &str = "SELECT * FROM books_challenges
    WHERE account = $1 AND environment = $2 AND reference = $3";
const SAVE_CHALLENGE: &str = "INSERT INTO books_challenges (payload, account, environment,
        reference, outcome, funding, forced, tries_left, result, proof)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (payload) DO UPDATE SET
        tries_left = excluded.tries_left, result = excluded.result, proof = excluded.proof";
const FORGET_CHALLENGE: &str = "DELETE FROM books_challenges WHERE payload = $1";

/// Every statement.
pub(super) const LESSON: [&str; 11] = [
    ENTRY,
    ENTRIES,
    BOOK,
    CONCLUDE,
    AUTHORIZATION,
    AUTHORIZATIONS,
    SAVE_AUTHORIZATION,
    CHALLENGE,
    CHALLENGE_OF,
    SAVE_CHALLENGE,
    FORGET_CHALLENGE,
];

impl Transaction<'_> {
    fn of_scope(&mut self, sql: &str, scope: &Scope) -> Result<Vec<Row>, Broken> {
        self.query(sql, &[&scope.account.as_str(), &scope.environment.word()])
    }

    fn of_reference(
        &mut self,
        sql: &str,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Option<Row>, Broken> {
        let (account, environment) = (scope.account.as_str(), scope.environment.word());
        let rows = self.query(sql, &[&account, &environment, &reference.as_str()])?;
        Ok(rows.into_iter().next())
    }
}

impl Ledger for Transaction<'_> {
    fn entry(&mut self, scope: &Scope, reference: &AttemptId) -> Result<Option<Entry>, Broken> {
        let row = self.of_reference(ENTRY, scope, reference)?;
        row.map(|row| entry(&row)).transpose()
    }

    fn entries(&mut self, scope: &Scope) -> Result<Vec<Entry>, Broken> {
        self.of_scope(ENTRIES, scope)?.iter().map(entry).collect()
    }

    fn book(&mut self, entry: &Entry) -> Result<(), Broken> {
        let mut values = key(&entry.scope, &entry.reference);
        let authorization = entry
            .authorization
            .as_ref()
            .map(|id| id.as_str().to_owned());
        values.extend([
            value(serde_json::to_string(&entry.operation)?),
            value(authorization),
            value(entry.amount.map(|amount| amount.minor)),
            value(entry.amount.map(|amount| amount.currency.code())),
            value(entry.original.clone()),
            value(entry.card.clone()),
            value(entry.avs_result.clone()),
            value(entry.cv2_result.clone()),
            value(entry.at.to_string()),
            value(serde_json::to_string(&entry.answer)?),
        ]);
        self.write(BOOK, values)
    }

    fn conclude(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
        answer: &Answer,
    ) -> Result<(), Broken> {
        let mut values = key(scope, reference);
        values.push(value(serde_json::to_string(answer)?));
        self.write(CONCLUDE, values)
    }

    fn authorization(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Option<Authorization>, Broken> {
        let row = self.of_reference(AUTHORIZATION, scope, reference)?;
        row.map(|row| authorization(&row)).transpose()
    }

    fn authorizations(&mut self, scope: &Scope) -> Result<Vec<Authorization>, Broken> {
        let rows = self.of_scope(AUTHORIZATIONS, scope)?;
        rows.iter().map(authorization).collect()
    }

    fn save_authorization(&mut self, authorization: &Authorization) -> Result<(), Broken> {
        let balance = &authorization.balance;
        let mut values = key(&authorization.scope, &authorization.reference);
        values.extend([
            value(authorization.card.clone()),
            value(serde_json::to_string(&authorization.outcome)?),
            value(authorization.auth_code.clone()),
            value(balance.currency.code()),
            value(i64::from(balance.at_once)),
            value(balance.authorized),
            value(balance.captured),
            value(balance.released),
            value(balance.refunded),
            value(i64::from(balance.reversed)),
        ]);
        self.write(SAVE_AUTHORIZATION, values)
    }

    fn challenge(&mut self, payload: &str) -> Result<Option<Pending>, Broken> {
        let rows = self.query(CHALLENGE, &[&payload])?;
        rows.first().map(pending).transpose()
    }

    fn challenge_of(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Option<Pending>, Broken> {
        let row = self.of_reference(CHALLENGE_OF, scope, reference)?;
        row.map(|row| pending(&row)).transpose()
    }

    fn save_challenge(&mut self, pending: &Pending) -> Result<(), Broken> {
        let forced = pending.forced.map(|ending| serde_json::to_string(&ending));
        let (ending, proof) = pending.ended.clone().unzip();
        let result = ending.map(|ending| serde_json::to_string(&ending));
        let mut values = vec![value(pending.payload.clone())];
        values.extend(key(&pending.scope, &pending.reference));
        values.extend([
            value(serde_json::to_string(&pending.outcome)?),
            value(pending.funding.clone()),
            value(forced.transpose()?),
            value(i64::from(pending.tries_left)),
            value(result.transpose()?),
            value(proof),
        ]);
        self.write(SAVE_CHALLENGE, values)
    }

    fn forget_challenge(&mut self, payload: &str) -> Result<(), Broken> {
        self.write(FORGET_CHALLENGE, vec![value(payload.to_owned())])
    }
}

fn value(value: impl tokio_postgres::types::ToSql + Sync + Send + 'static) -> Value {
    Box::new(value)
}

fn key(scope: &Scope, reference: &AttemptId) -> Vec<Value> {
    vec![
        value(scope.account.as_str().to_owned()),
        value(scope.environment.word()),
        value(reference.as_str().to_owned()),
    ]
}

fn get<T: FromSqlOwned>(row: &Row, column: &str) -> Result<T, Broken> {
    row.try_get(column)
        .map_err(|error| Broken::damaged(column, error))
}

fn parsed<T, E: std::fmt::Display>(
    row: &Row,
    column: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Broken> {
    let text: String = get(row, column)?;
    parse(&text).map_err(|error| Broken::damaged(column, error))
}

fn json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, Broken> {
    parsed(row, column, |text| serde_json::from_str(text))
}

fn flag(row: &Row, column: &str) -> Result<bool, Broken> {
    Ok(get::<i64>(row, column)? != 0)
}

fn scope(row: &Row) -> Result<Scope, Broken> {
    Ok(Scope {
        account: parsed(row, "account", AccountId::parse)?,
        environment: parsed(row, "environment", |word| {
            Environment::from_word(word).ok_or("no environment")
        })?,
    })
}

fn currency(code: &str) -> Result<Currency, Broken> {
    Currency::from_code(code).ok_or_else(|| Broken::damaged("currency", code))
}

fn entry(row: &Row) -> Result<Entry, Broken> {
    let authorization: Option<String> = get(row, "authorization")?;
    let (minor, code): (Option<i64>, Option<String>) = (get(row, "minor")?, get(row, "currency")?);
    Ok(Entry {
        scope: scope(row)?,
        reference: parsed(row, "reference", AttemptId::parse)?,
        operation: json(row, "operation")?,
        authorization: authorization
            .map(|id| AttemptId::parse(&id))
            .transpose()
            .map_err(|error| Broken::damaged("authorization", error))?,
        amount: match minor.zip(code) {
            Some((minor, code)) => Some(Money::new(minor, currency(&code)?)),
            None => None,
        },
        original: get(row, "original")?,
        card: get(row, "card")?,
        avs_result: get(row, "avs_result")?,
        cv2_result: get(row, "cv2_result")?,
        at: parsed(row, "at", str::parse::<Timestamp>)?,
        answer: json(row, "answer")?,
    })
}

fn authorization(row: &Row) -> Result<Authorization, Broken> {
    let code: String = get(row, "currency")?;
    Ok(Authorization {
        scope: scope(row)?,
        reference: parsed(row, "reference", AttemptId::parse)?,
        card: get(row, "card")?,
        outcome: json(row, "outcome")?,
        auth_code: get(row, "auth_code")?,
        balance: Balance {
            currency: currency(&code)?,
            at_once: flag(row, "at_once")?,
            authorized: get(row, "authorized")?,
            captured: get(row, "captured")?,
            released: get(row, "released")?,
            refunded: get(row, "refunded")?,
            reversed: flag(row, "reversed")?,
        },
    })
}

fn pending(row: &Row) -> Result<Pending, Broken> {
    let proof: Option<String> = get(row, "proof")?;
    let forced: Option<String> = get(row, "forced")?;
    let tries_left: i64 = get(row, "tries_left")?;
    Ok(Pending {
        payload: get(row, "payload")?,
        scope: scope(row)?,
        reference: parsed(row, "reference", AttemptId::parse)?,
        outcome: json(row, "outcome")?,
        funding: get(row, "funding")?,
        forced: match forced {
            Some(_) => Some(json(row, "forced")?),
            None => None,
        },
        tries_left: u8::try_from(tries_left)
            .map_err(|error| Broken::damaged("tries_left", error))?,
        ended: match proof {
            Some(proof) => Some((json(row, "result")?, proof)),
            None => None,
        },
    })
}
