//! Admission: a request has its body and a permit before anything is done with it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tatami_engine::Permit;

use super::Around;
use super::observe::{Arrived, refused};
use crate::body::whole;
use crate::connections::Connection;
use crate::problem::Problem;

/// What is asked from outside to see how the program is: answered also when
/// nothing else is.
const WATCHED: [&str; 2] = ["/healthz", "/readyz"];

/// Lets a request in, or refuses it with as little work as can be, for there is too
/// much of it already. Its connection is at work meanwhile.
pub(super) async fn admitted(
    State(with): State<Arc<Around>>,
    request: Request,
    next: Next,
) -> Response {
    let arrived = Instant::now();
    let connection = request.extensions().get::<Connection>().cloned();
    let (mut parts, body) = request.into_parts();
    let entered = match WATCHED.contains(&parts.uri.path()) {
        true => Ok((body, None)),
        false => enter(&with, body, connection.as_ref()).await,
    };
    let (body, _permit) = match entered {
        Ok(entered) => entered,
        Err(why) => return refused(&why, &parts, arrived),
    };
    let _working = match connection.as_ref().map(Connection::work) {
        // It is about to be closed.
        Some(None) => std::future::pending().await,
        working => working.flatten(),
    };
    parts.extensions.insert(Arrived(arrived));
    next.run(Request::from_parts(parts, body)).await
}

/// A body that is read whole, and a permit. What is too much is refused before a body is
/// read.
async fn enter(
    with: &Around,
    body: Body,
    connection: Option<&Connection>,
) -> Result<(Body, Option<Permit>), Problem> {
    if body.is_end_stream() {
        return Ok((body, Some(with.load_shed.enter()?)));
    }
    with.load_shed.has_permits()?;
    let body = whole(body, with.pace, connection).await?;
    Ok((body.into(), Some(with.load_shed.enter()?)))
}
