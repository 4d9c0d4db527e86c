//! Server-sent events of what is new while somebody looks.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header::{CACHE_CONTROL, HeaderValue};
use tatami_engine::Failure;

use crate::LoadShed;

/// How often a source is asked that does not know when it changes: another program on the
/// same database may have changed it.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the client hears that nothing changed.
const STILL_THERE: Duration = Duration::from_secs(15);

/// Something that changes while it is watched.
pub trait Watched: Send + 'static {
    /// The next event, if there is anything new since the last one.
    ///
    /// # Errors
    /// If it cannot be read: that ends the stream.
    fn look(&mut self) -> impl Future<Output = Result<Option<Event>, Failure>> + Send;

    /// Waits until there may be something new.
    fn wait(&mut self) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(LOOK_EVERY)
    }
}

/// The state that was sent last, of something whose events are its states.
#[derive(Debug, Default)]
pub struct LastState(Option<String>);

impl LastState {
    /// The event of a state, if it is another than the last one.
    pub fn changed_to(&mut self, state: String) -> Option<Event> {
        if self.0.as_ref() == Some(&state) {
            return None;
        }
        let event = Event::default().data(&state);
        self.0 = Some(state);
        Some(event)
    }
}

/// The events of something that is watched, until it cannot be read any more or the program
/// is about to stop.
pub fn live(watched: impl Watched, load_shed: LoadShed) -> Response {
    let first = (watched, load_shed, true);
    let events = stream::unfold(first, |(mut watched, load_shed, mut is_first)| async move {
        loop {
            if !is_first {
                watched.wait().await;
            }
            is_first = false;
            if load_shed.is_draining() {
                return None;
            }
            match watched.look().await {
                Ok(Some(event)) => {
                    return Some((Ok::<_, Infallible>(event), (watched, load_shed, false)));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a stream of events ends: what it shows cannot be read");
                    return None;
                }
            }
        }
    });
    let keep_alive = KeepAlive::new().interval(STILL_THERE).text("nothing new");
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}
