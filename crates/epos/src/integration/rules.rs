//! What may be registered.

use std::collections::BTreeSet;

use http::Method;
use tatami_core::card::could_hold_number;
use tatami_core::problem::Violation;
use tatami_core::webhook_url::{Reach, check_registration};
use url::Url;

use crate::capability::{Capability, VERSION};
use crate::request::placeholders;

/// The longest user name and the longest password, in bytes.
const MAX_CREDENTIAL_BYTES: usize = 512;
/// The longest id of a software house, in bytes.
const MAX_HOUSE_BYTES: usize = 128;

/// A capability that a caller wants to register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The names of capabilities, each once, and every rule that they break.
pub fn check_capabilities(wanted: &[Wanted]) -> (Vec<String>, Vec<Violation>) {
    let (mut names, mut broken) = (Vec::new(), Vec::new());
    for (i, wanted) in wanted.iter().enumerate() {
        if Capability::from_name(&wanted.name).is_none() {
            let (name, valid) = (quoted(&wanted.name), Capability::names());
            broken.push(Violation::new(
                format!("Capabilities[{i}].Name"),
                format!("{name} is not the name of a capability. Valid names: {valid}."),
            ));
        } else if !names.contains(&wanted.name) {
            names.push(wanted.name.clone());
        }
        if wanted.version != VERSION {
            let version = quoted(&wanted.version);
            broken.push(Violation::new(
                format!("Capabilities[{i}].Version"),
                format!("{version} is not a version. Valid versions: {VERSION}."),
            ));
        }
    }
    (names, broken)
}

/// A value as a message repeats it: its beginning, unless it may hold a card number.
fn quoted(text: &str) -> String {
    match could_hold_number(text) {
        true => "This".to_owned(),
        false => format!("'{}'", text.chars().take(64).collect::<String>()),
    }
}

/// Checks where capabilities are called.
///
/// # Errors
/// With the rule that the URL breaks.
pub fn check_url(url: &str, names: &[String], reach: Reach) -> Result<(), String> {
    check_registration(url, reach)?;
    let Ok(parsed) = Url::parse(url) else {
        return Err("The Url must be an absolute URL.".to_owned());
    };
    if parsed.fragment().is_some() {
        return Err("The Url must not contain a fragment.".to_owned());
    }
    match url.contains(['{', '}']) {
        true => check_template(url, &parsed, names),
        false if parsed.query().is_some() => {
            Err("The Url must not contain a query, for paths are added to it.".to_owned())
        }
        false => Ok(()),
    }
}

/// A template is the URL of one operation, or of some that differ by their method: it
/// has exactly the ids of each.
fn check_template(url: &str, parsed: &Url, names: &[String]) -> Result<(), String> {
    let authority = parsed.host_str().unwrap_or_default();
    let found = placeholders(url);
    let is_even = found
        .iter()
        .all(|name| !name.is_empty() && !name.contains('{'))
        && url.matches('{').count() == found.len()
        && url.matches('}').count() == found.len();
    if !is_even || authority.contains(['{', '%']) {
        return Err("The Url must have names of ids in braces, such as {orderId}.".to_owned());
    }
    let found: BTreeSet<_> = found.iter().map(|n| n.to_ascii_lowercase()).collect();
    let mut methods: Vec<Method> = Vec::new();
    for capability in names.iter().filter_map(|name| Capability::from_name(name)) {
        let Some((method, path)) = capability.rest() else {
            continue;
        };
        let wanted = placeholders(path);
        let wanted: BTreeSet<_> = wanted.iter().map(|n| n.to_ascii_lowercase()).collect();
        if wanted != found {
            let name = capability.name();
            return Err(format!(
                "The Url has other ids than {name}, whose path is {path}. Register a URL without braces for several capabilities."
            ));
        }
        if methods.contains(&method) {
            return Err(
                "The Url is a template, which fits one capability for each method. Register a URL without braces for several capabilities."
                    .to_owned(),
            );
        }
        methods.push(method);
    }
    Ok(())
}

/// Checks what a POS knows the platform by.
pub fn check_credentials(username: &str, password: &str) -> Vec<Violation> {
    let mut broken = Vec::new();
    let mut check = |field: &str, name: &str, value: &str, taken: &[char]| {
        let rule = if value.len() > MAX_CREDENTIAL_BYTES {
            format!("The {name} must not be longer than {MAX_CREDENTIAL_BYTES} bytes.")
        } else if value.contains(|c: char| c.is_control() || taken.contains(&c)) {
            format!("The {name} must not contain a colon or control characters.")
        } else {
            return;
        };
        broken.push(Violation::new(field, rule));
    };
    check("Auth.Basic.Username", "Username", username, &[':']);
    check("Auth.Basic.Password", "Password", password, &[]);
    broken
}

/// Checks the id of a software house.
///
/// # Errors
/// With the rule that it breaks.
pub fn check_house(house: &str) -> Result<(), Violation> {
    let is_shown = |b: u8| b == b' ' || b.is_ascii_graphic();
    let rule = if house.is_empty() {
        "A software house ID header is required.".to_owned()
    } else if house.len() > MAX_HOUSE_BYTES || !house.bytes().all(is_shown) {
        format!("The software-house-id must be at most {MAX_HOUSE_BYTES} visible characters.")
    } else {
        return Ok(());
    };
    Err(Violation::new("SoftwareHouseId", rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str, version: &str) -> Wanted {
        Wanted {
            name: name.to_owned(),
            version: version.to_owned(),
        }
    }

    fn url(url: &str, names: &[&str], reach: Reach) -> Result<(), String> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        check_url(url, &names, reach)
    }

    #[test]
    fn unknown_names_and_versions_are_rules_with_the_valid_ones() {
        let (names, broken) = check_capabilities(&[
            wanted("SearchOrders", "v1"),
            wanted("SearchOrders", "v1"),
            wanted("GetOrderBill", "v1"),
            wanted("GetOrder", "v1"),
            wanted("ListAreas", "1.0.0"),
        ]);
        assert_eq!(names, ["SearchOrders", "GetOrderBill", "ListAreas"]);
        let rules: Vec<_> = broken.iter().map(|b| (b.field.as_str(), &b.rule)).collect();
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0].0, "Capabilities[3].Name");
        assert!(rules[0].1.contains("'GetOrder'") && rules[0].1.contains("GetOrderById"));
        assert_eq!(rules[1].0, "Capabilities[4].Version");
        assert!(rules[1].1.contains("'1.0.0'") && rules[1].1.ends_with("v1."));
    }

    #[test]
    fn private_addresses_are_refused_in_production() {
        for local in [
            "http://127.0.0.1:9000",
            "https://10.0.0.1/pos",
            "https://till.local",
        ] {
            assert!(url(local, &[], Reach::Public).is_err(), "{local}");
            assert!(url(local, &[], Reach::Everywhere).is_ok(), "{local}");
        }
        assert!(url("http://pos.example", &[], Reach::Everywhere).is_err());
        assert!(url("https://pos.example", &[], Reach::Public).is_ok());
    }

    #[test]
    fn a_template_has_the_ids_of_each_capability() {
        let check = |at: &str, names: &[&str]| url(at, names, Reach::Public);
        let order = "https://pos.example/some/v1/orders/{orderID}";
        assert!(check(order, &["GetOrderById"]).is_ok());
        assert!(check(order, &["GetOrderById", "CancelOrderById"]).is_ok());
        assert!(check(order, &["GetOrderById", "GetOrderBillById"]).is_err());
        assert!(check(order, &["SearchOrders"]).is_err());
        assert!(check(order, &["DeleteOrderLock"]).is_err());
        let lock = "https://pos.example/{orderId}/{lockId}";
        assert!(check(lock, &["DeleteOrderLock", "ExtendOrderLock"]).is_ok());
        for broken in ["/{orderId", "/orderId}", "/{}", "/{{orderId}}"] {
            let at = format!("https://pos.example{broken}");
            assert!(check(&at, &["GetOrderById"]).is_err(), "{broken}");
        }
        assert!(check("https://{orderId}.example/", &["GetOrderById"]).is_err());
    }

    #[test]
    fn a_base_has_neither_a_query_nor_a_fragment() {
        for at in ["https://pos.example/?a=b", "https://pos.example/#a"] {
            assert!(url(at, &["ListAreas"], Reach::Public).is_err(), "{at}");
        }
    }

    #[test]
    fn credentials_can_be_put_into_a_header() {
        assert_eq!(check_credentials("dojo", "päss:word"), []);
        assert_eq!(check_credentials("", ""), []);
        let broken = check_credentials("a:b", "a\nb");
        assert_eq!(broken.len(), 2);
        assert_eq!(check_credentials(&"a".repeat(513), "b").len(), 1);
    }

    #[test]
    fn the_id_of_a_software_house_is_visible() {
        assert_eq!(check_house("my-place"), Ok(()));
        for house in ["", "a\tb", &"a".repeat(129)] {
            assert!(check_house(house).is_err());
        }
    }
}
