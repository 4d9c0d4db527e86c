//! The command line. Each option is also an environment variable (`TATAMI_…`)
//! and a line of the configuration file, in that order of precedence.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tatami_core::account::{MerchantTerms, Permission};
use tatami_core::country::is_country;
use tatami_core::id::Environment;
use tatami_core::people::Role;
use tatami_engine::DOCUMENTED_KEY;

use crate::wallets::WalletFlags;

/// An open, self-hosted payments platform that speaks the published Dojo API.
#[derive(Parser)]
#[command(version)]
pub struct Cli {
    /// The command to run [default: serve].
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Start the server.
    Serve(Box<ServeFlags>),
    /// Start the POS of a small restaurant, to try a running server with.
    ///
    /// It registers its capabilities, and shows on a page what it is asked.
    DemoPos(DemoPosFlags),
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
    /// Invite users to the portal, and help those who cannot sign in.
    Users {
        /// What to do with users.
        #[command(subcommand)]
        command: UserCommand,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// List calls to the acquirer whose result is not known yet. The server may be running.
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
    /// Manage the keys that encrypt saved cards.
    Vault {
        /// What to do with the vault.
        #[command(subcommand)]
        command: VaultCommand,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Back up the databases of the data folder. The server may be running.
    ///
    /// The backup is a new folder for `tatami restore`. It does not contain the installation
    /// key and the vault keys unless --with-key is given. A backup without the keys is useless
    /// to others, and to you: keep the keys in another place.
    Backup {
        /// The folder to create.
        folder: PathBuf,
        /// Include the installation key and the vault keys.
        #[arg(long)]
        with_key: bool,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Restore a backup into the data folder. The server must not be running.
    Restore {
        /// The folder that `tatami backup` created.
        folder: PathBuf,
        /// Move existing data into a folder `replaced-N` first.
        #[arg(long)]
        replace: bool,
        /// Continue even if the installation key is missing or does not match.
        #[arg(long)]
        without_key: bool,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Export all data into one file, from SQLite or PostgreSQL.
    ///
    /// The file is as confidential as the database. It does not contain the installation key
    /// and the vault keys, which are needed to import it.
    Export {
        /// The file to create; `-` writes to standard output.
        file: PathBuf,
        /// Where the installation is.
        #[command(flatten)]
        place: Place,
    },
    /// Import an export into an empty database, SQLite or PostgreSQL.
    ///
    /// An export does not contain the installation key and the vault keys. Provide the original
    /// ones as `installation.key` and `vault.key` in the data folder, or with
    /// --installation-key and --vault-key.
    Import {
        /// The file that `tatami export` created; `-` reads standard input.
        file: PathBuf,
        /// Continue even if the installation key is missing or does not match.
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
    /// The data folder [default: ./data].
    #[arg(long, env = "TATAMI_DATA", global = true)]
    pub data: Option<PathBuf>,
    /// A PostgreSQL database to use in place of SQLite (`postgres://user:password@host:port/name`).
    #[arg(long, env = "TATAMI_DATABASE", hide_env_values = true, global = true)]
    pub database: Option<String>,
    /// A TOML file with options, named without the leading dashes.
    #[arg(long, env = "TATAMI_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// The key that encrypts stored secrets: 43 base64url characters [default: `installation.key`
    /// in the data folder].
    #[arg(
        long,
        env = "TATAMI_INSTALLATION_KEY",
        hide_env_values = true,
        allow_hyphen_values = true,
        global = true
    )]
    pub installation_key: Option<String>,
    /// The keys that encrypt saved cards, separated by commas, the current key first [default:
    /// `vault.key` in the data folder].
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
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Where the webhooks of sandboxes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookReach {
    /// To all addresses, including private ones.
    Everywhere,
    /// To public addresses over HTTPS, as in production.
    PublicOnly,
}

/// What pages prove before they submit a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptchaKind {
    /// Nothing.
    #[default]
    Off,
    /// That they have computed for a moment.
    ProofOfWork,
}

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// Options of `serve`.
#[derive(Parser, Clone)]
pub struct ServeFlags {
    /// Where the installation is.
    #[command(flatten)]
    pub place: Place,
    /// A replica of the PostgreSQL database, used to search payment intents.
    #[arg(long, env = "TATAMI_SEARCH_DATABASE", hide_env_values = true)]
    pub search_database: Option<String>,
    /// The address to listen on; port 0 selects a free port [default: 127.0.0.1:8080].
    #[arg(long, env = "TATAMI_LISTEN")]
    pub listen: Option<String>,
    /// The URL at which payers and clients reach the server [default: the listen address].
    #[arg(long, env = "TATAMI_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// A host name of this server whose root has the files of /cdn as well: /payments/v1/client.js.
    #[arg(long, env = "TATAMI_CDN_HOST")]
    pub cdn_host: Option<String>,
    /// A host name of this server whose root also has the paths of /connect-e, for apps that
    /// have this name built in: /api/payments/{token}.
    #[arg(long, env = "TATAMI_SDK_HOST")]
    pub sdk_host: Option<String>,
    /// The wallets of production.
    #[command(flatten)]
    pub wallets: WalletFlags,
    /// The address to serve /metrics on, or `off` [default: 127.0.0.1, on the port after the
    /// one of --listen].
    #[arg(long, env = "TATAMI_METRICS_LISTEN")]
    pub metrics_listen: Option<String>,
    /// The OpenTelemetry collector to send traces to (OTLP over HTTP, `http://host:4318`).
    /// Needs a build with the feature `otlp`.
    #[arg(long, env = "TATAMI_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// Seconds to keep serving after SIGTERM, while /readyz answers 503 [default: 0].
    #[arg(long, env = "TATAMI_DRAIN_DELAY")]
    pub drain_delay: Option<u32>,
    /// Maximum number of open connections; beyond it, idle ones are closed [default: 4096].
    #[arg(long, env = "TATAMI_MAX_CONNECTIONS")]
    pub max_connections: Option<usize>,
    /// Maximum number of requests at a time, not counting those that wait for an acquirer;
    /// further requests are answered with 503 [default: 32 per processor, at least 64].
    #[arg(long, env = "TATAMI_MAX_REQUESTS")]
    pub max_requests: Option<usize>,
    /// Maximum number of calls to acquirers at a time; requests that need another one are
    /// answered with 503; accounts share them [default: twice --max-requests].
    #[arg(long, env = "TATAMI_MAX_ACQUIRER_CALLS")]
    pub max_acquirer_calls: Option<usize>,
    /// Maximum number of requests per second with one key; further requests are answered with
    /// 429. 0 means no limit [default: 1000].
    #[arg(long, env = "TATAMI_RATE_PER_KEY")]
    pub rate_per_key: Option<u32>,
    /// Minutes for which a customer secret is valid [default: 30].
    #[arg(long, env = "TATAMI_CUSTOMER_SECRET_MINUTES")]
    pub customer_secret_minutes: Option<u16>,
    /// Format of the logs [default: text].
    #[arg(long, env = "TATAMI_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Turn off the sandbox: its acquirer, its controls and the development account.
    #[arg(long, env = "TATAMI_NO_SANDBOX", num_args = 0..=1, default_missing_value = "true")]
    pub no_sandbox: Option<bool>,
    /// Start the POS of a small restaurant beside the server, at that address, registered for
    /// the sandbox [default address: 127.0.0.1:8090].
    #[arg(long, env = "TATAMI_DEMO_POS", value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:8090")]
    pub demo_pos: Option<String>,
    /// Where sandbox webhooks may be sent; production webhooks are sent to public addresses
    /// only [default: everywhere].
    #[arg(long, env = "TATAMI_WEBHOOKS", value_enum)]
    pub webhooks: Option<WebhookReach>,
    /// The header in which your proxy passes the payer's IP address; its last value is used.
    /// Only safe if all requests come through that proxy.
    #[arg(long, env = "TATAMI_PAYER_ADDRESS_HEADER")]
    pub payer_address_header: Option<String>,
    /// Apply the waiting times after declined cards in sandboxes too.
    #[arg(long, env = "TATAMI_SANDBOX_PAYER_LIMITS", num_args = 0..=1, default_missing_value = "true")]
    pub sandbox_payer_limits: Option<bool>,
    /// What the payment pages and components prove before a card is tried; apps that are built
    /// with the published SDKs are not asked [default: off].
    #[arg(long, env = "TATAMI_CAPTCHA", value_enum)]
    pub captcha: Option<CaptchaKind>,
    /// Whether requests to the API are kept for 7 days for the portal's page "Logs", with
    /// secrets and card numbers masked [default: on].
    #[arg(long, env = "TATAMI_REQUEST_LOG", value_enum)]
    pub request_log: Option<Switch>,
    /// Maximum number of requests that are kept; the oldest are removed [default: 100000].
    #[arg(long, env = "TATAMI_REQUEST_LOG_ENTRIES")]
    pub request_log_entries: Option<u32>,
    /// Keep the bodies of requests in production too; in sandboxes they are always kept.
    #[arg(long, env = "TATAMI_REQUEST_LOG_PRODUCTION_BODIES", num_args = 0..=1, default_missing_value = "true")]
    pub request_log_production_bodies: Option<bool>,
    /// How many milliseconds a peer may take that sends or takes nothing, for tests.
    #[arg(long, env = "TATAMI_PEER_GRACE", hide = true)]
    pub peer_grace: Option<u64>,
    /// How many bytes may wait for slow peers, for tests.
    #[arg(long, env = "TATAMI_MAX_WAITING_BYTES", hide = true)]
    pub max_waiting_bytes: Option<usize>,
    /// The mail server (`smtp://user:password@host:port`). Without one, mails stay in the local
    /// mailbox.
    #[arg(long, env = "TATAMI_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// The sender address of mails [default: receipts@localhost].
    #[arg(long, env = "TATAMI_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// The operator's terms, a file in Markdown that is shown at `/terms`.
    #[arg(long, env = "TATAMI_TERMS_FILE", value_name = "FILE")]
    pub terms_file: Option<PathBuf>,
}

/// Options of `demo-pos`.
#[derive(Parser, Clone)]
pub struct DemoPosFlags {
    /// The URL of the server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub platform: String,
    /// The API key of the account.
    #[arg(long, env = "TATAMI_KEY", hide_env_values = true, default_value = DOCUMENTED_KEY)]
    pub key: String,
    /// The id of the software house.
    #[arg(long, default_value = "demo-pos")]
    pub software_house: String,
    /// How the server calls the POS.
    #[arg(long, value_enum, default_value_t = DemoPosTransport::Ws)]
    pub transport: DemoPosTransport,
    /// The address of the page and of the REST API; port 0 selects a free port.
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub listen: String,
    /// A capability that is not registered.
    #[arg(long)]
    pub without: Vec<String>,
    /// What goes wrong: a list of KIND[=CAPABILITY][*TIMES] with the kinds slow, late, down,
    /// nonsense, twice, out-of-order, lose-answer and refuse.
    #[arg(long, default_value = "")]
    pub faults: String,
}

/// How the server calls the demo POS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DemoPosTransport {
    /// Over REST.
    Rest,
    /// Over a WebSocket.
    Ws,
}

/// What to do with accounts.
#[derive(Subcommand)]
pub enum AccountCommand {
    /// Create an account.
    Create {
        /// The trading name that payers see.
        name: String,
        /// A permission beyond taking payments: `tokenization`, for accounts whose own servers
        /// capture card numbers.
        #[arg(long, value_parser = permission)]
        permission: Vec<Permission>,
        /// The merchant id (card acceptor id) that was agreed with the acquirer, up to 15
        /// letters and digits [default: one that follows from the account's id].
        #[arg(long, value_parser = merchant_id)]
        merchant_id: Option<String>,
        /// The merchant category code (ISO 18245) [default: 5999, miscellaneous retail].
        #[arg(long, value_parser = merchant_category)]
        merchant_category: Option<String>,
        /// The country that it trades in, as two letters (ISO 3166-1) [default: GB].
        #[arg(long, value_parser = country)]
        country: Option<String>,
    },
    /// List the accounts.
    List,
    /// Set how the checkout pages of an account look, in place of what was set before;
    /// without a logo, icon or colour, they look as they do without a branding.
    Brand {
        /// The id of the account.
        account: String,
        /// Its environment.
        #[arg(long, value_enum, default_value_t = KeyEnvironment::Sandbox)]
        environment: KeyEnvironment,
        /// A file with the logo, PNG or SVG, at most 64 KB.
        #[arg(long)]
        logo: Option<PathBuf>,
        /// A file with the icon of the browser's tab, PNG or SVG, at most 64 KB.
        #[arg(long)]
        favicon: Option<PathBuf>,
        /// The colour of buttons and links, as `#rrggbb`.
        #[arg(long)]
        primary_colour: Option<String>,
        /// The colour behind everything, as `#rrggbb`.
        #[arg(long)]
        background_colour: Option<String>,
    },
}

/// What to do with users.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Print a link with which a new user joins the company of an account.
    Invite {
        /// An account of the company; a company is made if it has none.
        #[arg(long)]
        account: String,
        /// The e-mail address to sign in with.
        #[arg(long)]
        email: String,
        /// What they may do, at all locations.
        #[arg(long, value_parser = role, default_value = "owner")]
        role: Role,
        /// Where the portal is reached.
        #[arg(
            long,
            env = "TATAMI_PUBLIC_URL",
            default_value = "http://127.0.0.1:8080/"
        )]
        public_url: String,
    },
    /// Print a link with which a user chooses a new password.
    Reset {
        /// The e-mail address of the user.
        #[arg(long)]
        email: String,
        /// Where the portal is reached.
        #[arg(
            long,
            env = "TATAMI_PUBLIC_URL",
            default_value = "http://127.0.0.1:8080/"
        )]
        public_url: String,
    },
}

fn role(word: &str) -> Result<Role, String> {
    let known = Role::ALL.map(Role::word).join(", ");
    Role::from_word(word).ok_or_else(|| format!("possible values: {known}"))
}

/// What to do with attempts.
#[derive(Subcommand)]
pub enum AttemptCommand {
    /// List open calls to the acquirer, oldest first.
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
    /// Create a key. It is shown only once.
    Create {
        /// The account's id.
        #[arg(long)]
        account: String,
        /// The environment that the key gives access to.
        #[arg(long, value_enum)]
        environment: KeyEnvironment,
    },
    /// List an account's keys.
    List {
        /// The account's id.
        #[arg(long)]
        account: String,
    },
    /// Delete a key. It stops working at once.
    Delete {
        /// The key's id (`key_…`), as shown by `list`.
        id: String,
    },
}

/// What to do with the vault.
#[derive(Subcommand)]
pub enum VaultCommand {
    /// Re-encrypt the keys of all saved cards with a new vault key. The server may be running.
    ///
    /// With a data folder, the new key is created and the old one removed. Programs that share
    /// a PostgreSQL database must first be given the new key, in front of the old one. If it
    /// was interrupted, run it again to continue.
    Rotate,
    /// Print a new key.
    NewKey,
    /// Delete all saved cards because the vault keys are lost.
    ///
    /// Without the keys the cards cannot be used and the server does not start. Refused if the
    /// right keys are present.
    Forget,
}

/// The environments of a key.
#[derive(Clone, Copy, ValueEnum)]
pub enum KeyEnvironment {
    /// For tests: test cards, no money.
    Sandbox,
    /// Real money.
    Production,
}

fn merchant_id(text: &str) -> Result<String, String> {
    match MerchantTerms::is_id(text) {
        true => Ok(text.to_owned()),
        false => Err("it has 1 to 15 letters and digits".to_owned()),
    }
}

fn merchant_category(text: &str) -> Result<String, String> {
    match MerchantTerms::is_category(text) {
        true => Ok(text.to_owned()),
        false => Err("it has four digits".to_owned()),
    }
}

impl From<KeyEnvironment> for Environment {
    fn from(environment: KeyEnvironment) -> Self {
        match environment {
            KeyEnvironment::Sandbox => Self::Sandbox,
            KeyEnvironment::Production => Self::Production,
        }
    }
}

fn country(code: &str) -> Result<String, String> {
    let code = code.to_ascii_uppercase();
    match is_country(&code) {
        true => Ok(code),
        false => Err("not a country of ISO 3166-1".to_owned()),
    }
}

fn permission(word: &str) -> Result<Permission, String> {
    let known = Permission::ALL.map(Permission::word).join(", ");
    Permission::from_word(word).ok_or_else(|| format!("possible values: {known}"))
}
