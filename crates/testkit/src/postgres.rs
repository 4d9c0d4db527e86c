//! A PostgreSQL server of its own, in a temporary folder.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::watchdog::Watchdog;

const USER: &str = "tatami";
/// Where Debian, Fedora, Homebrew and the makers' own packages put servers.
const FOLDERS: [&str; 5] = [
    "/usr/lib/postgresql",
    "/usr/local/opt",
    "/opt/homebrew/opt",
    "/usr",
    "/usr/local/pgsql",
];
const START_TIMEOUT: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_millis(20);
const START_TRIES: u32 = 5;

/// A running PostgreSQL server that ends, and leaves nothing behind, with the
/// process that started it.
pub struct PostgresCluster {
    server: Mutex<Option<Child>>,
    programs: PathBuf,
    runs_as: Option<Account>,
    port: u16,
    databases: AtomicU32,
    // Dropped in this order: first the server ends, then its folder goes.
    _watchdog: Watchdog,
    folder: TempDir,
}

/// The account that the server runs as, where the tests run as root.
#[derive(Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl PostgresCluster {
    /// Makes a cluster and starts its server.
    ///
    /// # Panics
    /// If PostgreSQL is not installed, or does not start.
    pub fn start() -> Self {
        let programs = programs().unwrap_or_else(|| {
            panic!(
                "PostgreSQL's server programs (initdb, postgres) were not found: install \
                 the package `postgresql` (Debian, Ubuntu) or `postgresql-server` (Fedora), \
                 or name their folder in TATAMI_POSTGRES_BIN"
            )
        });
        let runs_as = account();
        let folder = TempDir::with_prefix("tatami-pg-").unwrap_or_else(|e| stop("a folder", &e));
        if let Some(Account { uid, gid }) = runs_as {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid))
                .unwrap_or_else(|e| stop("the folder's owner", &e));
        }
        let watchdog = Watchdog::over(folder.path()).unwrap_or_else(|e| stop("a watchdog", &e));
        let mut cluster = Self {
            server: Mutex::new(None),
            programs,
            runs_as,
            port: 0,
            databases: AtomicU32::new(0),
            _watchdog: watchdog,
            folder,
        };
        cluster.initialize();
        cluster.serve_somewhere();
        cluster
    }

    /// The URL of a new, empty database.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        let made = self
            .command("createdb")
            .args(["-h", "127.0.0.1", "-U", USER, "-T", "template0", "-p"])
            .args([&self.port.to_string(), &name])
            .output();
        expect("createdb", made);
        format!("{}/{name}", self.url())
    }

    /// The URL of the server, without a database.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}", self.port)
    }

    /// Everything that a database holds, as the statements that would make it.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn dump(&self, database: &str) -> Vec<u8> {
        let made = self.command("pg_dump").arg(database).output();
        expect("pg_dump", made)
    }

    /// Ends the server without any goodbye to its clients;
    /// [`PostgresCluster::restart`] brings it back.
    ///
    /// # Panics
    /// If it cannot be ended.
    pub fn stop(&self) {
        if let Some(ended) = self.end() {
            expect("pg_ctl stop", ended);
        }
    }

    fn end(&self) -> Option<io::Result<Output>> {
        let mut running = self.server().take()?;
        let ended = self
            .command("pg_ctl")
            .args(["stop", "-m", "immediate", "-w", "-D"])
            .arg(self.data())
            .output();
        // Already gone is as good.
        let _ = running.wait();
        Some(ended)
    }

    /// Starts the server where it was, ended or not.
    ///
    /// # Panics
    /// If it does not start.
    pub fn restart(&self) {
        self.stop();
        let mut server = self.server();
        let started = self.launch(self.port);
        *server = Some(started.unwrap_or_else(|why| panic!("PostgreSQL did not start: {why}")));
    }

    fn initialize(&self) {
        let made = self
            .command("initdb")
            .args(["--no-sync", "--no-instructions", "--auth=trust"])
            .args(["--encoding=UTF8", "--locale=C", "-U", USER, "-D"])
            .arg(self.data())
            .output();
        expect("initdb", made);
    }

    /// Starts the server on a free port.
    fn serve_somewhere(&mut self) {
        let mut why_not = String::new();
        for _ in 0..START_TRIES {
            let port = free_port().unwrap_or_else(|e| stop("a free port", &e));
            match self.launch(port) {
                Ok(server) => {
                    self.port = port;
                    *self.server() = Some(server);
                    return;
                }
                // Another process may have taken the port meanwhile.
                Err(why) => why_not = why,
            }
        }
        panic!("PostgreSQL did not start: {why_not}");
    }

    fn launch(&self, port: u16) -> Result<Child, String> {
        let log = self.folder.path().join("log");
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(|e| e.to_string())?;
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .args(["-c", "max_connections=300"])
            // Its own measure, 128 MB, is for a machine that has next to nothing. It
            // takes no more than it uses.
            .args(["-c", "shared_buffers=512MB"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        // A signal to the tests' group is not for the server: it is stopped when
        // they have ended.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut server = command.spawn().map_err(|e| e.to_string())?;
        let started = Instant::now();
        loop {
            if self.answers(port) {
                return Ok(server);
            }
            let ended = server.try_wait().map_err(|e| e.to_string())?;
            if ended.is_some() || started.elapsed() > START_TIMEOUT {
                // It may have ended by itself.
                let _ = server.kill();
                let _ = server.wait();
                return Err(std::fs::read_to_string(&log).unwrap_or_default());
            }
            std::thread::sleep(STEP);
        }
    }

    fn answers(&self, port: u16) -> bool {
        let asked = self
            .command("pg_isready")
            .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
            .status();
        asked.is_ok_and(|status| status.success())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of PostgreSQL's programs, as the account that owns the cluster.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path());
        if let Some(Account { uid, gid }) = self.runs_as {
            use std::os::unix::process::CommandExt;
            command.uid(uid).gid(gid);
        }
        command
    }

    fn server(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        // The watchdog, which goes next, sees to what is left.
        self.end();
    }
}

/// The folder of the newest server's programs.
fn programs() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TATAMI_POSTGRES_BIN") {
        return Some(PathBuf::from(named));
    }
    let mut found: Vec<PathBuf> = FOLDERS.iter().flat_map(|f| with_programs(f)).collect();
    let version = |bin: &PathBuf| {
        let text = bin.to_string_lossy().into_owned();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().unwrap_or(0)
    };
    found.sort_by_key(version);
    found.pop()
}

/// `folder/bin` and `folder/*/bin`, where there is a server in them.
fn with_programs(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .chain([PathBuf::from(folder)])
        .map(|place| place.join("bin"))
        .filter(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .collect()
}

/// The account that servers run as: PostgreSQL refuses to run as root.
fn account() -> Option<Account> {
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let (uid, gid) = (id(&["-u", "postgres"]), id(&["-g", "postgres"]));
    let (Some(uid), Some(gid)) = (uid, gid) else {
        panic!(
            "PostgreSQL does not run as root, and there is no account `postgres` to run it \
             as: install the package `postgresql`"
        );
    };
    Some(Account { uid, gid })
}

fn id(arguments: &[&str]) -> Option<u32> {
    let printed = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(printed.stdout).ok()?.trim().parse().ok()
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// What a program that must succeed wrote.
fn expect(what: &str, done: io::Result<Output>) -> Vec<u8> {
    let done = done.unwrap_or_else(|e| stop(what, &e));
    assert!(
        done.status.success(),
        "{what} failed: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    done.stdout
}

fn stop(what: &str, error: &io::Error) -> ! {
    panic!("{what} for a PostgreSQL of the tests' own could not be had: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_serves_stops_and_leaves_nothing() {
        let cluster = PostgresCluster::start();
        let (one, two) = (cluster.new_database(), cluster.new_database());
        assert_ne!(one, two);
        assert!(cluster.answers(cluster.port));
        cluster.stop();
        assert!(!cluster.answers(cluster.port));
        cluster.restart();
        assert!(cluster.answers(cluster.port));
        let folder = cluster.folder.path().to_owned();
        drop(cluster);
        assert!(!folder.exists());
    }
}
