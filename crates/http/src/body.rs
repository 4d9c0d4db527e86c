//! Bodies of requests, read whole before anything is done with them: a peer that
//! sends slowly, or nothing, takes no permit.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use crate::connections::Connection;
use crate::input::MAX_BODY_BYTES;
use crate::load_shed::busy;
use crate::problem::Problem;

/// So much of a body costs too little to be counted: nearly all are smaller.
const UNCOUNTED_BYTES: usize = 16 * 1024;

/// How slow a peer may be.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// What it may take whatever it does.
    pub grace: Duration,
    /// Bytes a second that it must come to after that.
    pub least: u32,
    /// How long a body may take in all.
    pub whole: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(10),
            least: 200,
            whole: Duration::from_secs(60),
        }
    }
}

impl Pace {
    /// What so many bytes may take at the least rate, beyond the grace.
    pub fn earned(&self, bytes: usize) -> Duration {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Duration::from_secs(bytes.into()) / self.least.max(1)
    }

    /// What a body may take of which so much has come.
    fn allowed(&self, bytes: usize) -> Duration {
        (self.grace + self.earned(bytes)).min(self.whole)
    }
}

/// Reads a body whole. One that is too long is cut off just beyond
/// [`MAX_BODY_BYTES`], so that the caller can refuse it in its own words.
///
/// # Errors
/// 408 if it came too slowly, 503 if there is no room for it, 400 if it broke off.
pub(crate) async fn whole(
    mut body: Body,
    pace: Pace,
    connection: Option<&Connection>,
) -> Result<Bytes, Problem> {
    let started = Instant::now();
    let (mut parts, mut length) = (Vec::new(), 0);
    while length <= MAX_BODY_BYTES && !body.is_end_stream() {
        let frame = timeout_at(started + pace.allowed(length), body.frame()).await;
        let Some(frame) = frame.map_err(|_| too_slow())? else {
            break;
        };
        let frame = frame.map_err(|_| broken_off())?;
        let Ok(mut part) = frame.into_data() else {
            continue;
        };
        part.truncate(MAX_BODY_BYTES + 1 - length);
        length += part.len();
        parts.push(part);
        if length > UNCOUNTED_BYTES && connection.is_some_and(|c| !c.hold(length)) {
            metrics::counter!("tatami_http_turned_away_total", "why" => "memory").increment(1);
            return Err(busy());
        }
    }
    Ok(match parts.len() {
        1 => parts.swap_remove(0),
        _ => parts.concat().into(),
    })
}

fn too_slow() -> Problem {
    metrics::counter!("tatami_http_turned_away_total", "why" => "slow").increment(1);
    let detail = "The body took too long to arrive.";
    let close = HeaderValue::from_static("close");
    Problem::new(StatusCode::REQUEST_TIMEOUT, detail).with(header::CONNECTION, close)
}

fn broken_off() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "The body could not be read.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn pace() -> Pace {
        Pace {
            grace: Duration::from_secs(10),
            least: 200,
            whole: Duration::from_secs(60),
        }
    }

    fn parts(parts: &'static [&'static str]) -> Body {
        let parts = parts.iter().map(|part| Ok::<_, std::io::Error>(*part));
        Body::from_stream(stream::iter(parts))
    }

    #[tokio::test]
    async fn a_body_is_read_whole() {
        for (body, expected) in [
            (Body::empty(), ""),
            (Body::from("one"), "one"),
            (parts(&["one", "", "two"]), "onetwo"),
        ] {
            let read = whole(body, pace(), None).await.expect("a body");
            assert_eq!(read, expected);
        }
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_cut_just_beyond_the_limit() {
        for length in [MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 3 * MAX_BODY_BYTES] {
            let body = Body::from(vec![b'x'; length]);
            let read = whole(body, pace(), None).await.expect("a body");
            assert_eq!(read.len(), length.min(MAX_BODY_BYTES + 1));
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_refused() {
        let parts = [Ok("one"), Err(std::io::Error::other("gone"))];
        let body = Body::from_stream(stream::iter(parts));
        let refused = whole(body, pace(), None).await.expect_err("no body");
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_too_slowly_is_refused() {
        // A byte a second; and one fast enough, but too long.
        for (every, bytes, after) in [(1_u64, 1_usize, 10_u64), (1, 250, 60)] {
            let body = Body::from_stream(stream::unfold((), move |()| async move {
                tokio::time::sleep(Duration::from_secs(every)).await;
                Some((Ok::<_, std::io::Error>(vec![b'x'; bytes]), ()))
            }));
            let started = Instant::now();
            let refused = whole(body, pace(), None).await.expect_err("too slow");
            assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
            assert_eq!(started.elapsed().as_secs(), after);
        }
    }
}
