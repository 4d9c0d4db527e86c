//! Making commits durable: together if that goes, else one by one.

use super::batch::Batch;
use super::session::Session;
use crate::failure::Failure;
use crate::prepared::Prepared;

/// How often a commit is tried that other transactions stand in the way of.
const TRIES: u32 = 5;

/// A commit and the machine time at which it came.
pub type Due<'a> = (&'a Prepared, i64);
/// How each of several commits ended.
pub type Results = Vec<Result<(), Failure>>;

/// Why a transaction did not go through.
enum Broken {
    Undone(Failure),
    /// Whether it was made is not known; it must not be made again.
    Unknown(Failure),
}

/// Makes commits, of which no two touch the same, in one transaction; if one of
/// them is refused, each in a savepoint of its own, so that it fails alone.
pub async fn commit(db: &Session, commits: &[Due<'_>]) -> Results {
    match together(db, commits).await {
        Ok(()) => commits.iter().map(|_| Ok(())).collect(),
        Err(Broken::Undone(Failure::Contended(_))) => alone(db, commits).await,
        Err(Broken::Undone(failure)) if commits.len() == 1 => vec![Err(failure)],
        Err(Broken::Undone(_)) if !db.is_closed() => apart(db, commits).await,
        Err(Broken::Undone(failure) | Broken::Unknown(failure)) => all_failed(commits, &failure),
    }
}

fn all_failed(commits: &[Due<'_>], failure: &Failure) -> Results {
    let failure = match failure {
        // It was another's refusal.
        Failure::Stale | Failure::KeyTaken | Failure::ValueTaken => {
            Failure::Store("the transaction was undone".to_owned())
        }
        failure => failure.clone(),
    };
    commits.iter().map(|_| Err(failure.clone())).collect()
}

/// All of them or none.
async fn together(db: &Session, commits: &[Due<'_>]) -> Result<(), Broken> {
    let batch = Batch::of(commits.iter().copied());
    let (begun, written) = tokio::join!(biased; db.run("BEGIN"), batch.write(db));
    if let Err(failure) = begun.and(written) {
        undo(db).await;
        return Err(Broken::Undone(failure));
    }
    end(db).await
}

/// Each in a savepoint.
async fn apart(db: &Session, commits: &[Due<'_>]) -> Results {
    let mut results = Vec::with_capacity(commits.len());
    if let Err(failure) = db.run("BEGIN").await {
        return all_failed(commits, &failure);
    }
    for commit in commits {
        let batch = Batch::of([*commit]);
        let (saved, written) = tokio::join!(biased; db.run("SAVEPOINT one"), batch.write(db));
        let result = saved.and(written);
        let close = match &result {
            Ok(()) => "RELEASE one",
            Err(Failure::Contended(_)) => {
                // What others wait for is what was written before: let it go.
                undo(db).await;
                return alone(db, commits).await;
            }
            Err(_) => "ROLLBACK TO one; RELEASE one",
        };
        if let Err(failure) = db.run(close).await {
            undo(db).await;
            return all_failed(commits, &failure);
        }
        results.push(result);
    }
    match end(db).await {
        Ok(()) => results,
        Err(Broken::Undone(Failure::Contended(_))) => alone(db, commits).await,
        Err(Broken::Undone(failure) | Broken::Unknown(failure)) => {
            let failed = |result: Result<(), Failure>| result.and(Err(failure.clone()));
            results.into_iter().map(failed).collect()
        }
    }
}

/// Each in a transaction of its own, several times if need be.
async fn alone(db: &Session, commits: &[Due<'_>]) -> Results {
    let mut results = Vec::with_capacity(commits.len());
    for commit in commits {
        let mut tries = 1;
        let result = loop {
            match together(db, std::slice::from_ref(commit)).await {
                Err(Broken::Undone(Failure::Contended(_))) if tries < TRIES => tries += 1,
                Err(Broken::Undone(failure) | Broken::Unknown(failure)) => break Err(failure),
                Ok(()) => break Ok(()),
            }
        };
        results.push(result);
    }
    results
}

async fn end(db: &Session) -> Result<(), Broken> {
    match db.run("COMMIT").await {
        Ok(()) => Ok(()),
        Err(failure @ Failure::Contended(_)) => Err(Broken::Undone(failure)),
        Err(failure) => Err(Broken::Unknown(failure)),
    }
}

/// If even this fails the connection is at its end, and the server undoes it.
async fn undo(db: &Session) {
    if let Err(failure) = db.run("ROLLBACK").await {
        tracing::warn!(?failure, "a transaction could not be undone in order");
    }
}
