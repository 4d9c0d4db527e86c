//! Connections: how many, how long they may take to say what they want, and how
//! they end.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tatami_http::{Connection, Connections, Pace};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
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

/// What answers requests, and is always ready for the next. A request has its
/// [`Connection`] and its [`ConnectInfo`] as extensions.
pub trait Program:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Program for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Serves connections until `stop` is done, then lets those under way finish
/// their request, and closes upgraded ones. Where there is no room for one more, one
/// that waits for its peer gives way.
pub async fn serve<S: Program>(
    listener: TcpListener,
    program: S,
    connections: Connections,
    pace: Pace,
    stop: impl Future<Output = ()>,
) {
    let (stopping, stopped) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let (stream, peer) = listener.accept().await?;
            Ok((stream, connections.admit(peer).await))
        };
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, connection)) => {
                let stream = prepared(stream, connection.clone(), pace);
                let program = OfConnection(program.clone(), connection);
                tokio::spawn(serve_one(stream, program, stopped.clone()));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "connections cannot be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop((listener, stopped));
    stopping.send_replace(true);
    // All have finished when the last receiver is dropped.
    stopping.closed().await;
    connections.close().await;
}

/// Serves a connection until it ends, is upgraded, or is to be closed.
async fn serve_one<S: Program>(
    stream: Paced<TcpStream>,
    program: OfConnection<S>,
    mut stopped: watch::Receiver<bool>,
) {
    let connection = program.1.clone();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES);
    let serving = http.serve_connection(TokioIo::new(stream), program);
    let mut serving = pin!(serving.with_upgrades());
    // Its end, whatever it was, is the caller's business.
    tokio::select! {
        _ = &mut serving => return,
        () = connection.closed() => return,
        _ = stopped.wait_for(|stopped| *stopped) => serving.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = serving => {}
        () = connection.closed() => {}
    }
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
struct OfConnection<S>(S, Connection);

impl<S: Program> hyper::service::Service<Request<Incoming>> for OfConnection<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = S::Future;

    fn call(&self, request: Request<Incoming>) -> S::Future {
        let mut request = request.map(Body::new);
        let peer = ConnectInfo(self.1.peer());
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(self.1.clone());
        self.0.clone().call(request)
    }
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::ws::{Message, WebSocketUpgrade};
    use axum::routing::{any, get};
    use tatami_http::{Around, Limits, LoadShed, Published, Room};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::task::JoinHandle;

    use super::*;

    const UPGRADE: &str = "GET /echo HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\n\
        upgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// The text `hi` in a frame of a client, under a mask that changes nothing.
    const HI: [u8; 8] = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];

    async fn echo(upgrade: WebSocketUpgrade) -> Response<Body> {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(Message::Text(text))) = socket.recv().await {
                if socket.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
        })
    }

    /// A server with one permit and room for so many connections.
    struct Running {
        address: std::net::SocketAddr,
        stop: watch::Sender<bool>,
        serving: JoinHandle<()>,
    }

    async fn running(connections: usize) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let limits = Limits {
            requests: 1,
            calls: 1,
            per_key: None,
        };
        let with = Around {
            load_shed: LoadShed::new(limits, Default::default()),
            pace: Pace::default(),
            logging: None,
        };
        let routes = Router::new()
            .route("/echo", any(echo))
            .route("/", get(|| async { "served" }));
        let program = tatami_http::around(routes, Published::default(), with);
        let connections = Connections::new(Room {
            connections,
            bytes: 0,
        });
        let (stop, mut stopped) = watch::channel(false);
        let until = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        let serving = serve(listener, program, connections, Pace::default(), until);
        let serving = tokio::spawn(serving);
        Running {
            address,
            stop,
            serving,
        }
    }

    impl Running {
        /// What the answer to that request begins with.
        async fn ask(&self, request: &str) -> (TcpStream, String) {
            let mut stream = TcpStream::connect(self.address).await.expect("a stream");
            stream.write_all(request.as_bytes()).await.expect("sent");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("an answer"));
            }
            let status = String::from_utf8(head).expect("text");
            (stream, status.chars().take(12).collect())
        }

        async fn upgraded(&self) -> TcpStream {
            let (stream, status) = self.ask(UPGRADE).await;
            assert_eq!(status, "HTTP/1.1 101");
            stream
        }
    }

    async fn is_echoed(stream: &mut TcpStream) -> bool {
        let mut frame = [0; 4];
        let sent = stream.write_all(&HI).await.is_ok();
        sent && stream.read_exact(&mut frame).await.is_ok() && frame == *b"\x81\x02hi"
    }

    #[tokio::test]
    async fn a_web_socket_takes_no_permit_and_is_closed_with_the_server() {
        let running = running(8).await;
        let mut sockets = [running.upgraded().await, running.upgraded().await];
        let (_, status) = running.ask("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert_eq!(status, "HTTP/1.1 200", "there is a permit");
        for socket in &mut sockets {
            assert!(is_echoed(socket).await);
        }
        running.stop.send_replace(true);
        running.serving.await.expect("it ends");
        for socket in &mut sockets {
            assert!(!is_echoed(socket).await);
        }
    }

    #[tokio::test]
    async fn a_web_socket_is_a_connection_and_gives_way_like_others() {
        let running = running(2).await;
        let mut first = running.upgraded().await;
        assert!(is_echoed(&mut first).await);
        let mut second = running.upgraded().await;
        let mut third = running.upgraded().await;
        assert!(!is_echoed(&mut first).await);
        assert!(is_echoed(&mut second).await && is_echoed(&mut third).await);
    }
}
