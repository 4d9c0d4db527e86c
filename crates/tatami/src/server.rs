//! Connections: how many, how long they may take to say what they want, and how
//! they end.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tatami_http::{Connection, Connections, Observing, Pace};
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

use crate::paced::Paced;

/// How long the head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a head is read: request line and headers.
const HEAD_BYTES: usize = 64 * 1024;
/// How much of an answer the system keeps for a peer that has not taken it: enough for
/// a fast one, and what a slow one holds is seen here.
const SEND_BUFFER_BYTES: usize = 128 * 1024;
/// A pause after an error that is not of one connection, like too many open
/// files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What answers requests, and is always ready for the next.
pub trait Program:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
    /// The same for the requests of that connection.
    fn of(&self, connection: &Connection) -> Self;
}

impl Program for Observing {
    fn of(&self, connection: &Connection) -> Self {
        Self::of(self, connection)
    }
}

impl Program for Router {
    fn of(&self, _: &Connection) -> Self {
        self.clone()
    }
}

/// Serves connections until `stop` is done, then lets those under way finish
/// their request. Where there is no room for one more, one that waits for its peer
/// gives way.
pub async fn serve<S: Program>(
    listener: TcpListener,
    program: S,
    connections: Connections,
    pace: Pace,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES);
    let under_way = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let (stream, peer) = listener.accept().await?;
            Ok((stream, connections.admit(peer).await))
        };
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let (stream, connection) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_one_connection(&error) {
                    tracing::error!(%error, "connections cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                continue;
            }
        };
        let program = program.of(&connection);
        let stream = prepared(stream, connection.clone(), pace);
        let serving = http.serve_connection(TokioIo::new(stream), OfConnection(program));
        let serving = under_way.watch(serving);
        tokio::spawn(async move {
            let open = metrics::gauge!("tatami_http_connections");
            open.increment(1);
            tokio::select! {
                // Its end, whatever it was, is the caller's business.
                _ = serving => {}
                () = connection.closed() => {}
            }
            open.decrement(1);
        });
    }
    drop(listener);
    under_way.shutdown().await;
}

/// A stream as it is served.
fn prepared(stream: TcpStream, connection: Connection, pace: Pace) -> Paced<TcpStream> {
    // Answers are small and complete: waiting to fill a packet only delays them. Where
    // an option cannot be set, all else works.
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES);
    Paced::new(stream, connection, pace)
}

/// The program for the requests of one connection.
struct OfConnection<S>(S);

impl<S: Program> hyper::service::Service<Request<Incoming>> for OfConnection<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = S::Future;

    fn call(&self, request: Request<Incoming>) -> S::Future {
        self.0.clone().call(request.map(Body::new))
    }
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
