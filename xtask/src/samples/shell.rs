//! Published shell scripts that go all the way through a payment. The text is
//! flat: the lines of a script have run into one.

use crate::server::KEY;

/// What such a script begins with.
const START: &str = "API_KEY=\"sk_sandbox_your_key\" BASE_URL=\"https://api.dojo.tech\"";
/// The words that lines of the scripts begin with.
const WORDS: [&str; 6] = ["while", "case", "esac", "done", "sleep", "curl"];

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script(String);

/// The scripts in a page.
pub fn find(page: &str) -> Vec<Script> {
    page.lines()
        .filter_map(|line| Some(&line[line.find(START)?..]))
        .map(|flat| Script(lines(flat)))
        .collect()
}

/// One command a line again.
fn lines(flat: &str) -> String {
    let mut text = String::with_capacity(flat.len());
    let mut quote = None;
    for (at, c) in flat.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            _ => {}
        }
        let escaped = flat[..at].ends_with('\\');
        let rest = &flat[at + c.len_utf8()..];
        match c {
            // What was a backslash before the end of a line.
            ' ' if escaped && quote.is_none() => text.push('\n'),
            ' ' if quote.is_none() && begins(rest) => text.push('\n'),
            c => text.push(c),
        }
    }
    text
}

/// Whether a line of a script began here: with an assignment, or a word.
fn begins(rest: &str) -> bool {
    let name = rest
        .bytes()
        .take_while(|b| b.is_ascii_uppercase() || *b == b'_');
    let name = name.count();
    let assigns = name > 0 && rest[name..].starts_with('=');
    let word = rest.split([' ', ';']).next().unwrap_or_default();
    assigns || WORDS.contains(&word)
}

impl Script {
    /// What it does, for the report.
    pub fn what(&self) -> &'static str {
        match self.0.contains("/terminal-sessions") {
            true => "a payment on a card machine",
            false => "a payment",
        }
    }

    /// Whether what it needs is there already.
    pub fn is_done(&self) -> bool {
        self.0.contains("/terminal-sessions")
    }

    /// The script with another address and key, which fails if the payment was
    /// not taken in the end.
    pub fn code(&self, base: &str) -> String {
        let script = self
            .0
            .replace("sk_sandbox_your_key", KEY)
            .replace("https://api.dojo.tech", base);
        format!(
            "set -eu -o pipefail\npay() {{\n{script}\n}}\npay | tee /dev/stderr | grep '\"status\": \"Captured\"' >/dev/null\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_script_becomes_lines() {
        let page = r#"API_KEY="sk_sandbox_your_key" BASE_URL="https://api.dojo.tech" H=(-H "A: $API_KEY") ID=$( curl -sS "$BASE_URL/terminal-sessions" "${H[@]}" \ -d '{"a":"curl b"}' \ | jq -r '.id' ) while :; do S=$(curl -sS "$BASE_URL/$ID") case "$S" in A|B) sleep 1 ;; *) echo "while it lasts" >&2; break ;; esac done curl -sS "$BASE_URL" | jq"#;
        let [script] = find(page).try_into().expect("one script");
        assert!(script.is_done());
        let lines: Vec<&str> = script.0.lines().collect();
        assert_eq!(
            lines,
            [
                r#"API_KEY="sk_sandbox_your_key""#,
                r#"BASE_URL="https://api.dojo.tech""#,
                r#"H=(-H "A: $API_KEY")"#,
                "ID=$(",
                r#"curl -sS "$BASE_URL/terminal-sessions" "${H[@]}" \"#,
                r#"-d '{"a":"curl b"}' \"#,
                "| jq -r '.id' )",
                "while :; do",
                r#"S=$(curl -sS "$BASE_URL/$ID")"#,
                r#"case "$S" in A|B)"#,
                r#"sleep 1 ;; *) echo "while it lasts" >&2; break ;;"#,
                "esac",
                "done",
                r#"curl -sS "$BASE_URL" | jq"#,
            ]
        );
        assert!(!script.code("http://h").contains("api.dojo.tech"));
    }
}
