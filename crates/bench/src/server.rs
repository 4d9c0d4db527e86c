//! A server under measurement, as a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::fault::{Result, fault};

/// How long a server may take to start, and to stop.
const PATIENCE: Duration = Duration::from_secs(60);
/// The kernel counts CPU time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server. It is killed when dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it tells its metrics, if it is the program.
    pub metrics: SocketAddr,
    /// When it was started.
    pub started: Instant,
}

impl Server {
    /// Starts a server, which tells its address by its first line. What it logs
    /// goes to a file, as it would in service.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TATAMI_") {
                command.env_remove(name);
            }
        }
        // Bare servers have none.
        let has_metrics = command
            .get_args()
            .next()
            .is_some_and(|word| word == "serve");
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(log)?)
            .spawn()?;
        let (tell, first) = channel();
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(|l| l.ok()) {
                    // Only the first ones are waited for; the rest is read away.
                    let _ = tell.send(line);
                }
            });
        }
        let line = first.recv_timeout(PATIENCE).unwrap_or_default();
        let address = line.strip_prefix("listening on http://");
        let mut server = Self {
            child,
            log: log.to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            metrics: SocketAddr::from(([127, 0, 0, 1], 0)),
            started,
        };
        match address.map(str::parse) {
            Some(Ok(address)) => server.address = address,
            _ => return fault(format!("a server did not start:\n{}", server.said())),
        }
        if has_metrics {
            let line = first.recv_timeout(PATIENCE).unwrap_or_default();
            let address = line.strip_prefix("metrics on http://");
            let address = address.and_then(|rest| rest.strip_suffix("/metrics")?.parse().ok());
            if let Some(address) = address {
                server.metrics = address;
            }
        }
        Ok(server)
    }

    /// The last lines that it logged.
    pub fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// The CPU time that it has used, user and system, in seconds.
    ///
    /// # Errors
    /// If it is gone.
    pub fn cpu_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in parentheses, may hold anything; the rest is numbers.
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: Vec<f64> = rest
            .split_whitespace()
            .skip(11)
            .take(2)
            .map_while(|n| n.parse().ok())
            .collect();
        match ticks[..] {
            [user, system] => Ok((user + system) / TICKS_PER_SECOND),
            _ => fault("the CPU time of a server cannot be read"),
        }
    }

    /// The most memory that it has held so far, in megabytes (10^6 bytes).
    ///
    /// # Errors
    /// If it is gone.
    pub fn peak_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        peak.map_or_else(
            || fault("the memory of a server cannot be read"),
            |kib| Ok(kib * 1024.0 / 1e6),
        )
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// If it does not stop, or not well.
    pub fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill")
            .args(["-s", "TERM", &self.child.id().to_string()])
            .status()?;
        if !asked.success() {
            return fault("a server was gone before it was stopped");
        }
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        fault(format!("a server did not stop:\n{}", self.said()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
