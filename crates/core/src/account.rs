//! Accounts, keys and the scope that every query carries.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{AccountId, Environment, KeyId};
use crate::problem::{Refusal, Violation};
use crate::time::Timestamp;

/// One environment of one account: what a key opens. Every read and write of
/// an account's data takes one, so that data cannot cross.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The location account.
    pub account: AccountId,
    /// Its sandbox or its production.
    pub environment: Environment,
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.account, self.environment.word())
    }
}

/// Whose something is: an account's, or what stands above accounts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AnyScope {
    /// The installation's own.
    Installation,
    /// A company's, for all its accounts.
    Company(String),
    /// A user's, whatever accounts they have access to.
    User(String),
    /// One environment of one account.
    Account(Scope),
}

impl AnyScope {
    /// The account and environment, if it is of one.
    pub const fn account(&self) -> Option<&Scope> {
        match self {
            Self::Account(scope) => Some(scope),
            Self::Installation | Self::Company(_) | Self::User(_) => None,
        }
    }

    /// Reads the text that it is written as.
    pub fn parse(text: &str) -> Option<Self> {
        let Some((kind, rest)) = text.split_once('/') else {
            return (text == "installation").then_some(Self::Installation);
        };
        match kind {
            "company" => Some(Self::Company(rest.to_owned())),
            "user" => Some(Self::User(rest.to_owned())),
            account => Some(Self::Account(Scope {
                account: AccountId::parse(account).ok()?,
                environment: Environment::from_word(rest)?,
            })),
        }
    }
}

impl std::fmt::Display for AnyScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Installation => f.write_str("installation"),
            Self::Company(id) => write!(f, "company/{id}"),
            Self::User(id) => write!(f, "user/{id}"),
            Self::Account(scope) => scope.fmt(f),
        }
    }
}

/// One environment of an account as it is, anything else as a text.
impl Serialize for AnyScope {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Account(scope) => scope.serialize(to),
            above => to.collect_str(above),
        }
    }
}

impl<'de> Deserialize<'de> for AnyScope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Account(Scope),
            Above(String),
        }
        match Written::deserialize(from)? {
            Written::Account(scope) => Ok(Self::Account(scope)),
            Written::Above(text) => {
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a scope"))
            }
        }
    }
}

impl From<&Scope> for AnyScope {
    fn from(scope: &Scope) -> Self {
        Self::Account(scope.clone())
    }
}

impl From<Scope> for AnyScope {
    fn from(scope: Scope) -> Self {
        Self::Account(scope)
    }
}

/// What an account may do beyond taking payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Send card numbers that its own server captured.
    Tokenization,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Tokenization];

    /// The word for it on the command line and in storage.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tokenization => "tokenization",
        }
    }

    /// Reads [`Permission::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }
}

/// A location account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// The trading name payers see.
    pub name: String,
    /// IANA name of the time zone its calendar days follow.
    pub time_zone: String,
    /// What it may do beyond taking payments.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub permissions: BTreeSet<Permission>,
    /// How its acquirers know it, as far as it was agreed with them.
    #[serde(default)]
    pub merchant: MerchantTerms,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What the people of an account may change of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSettings {
    name: String,
    time_zone: String,
}

impl AccountSettings {
    /// Those settings, as they are written down.
    ///
    /// # Errors
    /// With every rule that they break.
    pub fn of(name: &str, time_zone: &str) -> Result<Self, Refusal> {
        match (checked_name(name), checked_time_zone(time_zone)) {
            (Ok(name), Ok(time_zone)) => Ok(Self { name, time_zone }),
            (name, time_zone) => {
                let broken = [name.err(), time_zone.err()];
                Err(Refusal::Invalid(broken.into_iter().flatten().collect()))
            }
        }
    }
}

/// The longest name of an account or a company, in characters.
const NAME_CHARS: usize = 100;

/// A name of an account or a company, without the spaces around it.
///
/// # Errors
/// If it is empty, too long, or not one line.
pub fn checked_name(name: &str) -> Result<String, Violation> {
    let name = name.trim();
    let length = name.chars().count();
    match (1..=NAME_CHARS).contains(&length) && !name.contains(char::is_control) {
        true => Ok(name.to_owned()),
        false => {
            let rule = format!("The name must have 1 to {NAME_CHARS} characters.");
            Err(Violation::new("Name", rule))
        }
    }
}

/// Names of zones that are others on each machine.
const OF_MACHINES: [&str; 2] = ["localtime", "posixrules"];

/// The name of a time zone, as IANA spells it.
fn checked_time_zone(name: &str) -> Result<String, Violation> {
    let zone = TimeZone::get(name.trim()).ok();
    let zone = zone.filter(|zone| !zone.is_unknown());
    let spelled = zone.and_then(|zone| zone.iana_name().map(str::to_owned));
    let spelled = spelled.filter(|name| !OF_MACHINES.contains(&name.as_str()));
    spelled.ok_or_else(|| {
        let rule = "The time zone must be one of the IANA database, such as Europe/London.";
        Violation::new("TimeZone", rule)
    })
}

/// What a merchant agreed with its acquirer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantTerms {
    /// The merchant id (card acceptor id).
    pub id: Option<String>,
    /// The merchant category code (ISO 18245).
    pub category: Option<String>,
    /// The two-letter code of the country that it trades in.
    pub country: Option<String>,
}

impl MerchantTerms {
    /// Whether a text can be a merchant id: up to 15 letters and digits.
    pub fn is_id(text: &str) -> bool {
        let is_short = (1..=15).contains(&text.len());
        is_short && text.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    /// Whether a text can be a category code: four digits.
    pub fn is_category(text: &str) -> bool {
        text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())
    }
}

impl Account {
    /// The zone of an account nobody set another for.
    pub const DEFAULT_TIME_ZONE: &str = "Europe/London";
    /// The category of merchants whose trade is not known: miscellaneous retail.
    const DEFAULT_CATEGORY: &str = "5999";
    /// The country of an account nobody set another for.
    pub const DEFAULT_COUNTRY: &str = "GB";

    /// What its people may change of it, as it is.
    pub fn settings(&self) -> AccountSettings {
        AccountSettings {
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
        }
    }

    /// The account with other settings.
    #[must_use]
    pub fn with(self, settings: &AccountSettings) -> Self {
        Self {
            name: settings.name.clone(),
            time_zone: settings.time_zone.clone(),
            ..self
        }
    }

    /// The merchant id; one that follows from the account's id if none was agreed.
    pub fn merchant_id(&self) -> String {
        let agreed = self.merchant.id.clone();
        agreed.unwrap_or_else(|| self.id.merchant_id())
    }

    /// The merchant category code.
    pub fn merchant_category(&self) -> &str {
        let agreed = self.merchant.category.as_deref();
        agreed.unwrap_or(Self::DEFAULT_CATEGORY)
    }

    /// The two-letter code of the country that it is in.
    pub fn country(&self) -> &str {
        let agreed = self.merchant.country.as_deref();
        agreed.unwrap_or(Self::DEFAULT_COUNTRY)
    }

    /// The market that published apps know its country by, if they do.
    pub fn market(&self) -> Option<&'static str> {
        match self.country() {
            "GB" => Some("UK"),
            "IE" => Some("IE"),
            "ES" => Some("ES"),
            "IT" => Some("IT"),
            _ => None,
        }
    }
}

impl AccountId {
    /// The number that the account has as a merchant: 15 digits, always the same.
    pub fn merchant_id(&self) -> String {
        const LEAST: u64 = 100_000_000_000_000;
        let fold = |number: u64, byte: u8| (number * 131 + u64::from(byte)) % (9 * LEAST);
        let number = self.as_str().bytes().fold(0, fold);
        (LEAST + number).to_string()
    }
}

/// What is kept of an API key: never the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The id it is listed and deleted by.
    pub id: KeyId,
    /// What it opens.
    pub scope: Scope,
    /// The key's last four characters, to tell keys apart in a list.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What is kept of a key for its owners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyNote {
    pub id: KeyId,
    pub scope: Scope,
    /// What they call it.
    pub name: String,
    pub created_at: Timestamp,
    /// When it was used last, to some minutes.
    pub last_used_at: Option<Timestamp>,
}

impl KeyNote {
    /// The first of a key.
    pub fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id.clone(),
            scope: key.scope.clone(),
            name: String::new(),
            created_at: key.created_at,
            last_used_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merchant_id_has_fifteen_digits_and_is_the_account_s_own() {
        let number = |id: &str| AccountId::parse(id).expect("an id").merchant_id();
        let (one, other) = (
            number("acc_RBMHTJ4fIkmSppDILZVCGw"),
            number("acc_RBMHTJ4fIkmSppDILZVCGx"),
        );
        assert_ne!(one, other);
        for id in [one, other] {
            assert!(
                id.len() == 15 && id.bytes().all(|b| b.is_ascii_digit()),
                "{id}"
            );
        }
    }

    #[test]
    fn settings_are_a_name_of_one_line_and_a_known_zone() {
        let set = AccountSettings::of(" Corner Shop ", "europe/paris").expect("settings");
        let spelled = (set.name.as_str(), set.time_zone.as_str());
        assert_eq!(spelled, ("Corner Shop", "Europe/Paris"));
        let long = "n".repeat(NAME_CHARS + 1);
        for (name, zone, fields) in [
            ("", "UTC", vec!["Name"]),
            (long.as_str(), "UTC", vec!["Name"]),
            ("two\nlines", "UTC", vec!["Name"]),
            ("Shop", "Europe/Nowhere", vec!["TimeZone"]),
            ("Shop", "../etc/passwd", vec!["TimeZone"]),
            ("Shop", "Etc/Unknown", vec!["TimeZone"]),
            ("Shop", "localtime", vec!["TimeZone"]),
            ("", "", vec!["Name", "TimeZone"]),
        ] {
            let Err(Refusal::Invalid(broken)) = AccountSettings::of(name, zone) else {
                panic!("{name:?} {zone:?} are taken");
            };
            let broken: Vec<_> = broken.iter().map(|it| it.field.as_str()).collect();
            assert_eq!(broken, fields, "{name:?} {zone:?}");
        }
    }

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        let account = AccountId::parse("acc_0123456789012345").expect("an id");
        for scope in [
            AnyScope::Installation,
            AnyScope::Company("c/1".to_owned()),
            AnyScope::User("u".to_owned()),
            AnyScope::Account(Scope {
                account,
                environment: Environment::Sandbox,
            }),
        ] {
            assert_eq!(AnyScope::parse(&scope.to_string()), Some(scope.clone()));
            let json = serde_json::to_string(&scope).expect("JSON");
            assert_eq!(
                serde_json::from_str::<AnyScope>(&json).expect("the same"),
                scope
            );
        }
        for odd in ["", "sandbox", "acc_0123456789012345/elsewhere"] {
            assert_eq!(AnyScope::parse(odd), None);
        }
    }
}
