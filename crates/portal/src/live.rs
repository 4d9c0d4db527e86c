//! Streams of events that pages have open. Each ends with the session that it was opened
//! in, which it does not keep awake, and a session has a bounded number of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::PortalState;
use crate::guard::Need;
use crate::pages::refused;
use crate::visit::Visit;

/// How many streams a session has at a time: a browser opens no more connections.
const OF_SESSION: usize = 6;
/// How many streams there are at a time.
const IN_ALL: usize = 256;
/// How often it is asked whether the session is still good.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// The streams that are open, by session.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// One of the open streams, until it is dropped.
struct OpenStream {
    streams: Streams,
    session: String,
}

impl Streams {
    fn open(&self, session: &str) -> Option<OpenStream> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(session).copied().unwrap_or_default();
        if own >= OF_SESSION || open.values().sum::<usize>() >= IN_ALL {
            return None;
        }
        open.insert(session.to_owned(), own + 1);
        Some(OpenStream {
            streams: self.clone(),
            session: session.to_owned(),
        })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let open = self.streams.0.lock();
        let mut open = open.unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.session) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.session)),
        }
    }
}

/// The body of a stream for a visitor.
struct Guarded {
    body: BodyDataStream,
    check: Interval,
    reader: Reader,
    _open: OpenStream,
}

/// The visitor of a page, and what it needs.
struct Reader {
    state: PortalState,
    visit: Arc<Visit>,
    need: Need,
}

/// The answer of a page. One that is a stream of events ends when the visitor may not see
/// the page any more.
pub(crate) fn within_session(
    state: &PortalState,
    visit: Arc<Visit>,
    need: Need,
    response: Response,
) -> Response {
    let kind = response.headers().get(CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    let Some(open) = state.streams.open(&visit.visitor.session.id) else {
        return refused(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many pages are open that update themselves. Close some of them.",
        );
    };
    let mut check = interval(CHECK_EVERY);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    check.reset();
    let (parts, body) = response.into_parts();
    let guarded = Guarded {
        body: body.into_data_stream(),
        check,
        reader: Reader {
            state: state.clone(),
            visit,
            need,
        },
        _open: open,
    };
    let pieces = stream::unfold(guarded, |mut guarded| async move {
        loop {
            tokio::select! {
                _ = guarded.check.tick() => {
                    if !guarded.reader.may_go_on().await {
                        return None;
                    }
                }
                piece = guarded.body.next() => return piece.map(|piece| (piece, guarded)),
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

impl Reader {
    async fn may_go_on(&self) -> bool {
        let people = self.state.app.engine.people();
        let still = people.authentication().still(&self.visit.visitor).await;
        let Ok(Some(visitor)) = still else {
            return false;
        };
        match (self.need, self.visit.some_scope()) {
            (Need::SignedIn, _) => true,
            (Need::Company(right), _) => visitor.may_everywhere(right),
            (Need::Location(right) | Need::Sandbox(right), scope) => {
                scope.is_some_and(|scope| visitor.may(right, &scope))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_bounded_and_may_be_opened_again_once_closed() {
        let streams = Streams::default();
        let own: Vec<_> = (0..OF_SESSION).map(|_| streams.open("one")).collect();
        assert!(own.iter().all(Option::is_some));
        assert!(streams.open("one").is_none());
        assert!(streams.open("other").is_some());
        drop(own);
        assert!(streams.open("one").is_some());
        let mut all = Vec::new();
        for session in 0..=IN_ALL {
            all.push(streams.open(&session.to_string()));
        }
        assert_eq!(all.iter().flatten().count(), IN_ALL);
        drop(all);
        assert!(streams.0.lock().expect("no panic").is_empty());
    }
}
