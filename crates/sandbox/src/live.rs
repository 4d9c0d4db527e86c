//! Server-sent events of what a page shows while it is looked at.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tatami_http::LoadShed;

/// How often something is looked at that another program may have changed.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a browser hears that nothing changed.
const STILL_THERE: Duration = Duration::from_secs(15);

/// Something that changes while it is watched.
pub(crate) trait Watched: Send + 'static {
    /// What there is to see, as it is sent; none if it cannot be read any more.
    fn look(&self) -> impl Future<Output = Option<String>> + Send;
    /// Until it may have changed.
    fn wait(&mut self) -> impl Future<Output = ()> + Send;
}

/// An event for what there is at first, and one for each change of it, until the program
/// is about to stop.
pub(crate) fn live(watched: impl Watched, load_shed: LoadShed) -> Response {
    let watcher = Watcher {
        watched,
        load_shed,
        shown: None,
    };
    let events = stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok::<_, Infallible>(event), watcher))
    });
    let keep_alive = KeepAlive::new().interval(STILL_THERE).text("nothing new");
    Sse::new(events).keep_alive(keep_alive).into_response()
}

struct Watcher<W> {
    watched: W,
    load_shed: LoadShed,
    /// What was sent last.
    shown: Option<String>,
}

impl<W: Watched> Watcher<W> {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.shown.is_some() {
                self.watched.wait().await;
            }
            if self.load_shed.is_draining() {
                return None;
            }
            let seen = self.watched.look().await?;
            if self.shown.as_ref() != Some(&seen) {
                self.shown = Some(seen.clone());
                return Some(Event::default().data(seen));
            }
        }
    }
}
