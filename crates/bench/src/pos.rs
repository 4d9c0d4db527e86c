//! Connections of POS systems: what many of them cost the program, and how fast its
//! gateway is beside a bare WebSocket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, Environment, KeyId};
use tatami_epos::capability::Capability;
use tatami_epos::{Gateway, IntegrationKey, Origin, Patience, Request, RequestHandler};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::client::{KEY, Result};
use crate::subject::Target;

/// Connections that are idle.
const IDLE: usize = 10_000;
/// Connections that requests go over.
const BUSY: usize = 100;
/// Requests of which the median is taken.
const TIMED: usize = 2_000;
/// How long a POS may take to connect.
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The MB that a program holds with many idle connections.
pub async fn idle_mb(target: &Target<'_>) -> Result<f64> {
    let installation = target.installation();
    let most = format!("--max-connections={}", IDLE + 1_000);
    let server = installation.serve_with(target.program, None, &[&most])?;
    let mut connections = Vec::with_capacity(IDLE);
    for n in 0..IDLE {
        connections.push(upgraded(server.address, n).await?);
    }
    server.memory_mb("VmRSS")
}

/// A connection of the POS of a software house of its own.
async fn upgraded(address: SocketAddr, n: usize) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /epos HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Authorization: Basic {KEY}\r\nsoftware-house-id: pos-{n}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(256);
    while !answer.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("a connection of a POS was closed".into());
        }
    }
    match answer.starts_with(b"HTTP/1.1 101") {
        true => Ok(stream),
        false => Err(String::from_utf8_lossy(&answer).into_owned().into()),
    }
}

/// What a POS asks over its connection: nothing.
struct Silent;

#[async_trait]
impl RequestHandler for Silent {
    async fn opened(&self) {}

    async fn handle(&self, _: &str, params: Value) -> std::result::Result<Value, (i64, String)> {
        Ok(params)
    }
}

fn key(house: &str) -> Result<IntegrationKey> {
    Ok(IntegrationKey {
        scope: Scope {
            account: AccountId::parse("acc_0123456789012345678901")?,
            environment: Environment::Sandbox,
        },
        integration: house.to_owned(),
    })
}

async fn of_gateway(
    State(gateway): State<Gateway>,
    Path(house): Path<String>,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    upgrade.on_upgrade(async move |socket| {
        let api_key = KeyId::parse("key_0123456789012345678901");
        if let (Ok(key), Ok(api_key)) = (key(&house), api_key) {
            gateway.serve(&key, api_key, socket, Arc::new(Silent)).await;
        }
    })
}

async fn of_echo(upgrade: WebSocketUpgrade) -> axum::response::Response {
    upgrade.on_upgrade(async |mut socket: WebSocket| {
        while let Some(Ok(frame)) = socket.recv().await {
            if matches!(frame, Frame::Text(_)) && socket.send(frame).await.is_err() {
                return;
            }
        }
    })
}

/// A gateway and a bare echo that serve in this process.
async fn serve(gateway: &Gateway) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let routes = Router::new()
        .route("/pos/{house}", get(of_gateway))
        .with_state(gateway.clone())
        .route("/echo", get(of_echo));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}

/// A POS that answers at once, for as long as its connection is open.
async fn pos(address: SocketAddr, house: &str) -> Result<()> {
    let (mut socket, _) = connect_async(format!("ws://{address}/pos/{house}")).await?;
    tokio::spawn(async move {
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            let id = serde_json::from_str::<Value>(&text).map(|request| request["id"].clone());
            let answer = json!({ "jsonrpc": "2.0", "id": id.unwrap_or_default(), "result": {} });
            let answer = Message::Text(answer.to_string().into());
            if socket.send(answer).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// One request, and its answer.
async fn ask(gateway: &Gateway, key: &IntegrationKey, n: usize) -> Result<()> {
    let origin = Origin {
        request_id: format!("{}-{n}", key.integration),
        ..Origin::default()
    };
    let request = Request::new(Capability::GetOrderById, &origin, &[("orderId", "ord_1")]);
    gateway.call(key, &request, Patience::None).await?;
    Ok(())
}

/// Connects so many POS systems to a gateway.
async fn connected(gateway: &Gateway, count: usize) -> Result<Vec<IntegrationKey>> {
    let address = serve(gateway).await?;
    let mut keys = Vec::with_capacity(count);
    for n in 0..count {
        let house = format!("pos-{n}");
        pos(address, &house).await?;
        keys.push(key(&house)?);
    }
    let by = Instant::now() + CONNECTED_WITHIN;
    for key in &keys {
        while ask(gateway, key, 0).await.is_err() {
            if Instant::now() > by {
                return Err("a POS is not connected".into());
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(keys)
}

/// The median time of a request, in milliseconds, that of the POS included.
pub async fn median_ms() -> Result<f64> {
    let gateway = Gateway::new();
    let keys = connected(&gateway, 1).await?;
    let mut times = Vec::with_capacity(TIMED);
    for n in 0..TIMED {
        let started = Instant::now();
        ask(&gateway, &keys[0], n + 1).await?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[TIMED / 2].as_secs_f64() * 1000.0)
}

/// Requests a second over many connections, of what a bare echo answers over as many.
pub async fn share_of_echo(time: Duration) -> Result<f64> {
    let gateway = Gateway::new();
    let keys = connected(&gateway, BUSY).await?;
    let mut callers = JoinSet::new();
    let until = Instant::now() + time;
    for key in keys {
        let gateway = gateway.clone();
        callers.spawn(async move {
            let mut asked = 0;
            while Instant::now() < until {
                asked += 1;
                ask(&gateway, &key, asked).await?;
            }
            Result::Ok(asked)
        });
    }
    let asked = total(callers).await?;

    let address = serve(&gateway).await?;
    let mut sockets = Vec::with_capacity(BUSY);
    for _ in 0..BUSY {
        sockets.push(connect_async(format!("ws://{address}/echo")).await?.0);
    }
    let mut callers = JoinSet::new();
    let until = Instant::now() + time;
    for socket in sockets {
        callers.spawn(echoes(socket, until));
    }
    let echoed = total(callers).await?;
    Ok(asked as f64 / echoed as f64)
}

/// How often a bare echo answers until then.
async fn echoes(mut socket: Socket, until: Instant) -> Result<usize> {
    // As long as a request to a POS.
    let text = "x".repeat(120);
    let mut echoed = 0;
    while Instant::now() < until {
        socket.send(Message::Text(text.clone().into())).await?;
        socket.next().await.ok_or("the echo has ended")??;
        echoed += 1;
    }
    Ok(echoed)
}

async fn total(mut callers: JoinSet<Result<usize>>) -> Result<usize> {
    let mut total = 0;
    while let Some(ended) = callers.join_next().await {
        total += ended??;
    }
    Ok(total)
}
