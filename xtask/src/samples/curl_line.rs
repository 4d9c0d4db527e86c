//! Published `curl` lines. The text is flat: a command is on one line, its
//! continuations left as lone backslashes.

use crate::server::KEY;

/// Where the samples send their requests. The second has a path of its own.
const HOSTS: [&str; 2] = [
    "https://api.dojo.tech",
    "https://staging-api.dojo.dev/integration-test",
];

/// The resources that are done.
const DONE: [&str; 7] = [
    "customers",
    "payment-intents",
    "setup-intents",
    "tap",
    "terminal-sessions",
    "terminals",
    "webhooks",
];

/// A `curl` command of an operation that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurlLine {
    words: Vec<String>,
    url: usize,
}

/// The commands in a page.
pub fn find(page: &str) -> Vec<CurlLine> {
    page.lines()
        .filter_map(|line| Some(&line[line.find("curl -")?..]))
        .filter_map(|command| read(&words(command)))
        .collect()
}

/// The words of a command, as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            // Once a backslash before the end of a line, which goes.
            (None, '\\') => {}
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn read(words: &[String]) -> Option<CurlLine> {
    let url = words.iter().position(|word| after_host(word).is_some())?;
    let line = CurlLine {
        words: words.to_vec(),
        url,
    };
    let resource = line.path().split(['/', '?']).nth(1)?;
    // One lacks all that follows its URL.
    let whole = words.iter().any(|word| word == "--header");
    (whole && DONE.contains(&resource)).then_some(line)
}

fn after_host(word: &str) -> Option<&str> {
    HOSTS.iter().find_map(|host| word.strip_prefix(host))
}

/// Whether a header of authorization has a key in it.
fn has_key(header: &str) -> bool {
    header
        .split_once("Basic sk_sandbox_")
        .is_some_and(|(_, key)| !key.starts_with("your"))
}

impl CurlLine {
    fn after(&self, option: &str) -> Option<&str> {
        let at = self.words.iter().position(|word| word == option)?;
        self.words.get(at + 1).map(String::as_str)
    }

    /// `POST`, …
    pub fn method(&self) -> &str {
        self.after("--request").unwrap_or("GET")
    }

    /// The path, ids left out as they are.
    pub fn path(&self) -> &str {
        after_host(&self.words[self.url]).unwrap_or_default()
    }

    /// The body; empty if there is none.
    pub fn data(&self) -> &str {
        let data = ["--data", "--data-raw"];
        let data = data.iter().find_map(|option| self.after(option));
        data.unwrap_or_default()
    }

    /// The arguments of curl that send it to another URL, with ids in its body
    /// replaced by others.
    pub fn arguments(&self, url: &str, ids: &[(String, String)]) -> Vec<String> {
        let mut arguments = self.words.clone();
        url.clone_into(&mut arguments[self.url]);
        for word in &mut arguments {
            let (name, _) = word.split_once(": ").unwrap_or_default();
            // Some samples leave the key out.
            if name.eq_ignore_ascii_case("authorization") && !has_key(word) {
                *word = format!("{name}: Basic {KEY}");
            }
            for (published, here) in ids {
                *word = word.replace(published, here);
            }
        }
        arguments.retain(|word| word != "curl" && word != "-v");
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_command_is_read_as_its_author_meant() {
        let page = r#"# Don't. curl -v --request POST \ --url 'https://api.dojo.tech/payment-intents//refunds' \ --header 'authorization: Basic ' \ --data '{ "a": "b c" }'
curl -v --request GET \ --url https://api.dojo.tech/payment-intents/\ --header 'Version: 2024-02-05'
curl --url https://api.dojo.tech/epos/events --header 'Version: 2024-02-05'
curl --url https://api.dojo.tech/terminals
curl --url https://staging-api.dojo.dev/integration-test/tap/secret --header 'Authorization: Basic sk_sandbox_theirs'"#;
        let [refund, get, tap] = find(page).try_into().expect("three that are done");
        assert_eq!(
            (refund.method(), refund.path()),
            ("POST", "/payment-intents//refunds")
        );
        assert_eq!(refund.data(), r#"{ "a": "b c" }"#);
        assert_eq!(tap.path(), "/tap/secret");
        let arguments = tap.arguments("http://h/x", &[]);
        assert!(arguments.contains(&"Authorization: Basic sk_sandbox_theirs".to_owned()));
        let ids = [("b c".to_owned(), "d".to_owned())];
        let arguments = refund.arguments("http://h/x", &ids);
        assert!(arguments.contains(&r#"{ "a": "d" }"#.to_owned()));
        assert!(arguments.contains(&format!("authorization: Basic {KEY}")));
        assert!(arguments.contains(&"http://h/x".to_owned()));
        assert_eq!((get.method(), get.path()), ("GET", "/payment-intents/"));
    }
}
