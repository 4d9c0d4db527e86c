//! `tatami demo-pos`, and the same beside a server.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tatami_demo_pos::{DemoPos, Faults, Options, Transport};

use crate::Fault;
use crate::cli::{DemoPosFlags, DemoPosTransport, LogFormat};

/// The software house of the demo POS beside a server.
const HOUSE: &str = "demo-pos";

/// Serves until the program is stopped.
///
/// # Errors
/// With the sentence to print.
pub async fn run(flags: DemoPosFlags) -> Result<(), Fault> {
    let (_log, _) = crate::traces::start(LogFormat::Text, None)?;
    let options = Options {
        platform: flags.platform,
        key: flags.key,
        software_house: flags.software_house,
        transport: match flags.transport {
            DemoPosTransport::Rest => Transport::Rest,
            DemoPosTransport::Ws => Transport::Ws,
        },
        listen: flags.listen,
        without: flags.without,
        faults: flags.faults.parse().map_err(Fault)?,
    };
    let pos = DemoPos::open(options).await.map_err(Fault)?;
    let url = pos.url().to_owned();
    let served = pos.serve(|| {
        let mut out = std::io::stdout().lock();
        // Without a reader of the output it serves all the same.
        let _ = writeln!(out, "listening on {url}").and_then(|()| out.flush());
    });
    tokio::select! {
        served = served => served.map_err(Fault),
        stopped = tokio::signal::ctrl_c() => Ok(stopped?),
    }
}

/// The demo POS at an address, for the sandbox of the server at another.
///
/// # Errors
/// If there is no sandbox with the documented key, or the address is in use.
pub async fn beside(
    listen: Option<&str>,
    mut server: SocketAddr,
    key: Option<&str>,
) -> Result<Option<DemoPos>, Fault> {
    let Some(listen) = listen else {
        return Ok(None);
    };
    let key = key
        .ok_or_else(|| Fault("--demo-pos needs the sandbox with its documented key.".to_owned()))?;
    if server.ip().is_unspecified() {
        server.set_ip(match server.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let options = Options {
        platform: format!("http://{server}"),
        key: key.to_owned(),
        software_house: HOUSE.to_owned(),
        transport: Transport::Ws,
        listen: listen.to_owned(),
        without: Vec::new(),
        faults: Faults::default(),
    };
    let opened = DemoPos::open(options).await;
    opened
        .map(Some)
        .map_err(|why| Fault(format!("the demo POS: {why}.")))
}
