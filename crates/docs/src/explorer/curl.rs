//! A request in the words of curl.

use serde_json::Value;

use super::operation::{Operation, Parameter};
use crate::site::Filling;

/// The request with all that is required.
pub(crate) fn sample(
    operation: &Operation,
    tree: &Value,
    filling: &Filling,
    version: Option<&str>,
) -> String {
    let base = tree["servers"][0]["url"].as_str().unwrap_or(&filling.base);
    let mut url = format!("{}{}", base.trim_end_matches('/'), operation.path);
    for parameter in of(operation, "path") {
        let braces = format!("{{{}}}", parameter.name);
        url = url.replace(&braces, &placeholder(&parameter.name));
    }
    let query = of(operation, "query").map(|it| format!("{}={}", it.name, value(it, None)));
    let query: Vec<String> = query.collect();
    if !query.is_empty() {
        url = format!("{url}?{}", query.join("&"));
    }
    let is_get =
        operation.method == "GET" || (operation.method == "POST" && !operation.body.is_empty());
    let method = match is_get {
        true => String::new(),
        false => format!(" -X {}", operation.method),
    };
    let mut lines = vec![format!("curl{method} {}", quoted_if_needed(&url))];
    if tree["components"]["securitySchemes"]["basic"].is_object() {
        lines.push("-u 'USER:PASSWORD'".to_owned());
    } else if !operation.is_public {
        lines.push(format!("-H 'Authorization: Basic {}'", filling.key));
    }
    for header in of(operation, "header") {
        lines.push(format!("-H '{}: {}'", header.name, value(header, version)));
    }
    if !operation.body.is_empty() {
        lines.push(format!(
            "--json '{}'",
            operation.body.replace('\'', r"'\''")
        ));
    }
    lines.join(" \\\n  ")
}

fn of<'o>(operation: &'o Operation, place: &'o str) -> impl Iterator<Item = &'o Parameter> {
    let all = operation.parameters.iter();
    all.filter(move |it| it.required && it.place == place)
}

fn value(parameter: &Parameter, version: Option<&str>) -> String {
    match (parameter.name.as_str(), version) {
        ("version", Some(date)) => date.to_owned(),
        _ if !parameter.example.is_empty() => parameter.example.clone(),
        (name, _) => placeholder(name),
    }
}

/// `PAYMENT_INTENT_ID` for `paymentIntentId`.
fn placeholder(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        match letter {
            '-' => text.push('_'),
            _ if letter.is_ascii_uppercase() && !text.is_empty() => {
                text.push('_');
                text.push(letter);
            }
            _ => text.push(letter.to_ascii_uppercase()),
        }
    }
    text
}

fn quoted_if_needed(url: &str) -> String {
    match url.contains(['&', '?']) {
        true => format!("'{url}'"),
        false => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_placeholders() {
        assert_eq!(placeholder("paymentIntentId"), "PAYMENT_INTENT_ID");
        assert_eq!(placeholder("software-house-id"), "SOFTWARE_HOUSE_ID");
        assert_eq!(placeholder("tid"), "TID");
    }
}
