//! Marks on a page: where a row of a checklist says what it is seen by.

use tatami_core::time::Timestamp;

use crate::markdown::escaped;
use crate::seen::Seen;
use crate::seen::rules::CAPABILITY;

const START: &str = "<!--seen ";
const END: &str = "-->";

/// The placeholder in a rendered page for the mark of that name.
pub(crate) fn placeholder(name: &str) -> String {
    format!("{START}{}{END}", escaped(name))
}

/// The page with its marks, or without any for a reader who is not signed in; and how many
/// of how many were seen.
pub(crate) fn with_marks(html: &str, seen: Option<&Seen>) -> (String, usize, usize) {
    let mut pieces = html.split(START);
    let mut page = pieces.next().unwrap_or_default().to_owned();
    let (mut done, mut all) = (0, 0);
    for piece in pieces {
        let (name, rest) = piece.split_once(END).unwrap_or(("", piece));
        all += 1;
        if let Some(seen) = seen {
            let at = seen.when(name);
            done += usize::from(at.is_some());
            page.push_str(&mark(name, at));
        }
        page.push_str(rest);
    }
    (page, done, all)
}

fn mark(name: &str, at: Option<Timestamp>) -> String {
    let (did, not) = match name.starts_with(CAPABILITY) {
        true => ("Registered", "Not registered"),
        false => ("Seen", "Not seen yet"),
    };
    match at {
        Some(at) => format!(
            "<span class=\"mark is-seen\" data-seen=\"{name}\">{did} {}</span>",
            at.strftime("%-d %b %Y")
        ),
        None => format!("<span class=\"mark\" data-seen=\"{name}\">{not}</span>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::traffic::Traffic;

    #[test]
    fn marks_are_put_where_they_belong_and_nowhere_without_a_reader() {
        let page = format!(
            "<p>a {} b {}</p>",
            placeholder("webhook"),
            placeholder("paid")
        );
        assert_eq!(with_marks(&page, None), ("<p>a  b </p>".to_owned(), 0, 2));
        let traffic = Traffic {
            subscribed: "2026-03-01T12:00:00Z".parse().ok(),
            ..Traffic::default()
        };
        let (html, done, all) = with_marks(&page, Some(&traffic.seen()));
        assert_eq!((done, all), (1, 2));
        assert!(
            html.contains("data-seen=\"webhook\">Seen 1 Mar 2026</span>"),
            "{html}"
        );
        assert!(
            html.contains("data-seen=\"paid\">Not seen yet</span>"),
            "{html}"
        );
    }
}
