//! Where the database is, and how a connection to it is made.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};

use super::session::Session;
use super::tls::Tls;
use crate::OpenError;
use crate::failure::Failure;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a server may leave data unacknowledged before it counts as gone.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(10);
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);

/// Settings of every connection. The first are limits, so that nothing waits
/// for ever and a node that froze holds no locks. The rest are for the planner:
/// every statement here finds its rows by an index, which it cannot know of
/// tables that have just been made, and its plan is to be made once.
const SETTINGS: [&str; 10] = [
    "SET statement_timeout = '30s'",
    "SET lock_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = '10s'",
    "SET default_transaction_isolation = 'read committed'",
    "SET plan_cache_mode = force_generic_plan",
    "SET enable_seqscan = off",
    "SET enable_bitmapscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET jit = off",
];

/// A database on a server.
pub struct Server {
    config: Config,
    tls: Option<Tls>,
}

impl Server {
    /// The database of a URL.
    ///
    /// # Errors
    /// If the URL is not one of PostgreSQL's, or TLS is asked for and the
    /// machine has no root certificates.
    pub fn at(url: &str) -> Result<Self, OpenError> {
        // The parser's words name options and never their values; the URL may
        // hold a password, so it is not repeated.
        let wrong = |reason: String| OpenError::Unusable {
            place: "of that URL".to_owned(),
            reason,
        };
        if !SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(wrong("it does not begin with postgres://".to_owned()));
        }
        let parsed: Result<Config, _> = url.parse();
        let mut config = parsed.map_err(|error| wrong(super::failure::message(&error)))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE_TIMEOUT);
        }
        config.keepalives_idle(KEEPALIVE_AFTER);
        if config.get_application_name().is_none() {
            config.application_name("tatami");
        }
        let mut server = Self { config, tls: None };
        if server.wants_tls() {
            let tls = Tls::new().map_err(|reason| server.unusable(reason))?;
            server.tls = Some(tls);
        }
        Ok(server)
    }

    /// Connections that leave the machine are encrypted if the server can; those
    /// that stay on it only if the URL says so.
    fn wants_tls(&self) -> bool {
        match self.config.get_ssl_mode() {
            SslMode::Disable => false,
            SslMode::Prefer => !self.config.get_hosts().iter().all(is_local),
            _ => true,
        }
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// If the server does not answer in time, or refuses.
    pub async fn connect(&self) -> Result<Session, Failure> {
        self.connected(None).await
    }

    /// Makes a connection whose notifications go to `heard`.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_hearing(&self, heard: mpsc::Sender<String>) -> Result<Session, Failure> {
        self.connected(Some(heard)).await
    }

    async fn connected(&self, heard: Option<mpsc::Sender<String>>) -> Result<Session, Failure> {
        let session = match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                Session::over(client, connection, heard)
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                Session::over(client, connection, heard)
            }
        };
        session.set(&SETTINGS).await?;
        Ok(session)
    }

    /// The database as sentences name it, without its password.
    pub fn place(&self) -> String {
        let config = &self.config;
        let hosts = config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        });
        let hosts: Vec<_> = hosts.collect();
        let user = config.get_user().unwrap_or_default();
        let name = config.get_dbname().unwrap_or(user);
        let ports: Vec<_> = config.get_ports().iter().map(u16::to_string).collect();
        let port = if ports.is_empty() {
            String::new()
        } else {
            format!(":{}", ports.join(","))
        };
        format!("postgres://{user}@{}{port}/{name}", hosts.join(","))
    }

    /// The sentence for a database that cannot be used.
    pub fn unusable(&self, reason: String) -> OpenError {
        OpenError::Unusable {
            place: self.place(),
            reason,
        }
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_without_its_password() {
        let server =
            Server::at("postgres://me:secret@db.example:5433,other.example/pay?sslmode=disable");
        let server = server.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(
            server.place(),
            "postgres://me@db.example,other.example:5433,5432/pay"
        );
        for url in [
            "postgres://me:secret@db/pay?colour=red",
            "mysql://me:secret@db/",
            "",
        ] {
            let error = Server::at(url).err().map(|e| e.to_string());
            let error = error.unwrap_or_else(|| panic!("{url} was taken"));
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        for (url, wants) in [
            ("postgres://me@localhost/pay", false),
            ("postgres://me@127.0.0.1/pay", false),
            ("postgres://me@%2Fvar%2Frun%2Fpostgresql/pay", false),
            ("postgres://me@localhost/pay?sslmode=require", true),
            ("postgres://me@db.example/pay", true),
            ("postgres://me@db.example/pay?sslmode=disable", false),
        ] {
            let config = url.parse().unwrap_or_else(|e| panic!("{e}"));
            let server = Server { config, tls: None };
            assert_eq!(server.wants_tls(), wants, "{url}");
        }
    }
}
