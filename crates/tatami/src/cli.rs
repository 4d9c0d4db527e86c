//! The command line. Each option is also an environment variable (`TATAMI_…`)
//! and a line of the configuration file, in that order of precedence.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tatami_core::account::Permission;

/// An open, self-hosted payments platform that speaks the published Dojo API.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Serve everything on one address.
    Serve(Box<ServeFlags>),
    /// Create and list accounts.
    Accounts {
        /// What to do with accounts.
        #[command(subcommand)]
        command: AccountCommand,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Create, list and delete API keys.
    Keys {
        /// What to do with keys.
        #[command(subcommand)]
        command: KeyCommand,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Show attempts whose outcome at the acquirer is not known yet, beside a serving program.
    Attempts {
        /// What to do with attempts.
        #[command(subcommand)]
        command: AttemptCommand,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Show and restart work that failed for the last time, beside a serving program.
    Jobs {
        /// What to do with jobs.
        #[command(subcommand)]
        command: JobCommand,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Change the keys that saved cards are sealed with.
    Vault {
        /// What to do with the vault.
        #[command(subcommand)]
        command: VaultCommand,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Copy the data folder's databases as they are at one moment, beside a serving program.
    ///
    /// The copy is a new folder that `tatami restore` reads. The installation's key and the
    /// vault's are not in it unless --with-key is given: a copy alone opens no secret, and a
    /// copy without the keys is of use only to who has them. Keep the keys elsewhere.
    Backup {
        /// The folder to make.
        folder: PathBuf,
        /// Put the installation's key and the vault's into the copy as well.
        #[arg(long)]
        with_key: bool,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Put a backup into the data folder, which no program may be serving.
    Restore {
        /// The folder that `tatami backup` made.
        folder: PathBuf,
        /// Move data that is there already into a folder `replaced-N` beside it.
        #[arg(long)]
        replace: bool,
        /// Go on although the installation's key is not at hand, or does not fit.
        #[arg(long)]
        without_key: bool,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Write everything that is stored into one file, from SQLite or PostgreSQL.
    ///
    /// The file is as private as the database. The installation's key and the vault's are
    /// not in it: whoever imports the file needs them too.
    Export {
        /// The file to make; `-` is standard output.
        file: PathBuf,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Read an export into an empty database, SQLite or PostgreSQL.
    ///
    /// The installation's key and the vault's are not in an export: give those that it was made
    /// with, as `installation.key` and `vault.key` in the data folder or by --installation-key
    /// and --vault-key.
    Import {
        /// The file that `tatami export` made; `-` is standard input.
        file: PathBuf,
        /// Go on although the installation's key is not at hand, or does not fit.
        #[arg(long)]
        without_key: bool,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Box::new(ServeFlags::parse_from(["tatami"])))
    }
}

/// Where an installation keeps its data.
#[derive(Args, Clone, Default)]
pub struct Place {
    /// The folder of the data [default: ./data].
    #[arg(long, env = "TATAMI_DATA", global = true)]
    pub data: Option<PathBuf>,
    /// A PostgreSQL database (`postgres://user:password@host:port/name`) in place of the folder's own.
    #[arg(long, env = "TATAMI_DATABASE", hide_env_values = true, global = true)]
    pub database: Option<String>,
    /// A TOML file with any of the options, without their dashes.
    #[arg(long, env = "TATAMI_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// The installation's key (43 base64url characters) [default: a file in the data folder].
    #[arg(
        long,
        env = "TATAMI_INSTALLATION_KEY",
        hide_env_values = true,
        allow_hyphen_values = true,
        global = true
    )]
    pub installation_key: Option<String>,
    /// The vault's keys, the current one first, with commas between them [default: a file in the data folder].
    #[arg(
        long,
        env = "TATAMI_VAULT_KEY",
        hide_env_values = true,
        allow_hyphen_values = true,
        global = true
    )]
    pub vault_key: Option<String>,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the webhooks of sandboxes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookReach {
    /// To every address, private ones too.
    Everywhere,
    /// To public addresses by https, as production's.
    PublicOnly,
}

/// Options of `serve`.
#[derive(Parser, Clone)]
pub struct ServeFlags {
    /// Where the installation is.
    #[command(flatten)]
    pub place: Place,
    /// A replica of the PostgreSQL database that payment intents are searched in.
    #[arg(long, env = "TATAMI_SEARCH_DATABASE", hide_env_values = true)]
    pub search_database: Option<String>,
    /// The address to serve on; port 0 picks a free one [default: 127.0.0.1:8080].
    #[arg(long, env = "TATAMI_LISTEN")]
    pub listen: Option<String>,
    /// The URL that payers and clients reach the program by [default: the address it serves on].
    #[arg(long, env = "TATAMI_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// The address to serve /metrics on, or `off` [default: this machine alone, on the
    /// port after --listen's].
    #[arg(long, env = "TATAMI_METRICS_LISTEN")]
    pub metrics_listen: Option<String>,
    /// An OpenTelemetry collector (OTLP over HTTP, `http://host:4318`) that traces are
    /// sent to, in builds with the feature `otlp`.
    #[arg(long, env = "TATAMI_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// How long, in seconds, to go on serving after being told to stop, while /readyz says no [default: 0].
    #[arg(long, env = "TATAMI_DRAIN_DELAY")]
    pub drain_delay: Option<u32>,
    /// Connections at a time; beyond them, idle ones give way [default: 4096].
    #[arg(long, env = "TATAMI_MAX_CONNECTIONS")]
    pub max_connections: Option<usize>,
    /// Requests at a time, those that wait for an acquirer aside; more are answered
    /// 503 [default: 32 for each processor, at least 64].
    #[arg(long, env = "TATAMI_MAX_REQUESTS")]
    pub max_requests: Option<usize>,
    /// Calls to acquirers at a time; requests that would begin more are answered 503
    /// [default: as many as requests].
    #[arg(long, env = "TATAMI_MAX_ACQUIRER_CALLS")]
    pub max_acquirer_calls: Option<usize>,
    /// Requests a second with one key; more are answered 429, and 0 is any number [default: 1000].
    #[arg(long, env = "TATAMI_RATE_PER_KEY")]
    pub rate_per_key: Option<u32>,
    /// How long, in minutes, a customer's secret is good for [default: 30].
    #[arg(long, env = "TATAMI_CUSTOMER_SECRET_MINUTES")]
    pub customer_secret_minutes: Option<u16>,
    /// How logs are written [default: text].
    #[arg(long, env = "TATAMI_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Leave out the sandbox: its acquirer, its controls and the development account.
    #[arg(long, env = "TATAMI_NO_SANDBOX", num_args = 0..=1, default_missing_value = "true")]
    pub no_sandbox: Option<bool>,
    /// Where the webhooks of sandboxes go; production's go to public addresses only
    /// [default: everywhere].
    #[arg(long, env = "TATAMI_WEBHOOKS", value_enum)]
    pub webhooks: Option<WebhookReach>,
    /// The header in which a proxy tells a payer's address, the last one in it; only for
    /// a program that is reached by that proxy alone.
    #[arg(long, env = "TATAMI_PAYER_ADDRESS_HEADER")]
    pub payer_address_header: Option<String>,
    /// Let payers in sandboxes, too, wait longer and longer when cards are declined.
    #[arg(long, env = "TATAMI_SANDBOX_PAYER_LIMITS", num_args = 0..=1, default_missing_value = "true")]
    pub sandbox_payer_limits: Option<bool>,
    /// How many milliseconds a peer may take that sends or takes nothing, for tests.
    #[arg(long, env = "TATAMI_PEER_GRACE", hide = true)]
    pub peer_grace: Option<u64>,
    /// How many bytes may wait for slow peers, for tests.
    #[arg(long, env = "TATAMI_MAX_WAITING_BYTES", hide = true)]
    pub max_waiting_bytes: Option<usize>,
    /// The mail server (`smtp://user:password@host:port`); without one, mail stays in the local mailbox.
    #[arg(long, env = "TATAMI_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// The address that mail comes from [default: receipts@localhost].
    #[arg(long, env = "TATAMI_MAIL_FROM")]
    pub mail_from: Option<String>,
}

/// What to do with accounts.
#[derive(Subcommand)]
pub enum AccountCommand {
    /// Make an account.
    Create {
        /// The trading name that payers see.
        name: String,
        /// What it may do beyond taking payments: `tokenization`, to send card numbers that its
        /// own server captured.
        #[arg(long, value_parser = permission)]
        permission: Vec<Permission>,
    },
    /// List the accounts.
    List,
}

/// What to do with attempts.
#[derive(Subcommand)]
pub enum AttemptCommand {
    /// List those that are open at this moment, oldest first.
    List,
}

/// What to do with jobs.
#[derive(Subcommand)]
pub enum JobCommand {
    /// List those that failed for the last time.
    Failed,
    /// Let one of them be tried anew.
    Restart {
        /// What it is about, as the list says it.
        kind: String,
        /// The id of it.
        id: String,
    },
}

/// What to do with keys.
#[derive(Subcommand)]
pub enum KeyCommand {
    /// Make a key. It is shown this once.
    Create {
        /// The account's id.
        #[arg(long)]
        account: String,
        /// What the key opens.
        #[arg(long, value_enum)]
        environment: KeyEnvironment,
    },
    /// List an account's keys.
    List {
        /// The account's id.
        #[arg(long)]
        account: String,
    },
    /// Delete a key; it stops working at once.
    Delete {
        /// The key's id (`key_…`), as it is listed.
        id: String,
    },
}

/// What to do with the vault.
#[derive(Subcommand)]
pub enum VaultCommand {
    /// Wrap the key of every saved card with a new one, beside serving programs.
    ///
    /// A data folder's new key is made, and the old one removed, by the way. Programs on a
    /// PostgreSQL database must be given the new key, before the old one, first. What was
    /// interrupted is gone on with.
    Rotate,
    /// Print a new key.
    NewKey,
    /// Give up every saved card, because the vault's keys are lost.
    ///
    /// Without them nobody can pay with the cards, and no program starts. This is refused while
    /// the right keys are at hand.
    Forget,
}

/// The environments of a key.
#[derive(Clone, Copy, ValueEnum)]
pub enum KeyEnvironment {
    /// Test cards, no money.
    Sandbox,
    /// Real money.
    Production,
}

fn permission(word: &str) -> Result<Permission, String> {
    let known = Permission::ALL.map(Permission::word).join(", ");
    Permission::from_word(word).ok_or_else(|| format!("there are these: {known}"))
}
