//! Connections: how many, how long they may take to say what they want, and how
//! they end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tatami_api::Observing;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service;

/// How long the head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a head is read: request line and headers.
const HEAD_BYTES: usize = 64 * 1024;
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
    /// The same for the requests of a connection from that address.
    fn of(&self, peer: SocketAddr) -> Self;
}

impl Program for Observing {
    fn of(&self, peer: SocketAddr) -> Self {
        Self::of(self, peer)
    }
}

impl Program for Router {
    fn of(&self, _: SocketAddr) -> Self {
        self.clone()
    }
}

/// Serves connections until `stop` is done, then lets those under way finish
/// their request. More than `connections` at a time wait to be accepted.
pub async fn serve<S: Program>(
    listener: TcpListener,
    program: S,
    connections: usize,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES);
    let places = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
    let under_way = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_one_connection(&error) {
                    tracing::error!(%error, "connections cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                continue;
            }
        };
        let connection = connection(&http, stream, program.of(peer));
        let connection = under_way.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            let open = metrics::gauge!("tatami_http_connections");
            open.increment(1);
            // Its end, whatever it was, is the caller's business.
            let _ = connection.await;
            open.decrement(1);
        });
    }
    drop(listener);
    under_way.shutdown().await;
}

fn connection<S: Program>(
    http: &http1::Builder,
    stream: TcpStream,
    program: S,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::HttpService<
        Incoming,
        ResBody = Body,
        Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        Future: Send,
    > + use<S>,
> {
    // Answers are small and complete: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    http.serve_connection(TokioIo::new(stream), OfConnection(program))
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
