//! A build of the program, running as a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::client::Result;

/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);

/// Where an installation keeps its data. The folder is deleted when this is dropped.
pub struct Installation {
    pub folder: PathBuf,
    /// Its PostgreSQL database; without one it uses SQLite files in the folder.
    pub url: Option<String>,
}

/// A running server. It is killed when dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    pub address: SocketAddr,
    pub started: Instant,
}

impl Installation {
    /// One of the program's commands on this installation.
    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        self.over(Command::new(program), arguments)
    }

    fn over(&self, mut command: Command, arguments: &[&str]) -> Command {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TATAMI_") {
                command.env_remove(name);
            }
        }
        command.args(arguments).arg("--data").arg(&self.folder);
        if let Some(url) = &self.url {
            command.args(["--database", url]);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Serves it, on one core if that is given.
    pub fn serve(&self, program: &Path, core: Option<usize>) -> Result<Server> {
        self.serve_with(program, core, &[])
    }

    /// The same with more arguments.
    pub fn serve_with(&self, program: &Path, core: Option<usize>, more: &[&str]) -> Result<Server> {
        std::fs::create_dir_all(&self.folder)?;
        let command = match core {
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string()]).arg(program);
                pinned
            }
            None => Command::new(program),
        };
        // One client makes all requests, with one key: no share of a limit may stop it.
        let arguments = [
            "serve",
            "--listen=127.0.0.1:0",
            "--rate-per-key=0",
            "--max-requests=256",
            "--max-acquirer-calls=256",
        ];
        let arguments = [&arguments, more].concat();
        Server::start(self.over(command, &arguments), self.folder.join("log"))
    }
}

impl Server {
    /// Starts a server, which says its address on its first line of output. Its
    /// log goes to a file, as in service.
    fn start(mut command: Command, log: PathBuf) -> Result<Self> {
        let started = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log)?)
            .spawn()?;
        let (send, first) = channel();
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(|line| line.ok()) {
                    // Only the first is waited for; the rest is discarded.
                    let _ = send.send(line);
                }
            });
        }
        let mut server = Self {
            child,
            log,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            started,
        };
        let line = first.recv_timeout(START).unwrap_or_default();
        let address = line.strip_prefix("listening on http://").map(str::parse);
        let Some(Ok(address)) = address else {
            return Err(format!("a server did not start:\n{}", server.last_lines()).into());
        };
        server.address = address;
        Ok(server)
    }

    /// The last lines of its log that are not about single requests.
    pub fn last_lines(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.contains(" INFO "));
        let lines: Vec<&str> = lines.collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    /// A line of its memory in `/proc`, in megabytes (10^6 bytes): `VmRSS` is what
    /// it holds now, `VmHWM` the most that it has held.
    pub fn memory_mb(&self, line: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mut lines = status.lines();
        let kib = lines
            .find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.ok_or("the memory of a server cannot be read")? * 1024.0 / 1e6)
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        // What is left is deleted with the benchmark's own folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
