//! The configuration: command line over environment over file over defaults.

use std::num::{NonZero, NonZeroU32};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use serde::Deserialize;
use tatami_checkout::Hosts;
use tatami_core::customer::SECRET_LIFE;
use tatami_core::time::SignedDuration;
use tatami_docs::{MAX_TERMS, faults_of_terms};
use tatami_http::{Limits, Pace, Room};
use url::Url;

use crate::Fault;
use crate::cli::{CaptchaKind, LogFormat, Place, ServeFlags, Switch, WebhookReach};
use crate::wallets::{WalletFlags, WalletOptions};

/// The configuration file: every option of `serve`, none required.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    database: Option<String>,
    search_database: Option<String>,
    installation_key: Option<String>,
    vault_key: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    cdn_host: Option<String>,
    sdk_host: Option<String>,
    apple_pay_merchant_id: Option<String>,
    apple_pay_key: Option<String>,
    apple_pay_identity: Option<PathBuf>,
    apple_pay_domain_file: Option<PathBuf>,
    google_pay_merchant_id: Option<String>,
    google_pay_gateway: Option<String>,
    google_pay_key: Option<String>,
    google_pay_roots: Option<String>,
    log_format: Option<LogFormat>,
    no_sandbox: Option<bool>,
    smtp_url: Option<String>,
    mail_from: Option<String>,
    metrics_listen: Option<String>,
    otlp_endpoint: Option<String>,
    drain_delay: Option<u32>,
    customer_secret_minutes: Option<u16>,
    max_connections: Option<usize>,
    max_requests: Option<usize>,
    max_acquirer_calls: Option<usize>,
    rate_per_key: Option<u32>,
    demo_pos: Option<String>,
    webhooks: Option<WebhookReach>,
    payer_address_header: Option<String>,
    sandbox_payer_limits: Option<bool>,
    captcha: Option<CaptchaKind>,
    request_log: Option<Switch>,
    request_log_entries: Option<u32>,
    request_log_production_bodies: Option<bool>,
    terms_file: Option<PathBuf>,
}

/// Where an installation keeps its data, resolved.
pub struct Home {
    /// The folder.
    pub data: PathBuf,
    /// A PostgreSQL database, if storage is not in the folder.
    pub database: Option<String>,
    /// A replica of that database, for searches.
    pub search_database: Option<String>,
    /// The installation's key, if it is not in the folder.
    pub installation_key: Option<String>,
    /// The vault's keys, if they are not in the folder.
    pub vault_key: Option<String>,
    /// How long a customer's secret is good for.
    pub customer_secret_life: SignedDuration,
}

/// What `serve` does, resolved.
pub struct Config {
    /// Where the data is.
    pub home: Home,
    /// The address to serve on.
    pub listen: String,
    /// The URL the program is reached by, if it is not that address.
    pub public_url: Option<Url>,
    /// Host names with a root of their own.
    pub hosts: Hosts,
    /// The wallets of production.
    pub wallets: WalletOptions,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Whether there are sandboxes.
    pub sandbox: bool,
    /// The address of the demo POS, if it is started beside the server.
    pub demo_pos: Option<String>,
    /// The mail server.
    pub smtp_url: Option<String>,
    /// The address that mail comes from.
    pub mail_from: String,
    /// The operator's terms, in Markdown.
    pub terms: Option<Arc<str>>,
    /// Where metrics are served.
    pub metrics: Metrics,
    /// Whether the webhooks of sandboxes, too, go to public addresses only.
    pub public_webhooks_only: bool,
    /// The header in which a proxy gives a payer's address.
    pub payer_address_header: Option<HeaderName>,
    /// Whether payers in sandboxes, too, wait after declines.
    pub sandbox_payer_limits: bool,
    /// What pages prove before they submit a card.
    pub captcha: CaptchaKind,
    /// The collector that traces are sent to.
    pub otlp_endpoint: Option<Url>,
    /// How long to go on serving after being asked to stop.
    pub drain_delay: Duration,
    /// How many connections there may be, and what may wait for them.
    pub room: Room,
    /// How slow a peer may be.
    pub pace: Pace,
    /// How many requests are let in.
    pub limits: Limits,
    /// What is kept of requests.
    pub request_log: RequestLogOptions,
}

/// What is kept of requests.
pub struct RequestLogOptions {
    pub is_on: bool,
    /// At most so many.
    pub entries: u32,
    /// Whether bodies of production are kept, too.
    pub production_bodies: bool,
}

/// Where metrics are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metrics {
    /// Nowhere.
    Off,
    /// On this machine alone, on the port after the one that is served on.
    Here,
    /// On that address.
    At(String),
}

impl Metrics {
    fn read(given: Option<String>) -> Self {
        match given {
            None => Self::Here,
            Some(word) if word.eq_ignore_ascii_case("off") => Self::Off,
            Some(address) => Self::At(address),
        }
    }

    /// The address, if the program is served on that port. `asked` is whether it was
    /// to be a free one.
    pub fn address(&self, port: u16, any_port: bool) -> Option<String> {
        match self {
            Self::Off => None,
            Self::Here if any_port => Some("127.0.0.1:0".to_owned()),
            // There is none after the last.
            Self::Here => Some(format!(
                "127.0.0.1:{}",
                port.checked_add(1).unwrap_or(port - 1)
            )),
            Self::At(address) => Some(address.clone()),
        }
    }
}

const MAX_CONNECTIONS: usize = 4096;
/// What bodies that are not whole, and answers that are not taken, may take of memory.
const MAX_WAITING_BYTES: usize = 256 * 1024 * 1024;
/// For each processor; more of them would only wait for one another.
const MAX_REQUESTS_EACH: usize = 32;
/// On any machine: some wait for storage.
const MAX_REQUESTS_LEAST: usize = 64;
const RATE_PER_KEY: u32 = 1000;
const REQUEST_LOG_ENTRIES: u32 = 100_000;

fn max_requests() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    (processors * MAX_REQUESTS_EACH).max(MAX_REQUESTS_LEAST)
}

fn web_url(name: &str, text: Option<String>) -> Result<Option<Url>, Fault> {
    let Some(text) = text else {
        return Ok(None);
    };
    let url = Url::parse(&text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match url {
        Some(url) => Ok(Some(url)),
        None => Err(Fault(format!(
            "the {name} '{text}' is not an http or https URL."
        ))),
    }
}

fn host(given: Option<String>) -> Result<Option<Arc<str>>, Fault> {
    let host = given.map(|text| {
        let url = Url::parse(&format!("http://{text}/")).ok();
        let is_host = url.is_some_and(|url| url.path() == "/" && url.username().is_empty());
        match is_host && !text.contains(['/', '?', '#']) {
            true => Ok(text.into()),
            false => Err(Fault(format!("'{text}' is not a valid host name."))),
        }
    });
    host.transpose()
}

/// The operator's terms, which are read once.
fn terms(file: Option<&Path>) -> Result<Option<Arc<str>>, Fault> {
    let Some(file) = file else { return Ok(None) };
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Fault(format!("The terms in {name} cannot be read: {error}.")))?;
    if text.len() > MAX_TERMS {
        return Err(Fault(format!(
            "The terms in {name} are longer than {MAX_TERMS} bytes."
        )));
    }
    match faults_of_terms(&text).first() {
        None => Ok(Some(text.into())),
        Some(fault) => Err(Fault(format!(
            "The terms in {name} must be Markdown without HTML and links to files: {fault}."
        ))),
    }
}

fn header(name: Option<String>) -> Result<Option<HeaderName>, Fault> {
    let name = name.map(|name| {
        HeaderName::try_from(name.as_str())
            .map_err(|_| Fault(format!("'{name}' is not a valid header name.")))
    });
    name.transpose()
}

fn at_least_one(name: &str, given: Option<usize>, default: usize) -> Result<usize, Fault> {
    match given.unwrap_or(default) {
        0 => Err(Fault(format!("--{name} must be at least 1."))),
        number => Ok(number),
    }
}

fn read(path: Option<&Path>) -> Result<File, Fault> {
    let Some(path) = path else {
        return Ok(File::default());
    };
    let text = std::fs::read_to_string(path).map_err(|e| {
        Fault(format!(
            "the configuration file {} cannot be read: {e}.",
            path.display()
        ))
    })?;
    toml::from_str(&text).map_err(|e| {
        Fault(format!(
            "the configuration file {} is not valid: {e}",
            path.display()
        ))
    })
}

impl Home {
    fn resolve(place: Place, file: &mut File) -> Self {
        Self {
            data: place
                .data
                .or(file.data.take())
                .unwrap_or_else(|| PathBuf::from("data")),
            database: place.database.or(file.database.take()),
            search_database: file.search_database.take(),
            installation_key: place.installation_key.or(file.installation_key.take()),
            vault_key: place.vault_key.or(file.vault_key.take()),
            customer_secret_life: file.customer_secret_minutes.map_or(SECRET_LIFE, |minutes| {
                SignedDuration::from_mins(minutes.into())
            }),
        }
    }

    /// The home that an administration command names.
    ///
    /// # Errors
    /// If the configuration file cannot be used.
    pub fn of(place: Place) -> Result<Self, Fault> {
        let mut file = read(place.config.as_deref())?;
        Ok(Self::resolve(place, &mut file))
    }
}

impl Config {
    /// The configuration of `serve`.
    ///
    /// # Errors
    /// If the configuration file or the public URL cannot be used.
    pub fn of_serve(flags: ServeFlags) -> Result<Self, Fault> {
        let mut file = read(flags.place.config.as_deref())?;
        let public_url = web_url("public URL", flags.public_url.or(file.public_url.take()))?;
        let otlp_endpoint = flags.otlp_endpoint.or(file.otlp_endpoint.take());
        let otlp_endpoint = web_url("collector's URL", otlp_endpoint)?;
        let mut home = Home::resolve(flags.place, &mut file);
        home.search_database = flags.search_database.or(home.search_database);
        if let Some(minutes) = flags.customer_secret_minutes {
            home.customer_secret_life = SignedDuration::from_mins(minutes.into());
        }
        let requests = at_least_one(
            "max-requests",
            flags.max_requests.or(file.max_requests),
            max_requests(),
        )?;
        if home.customer_secret_life <= SignedDuration::ZERO {
            return Err(Fault(
                "--customer-secret-minutes must be at least 1.".to_owned(),
            ));
        }
        if home.search_database.is_some() && home.database.is_none() {
            return Err(Fault(
                "--search-database needs --database: it names a replica of it.".to_owned(),
            ));
        }
        Ok(Self {
            home,
            listen: flags
                .listen
                .or(file.listen)
                .unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            public_url,
            hosts: Hosts {
                cdn: host(flags.cdn_host.or(file.cdn_host))?,
                sdk: host(flags.sdk_host.or(file.sdk_host))?,
            },
            wallets: flags
                .wallets
                .or(WalletFlags {
                    apple_pay_merchant_id: file.apple_pay_merchant_id,
                    apple_pay_key: file.apple_pay_key,
                    apple_pay_identity: file.apple_pay_identity,
                    apple_pay_domain_file: file.apple_pay_domain_file,
                    google_pay_merchant_id: file.google_pay_merchant_id,
                    google_pay_gateway: file.google_pay_gateway,
                    google_pay_key: file.google_pay_key,
                    google_pay_roots: file.google_pay_roots,
                })
                .try_into()?,
            log_format: flags
                .log_format
                .or(file.log_format)
                .unwrap_or(LogFormat::Text),
            sandbox: !flags.no_sandbox.or(file.no_sandbox).unwrap_or(false),
            demo_pos: flags.demo_pos.or(file.demo_pos),
            smtp_url: flags.smtp_url.or(file.smtp_url),
            mail_from: flags
                .mail_from
                .or(file.mail_from)
                .unwrap_or_else(|| "receipts@localhost".to_owned()),
            terms: terms(flags.terms_file.or(file.terms_file).as_deref())?,
            otlp_endpoint,
            metrics: Metrics::read(flags.metrics_listen.or(file.metrics_listen)),
            public_webhooks_only: flags.webhooks.or(file.webhooks)
                == Some(WebhookReach::PublicOnly),
            payer_address_header: header(flags.payer_address_header.or(file.payer_address_header))?,
            sandbox_payer_limits: flags
                .sandbox_payer_limits
                .or(file.sandbox_payer_limits)
                .unwrap_or(false),
            captcha: flags.captcha.or(file.captcha).unwrap_or_default(),
            request_log: RequestLogOptions {
                is_on: flags.request_log.or(file.request_log) != Some(Switch::Off),
                entries: flags
                    .request_log_entries
                    .or(file.request_log_entries)
                    .unwrap_or(REQUEST_LOG_ENTRIES)
                    .max(1),
                production_bodies: flags
                    .request_log_production_bodies
                    .or(file.request_log_production_bodies)
                    .unwrap_or(false),
            },
            drain_delay: Duration::from_secs(
                flags.drain_delay.or(file.drain_delay).unwrap_or(0).into(),
            ),
            room: Room {
                connections: at_least_one(
                    "max-connections",
                    flags.max_connections.or(file.max_connections),
                    MAX_CONNECTIONS,
                )?,
                bytes: flags.max_waiting_bytes.unwrap_or(MAX_WAITING_BYTES),
            },
            pace: Pace {
                grace: flags
                    .peer_grace
                    .map_or(Pace::default().grace, Duration::from_millis),
                ..Pace::default()
            },
            limits: Limits {
                requests,
                calls: at_least_one(
                    "max-acquirer-calls",
                    flags.max_acquirer_calls.or(file.max_acquirer_calls),
                    // One account alone has half of them: as many as requests.
                    requests.saturating_mul(2),
                )?,
                per_key: NonZeroU32::new(
                    flags
                        .rate_per_key
                        .or(file.rate_per_key)
                        .unwrap_or(RATE_PER_KEY),
                ),
            },
        })
    }
}
