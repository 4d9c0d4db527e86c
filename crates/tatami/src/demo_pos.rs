//! `tatami demo-pos`: a POS to try a server with.

use std::io::Write as _;

use tatami_demo_pos::{Options, Transport};

use crate::Fault;
use crate::cli::{DemoPosFlags, DemoPosTransport, LogFormat};

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
    let served = tatami_demo_pos::run(options, |url| {
        let mut out = std::io::stdout().lock();
        // Without a reader of the output it serves all the same.
        let _ = writeln!(out, "listening on {url}").and_then(|()| out.flush());
    });
    tokio::select! {
        served = served => served.map_err(Fault),
        stopped = tokio::signal::ctrl_c() => Ok(stopped?),
    }
}
