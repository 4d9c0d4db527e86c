//! A throw-away PostgreSQL cluster with its ordinary, durable settings.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use crate::fault::{Result, fault};

const PATIENCE: Duration = Duration::from_secs(60);
const USER: &str = "tatami";
/// Whom the cluster runs as when we are root, which PostgreSQL refuses to be.
const SERVICE_USERS: [&str; 2] = ["postgres", "nobody"];
/// Where Debian keeps the programs that are not on the path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A running cluster. It is stopped when dropped.
pub struct Cluster {
    server: Child,
    port: u16,
}

/// A user of the machine.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Cluster {
    /// Makes a cluster in a new folder and starts it.
    ///
    /// # Errors
    /// If PostgreSQL is not installed or does not start.
    pub async fn start(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let account = service_account()?;
        if let Some(account) = account {
            std::os::unix::fs::chown(folder, Some(account.user), Some(account.group))?;
        }
        let programs = programs();
        let data = folder.join("data");
        let log = File::create(folder.join("log"))?;
        let mut initdb = as_account(programs.join("initdb"), account);
        initdb
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C"])
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?);
        if !initdb.status()?.success() {
            return fault(format!("initdb failed; see {}", folder.display()));
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = as_account(programs.join("postgres"), account)
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories="])
            .args(["-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let cluster = Self { server, port };
        cluster.ready().await?;
        Ok(cluster)
    }

    /// Makes a database and tells its URL.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn database(&self, name: &str) -> Result<String> {
        let client = self.connect("postgres").await?;
        client
            .batch_execute(&format!("CREATE DATABASE \"{name}\""))
            .await?;
        Ok(self.url(name))
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    async fn connect(&self, database: &str) -> Result<Client> {
        let (client, connection) = tokio_postgres::connect(&self.url(database), NoTls).await?;
        // Its end shows as an error of the client's.
        tokio::spawn(connection);
        Ok(client)
    }

    async fn ready(&self) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.connect("postgres").await {
                Ok(_) => return Ok(()),
                Err(why) if Instant::now() > until => return Err(why),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown. What is left is thrown away.
        let _ = Command::new("kill")
            .args(["-s", "INT", &self.server.id().to_string()])
            .status();
        let _ = self.server.wait();
    }
}

fn programs() -> PathBuf {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let debian = std::fs::read_dir(DEBIAN).into_iter().flatten();
    let debian = debian.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    on_path
        .chain(debian)
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .unwrap_or_default()
}

fn as_account(program: PathBuf, account: Option<Account>) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some(account) = account {
        command.uid(account.user).gid(account.group);
    }
    command
}

/// Somebody else, if we are root.
fn service_account() -> Result<Option<Account>> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let account = |name: &str| {
        let mut fields = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let fields = fields.find(|f| f.first() == Some(&name) && f.len() > 3)?;
        let (user, group) = (fields[2].parse().ok()?, fields[3].parse().ok()?);
        Some(Account { user, group })
    };
    match SERVICE_USERS.iter().find_map(|name| account(name)) {
        Some(account) => Ok(Some(account)),
        None => fault("PostgreSQL does not run as root, and there is no other user for it"),
    }
}
