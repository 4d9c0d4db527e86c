//! The configuration: command line over environment over file over defaults.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use crate::Fault;
use crate::cli::{LogFormat, Place, ServeFlags};

/// The configuration file: every option of `serve`, none required.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    database: Option<String>,
    installation_key: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    log_format: Option<LogFormat>,
    no_sandbox: Option<bool>,
    smtp_url: Option<String>,
    mail_from: Option<String>,
}

/// Where an installation keeps its data, resolved.
pub struct Home {
    /// The folder.
    pub data: PathBuf,
    /// A PostgreSQL database, if storage is not in the folder.
    pub database: Option<String>,
    /// The installation's key, if it is not in the folder.
    pub installation_key: Option<String>,
}

/// What `serve` does, resolved.
pub struct Config {
    /// Where the data is.
    pub home: Home,
    /// The address to serve on.
    pub listen: String,
    /// The URL the program is reached by, if it is not that address.
    pub public_url: Option<Url>,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Whether there are sandboxes.
    pub sandbox: bool,
    /// The mail server.
    pub smtp_url: Option<String>,
    /// The address that mail comes from.
    pub mail_from: String,
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
            "the configuration file {} is not right: {e}",
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
            installation_key: place.installation_key.or(file.installation_key.take()),
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
        let public_url = match flags.public_url.or(file.public_url.take()) {
            Some(text) => Some(
                Url::parse(&text)
                    .ok()
                    .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                    .ok_or_else(|| {
                        Fault(format!(
                            "the public URL '{text}' is not an http or https URL."
                        ))
                    })?,
            ),
            None => None,
        };
        Ok(Self {
            home: Home::resolve(flags.place, &mut file),
            listen: flags
                .listen
                .or(file.listen)
                .unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            public_url,
            log_format: flags
                .log_format
                .or(file.log_format)
                .unwrap_or(LogFormat::Text),
            sandbox: !flags.no_sandbox.or(file.no_sandbox).unwrap_or(false),
            smtp_url: flags.smtp_url.or(file.smtp_url),
            mail_from: flags
                .mail_from
                .or(file.mail_from)
                .unwrap_or_else(|| "receipts@localhost".to_owned()),
        })
    }
}
