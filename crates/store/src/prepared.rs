//! A commit on its way to the database.

use std::sync::Arc;

use serde::Serialize;
use tatami_core::account::Scope;
use tatami_engine::ports::records::RecordWrite;
use tatami_engine::ports::store::{Commit, Write};
use tatami_engine::with_json;

use crate::failure::Failure;

/// A commit with everything in its stored form, so that whoever writes need not
/// make it.
pub struct Prepared {
    /// What is to be written.
    pub commit: Commit,
    /// The aggregate's stored form, if one is written.
    pub body: Arc<str>,
    /// The events' payloads.
    pub payloads: Vec<String>,
}

impl Prepared {
    /// Prepares a commit.
    ///
    /// # Errors
    /// If a part of it is of another scope, timers come without their intent, or
    /// a record is written twice.
    pub fn new(commit: Commit) -> Result<Self, Failure> {
        if !is_of_one_scope(&commit) {
            return Err(Failure::Store("a commit is of one scope".to_owned()));
        }
        let writes_intent = matches!(commit.write, Some(Write::PaymentIntent { .. }));
        if !commit.timers.is_empty() && !writes_intent {
            return Err(Failure::Store("timers belong to an intent".to_owned()));
        }
        if !is_each_once(&commit) {
            return Err(Failure::Store("a record is written once".to_owned()));
        }
        let body = match &commit.write {
            Some(Write::PaymentIntent { intent, .. }) => stored(&**intent)?,
            Some(Write::Subscription { subscription, .. }) => stored(subscription)?,
            Some(Write::DeleteSubscription(..)) | None => Arc::default(),
        };
        let payloads = commit.events.iter().map(|e| e.payload()).collect();
        Ok(Self {
            commit,
            body,
            payloads,
        })
    }
}

fn stored(aggregate: &impl Serialize) -> Result<Arc<str>, Failure> {
    let text = with_json(aggregate, |text| std::str::from_utf8(text).map(Arc::from))?;
    text.map_err(|error| Failure::Store(error.to_string()))
}

fn is_of_one_scope(commit: &Commit) -> bool {
    let ours = |scope: &Scope| *scope == commit.scope;
    let aggregate = match &commit.write {
        None => true,
        Some(Write::PaymentIntent { intent, .. }) => ours(&intent.scope),
        Some(Write::Subscription { subscription, .. }) => ours(&subscription.scope),
        Some(Write::DeleteSubscription(scope, _)) => ours(scope),
    };
    let record = |write: &RecordWrite| match write {
        RecordWrite::Put { record, .. } => ours(&record.scope),
        RecordWrite::Delete { .. } => true,
    };
    aggregate
        && commit.records.iter().all(record)
        && commit.events.iter().all(|event| ours(&event.scope))
        && commit.mails.iter().all(|mail| ours(&mail.scope))
}

fn is_each_once(commit: &Commit) -> bool {
    let ids: Vec<&str> = commit.records.iter().map(RecordWrite::id).collect();
    (1..ids.len()).all(|n| !ids[..n].contains(&ids[n]))
}
