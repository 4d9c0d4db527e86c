//! The command line. Each option is also an environment variable (`TATAMI_…`)
//! and a line of the configuration file, in that order of precedence.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    Serve(ServeFlags),
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
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(ServeFlags::parse_from(["tatami"]))
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
        global = true
    )]
    pub installation_key: Option<String>,
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

/// Options of `serve`.
#[derive(Parser, Clone)]
pub struct ServeFlags {
    /// Where the installation is.
    #[command(flatten)]
    pub place: Place,
    /// The address to serve on; port 0 picks a free one [default: 127.0.0.1:8080].
    #[arg(long, env = "TATAMI_LISTEN")]
    pub listen: Option<String>,
    /// The URL that payers and clients reach the program by [default: the address it serves on].
    #[arg(long, env = "TATAMI_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// How logs are written [default: text].
    #[arg(long, env = "TATAMI_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Leave out the sandbox: its acquirer, its controls and the development account.
    #[arg(long, env = "TATAMI_NO_SANDBOX", num_args = 0..=1, default_missing_value = "true")]
    pub no_sandbox: Option<bool>,
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
    },
    /// List the accounts.
    List,
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

/// The environments of a key.
#[derive(Clone, Copy, ValueEnum)]
pub enum KeyEnvironment {
    /// Test cards, no money.
    Sandbox,
    /// Real money.
    Production,
}
