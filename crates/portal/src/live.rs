//! Pages that are told what is new: a stream of events with pieces of the page.
//!
//! A stream asks for news once a second, whichever node has them. It ends with the session
//! it was opened in, which it does not keep awake.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use tatami_core::people::Right;
use tatami_engine::Failure;

use crate::PortalState;
use crate::pages::refused;
use crate::visit::Here;

/// How many streams a session has at a time: a browser opens no more connections.
const OF_SESSION: usize = 6;
/// How many streams there are at a time.
const IN_ALL: usize = 256;
/// How often news are asked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After so many looks it is asked whether the session is still good.
const LOOKS_A_CHECK: u32 = 5;
/// How often the browser is told that nothing changed.
const STILL_THERE: Duration = Duration::from_secs(15);

/// The streams that are open, by session.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// A stream's place among them.
struct Place {
    streams: Streams,
    session: String,
}

impl Streams {
    fn open(&self, session: &str) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(session).copied().unwrap_or_default();
        if own >= OF_SESSION || open.values().sum::<usize>() >= IN_ALL {
            return None;
        }
        open.insert(session.to_owned(), own + 1);
        Some(Place {
            streams: self.clone(),
            session: session.to_owned(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let open = self.streams.0.lock();
        let mut open = open.unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.session) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.session)),
        }
    }
}

/// Something new for a page.
pub(crate) struct News {
    /// From where to go on after a stream has broken.
    pub(crate) id: String,
    /// A piece of the page.
    pub(crate) html: String,
}

/// What tells what is new.
pub(crate) trait Source: Send + 'static {
    /// What is new since the last time, if anything is.
    fn news(&mut self) -> impl Future<Output = Result<Option<News>, Failure>> + Send;
}

struct Watch<S> {
    source: S,
    state: PortalState,
    here: Here,
    right: Right,
    looks: u32,
    _place: Place,
}

/// A stream of what is new at the location of a page, for as long as its visitor may see
/// it.
pub(crate) fn stream_of(
    state: &PortalState,
    here: &Here,
    right: Right,
    source: impl Source,
) -> Response {
    let Some(place) = state.streams.open(&here.visitor.session.id) else {
        return refused(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many pages are open that show what is new. Close some of them.",
        );
    };
    let watch = Watch {
        source,
        state: state.clone(),
        here: here.clone(),
        right,
        looks: 0,
        _place: place,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        let news = watch.next().await?;
        let event = Event::default().id(news.id).data(news.html);
        Some((Ok::<_, Infallible>(event), watch))
    });
    let keep_alive = KeepAlive::new().interval(STILL_THERE).text("nothing new");
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl<S: Source> Watch<S> {
    /// What is new, as soon as there is anything; nothing any more when the visitor may
    /// not see it or the program is about to stop.
    async fn next(&mut self) -> Option<News> {
        loop {
            if self.looks > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            if self.state.app.load_shed.is_draining() {
                return None;
            }
            if self.looks.is_multiple_of(LOOKS_A_CHECK)
                && !may_see(&self.state, &self.here, self.right).await
            {
                return None;
            }
            self.looks = self.looks.wrapping_add(1).max(1);
            match self.source.news().await {
                Ok(Some(news)) => return Some(news),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a page could not be told what is new");
                    return None;
                }
            }
        }
    }
}

/// Whether the visitor of a page may still see what is there.
async fn may_see(state: &PortalState, here: &Here, right: Right) -> bool {
    let people = state.app.engine.people();
    let still = people.authentication().still(&here.visitor).await;
    match (still, here.location()) {
        (Ok(Some(visitor)), Ok(place)) => visitor.may(right, &place.scope),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_bounded_and_give_their_places_back() {
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
