//! Pages of listings as they are written: cut where they become too long to be held
//! for somebody who reads slowly.

use tatami_engine::ports::store::PAGE_BYTES;

use crate::cursor::cursor_at;

/// An entry of a listing, by the id that a cursor points at.
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Itself, as JSON.
    pub json: Vec<u8>,
}

/// What lies on the sides of a page.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// Whether the listing goes on before the first.
    pub before: bool,
    /// Whether the listing goes on after the last.
    pub after: bool,
    /// Whether the page was read backwards, from its last entry on.
    pub backwards: bool,
}

/// A page with its cursors. Of entries that are too long together, those are left out
/// that are furthest from where the page was read from; cursors lead to them. Cursors
/// are base64url: nothing to escape.
pub fn page(mut entries: Vec<Entry>, mut around: Around) -> Vec<u8> {
    if around.backwards {
        entries.reverse();
    }
    let fits = fitting(entries.iter().map(|entry| entry.json.len()));
    if fits < entries.len() {
        entries.truncate(fits);
        around.before |= around.backwards;
        around.after |= !around.backwards;
    }
    if around.backwards {
        entries.reverse();
    }
    let first = entries.first().filter(|_| around.before);
    let last = entries.last().filter(|_| around.after);
    let cursors = [("before", first), ("after", last)];
    let cursors = cursors.map(|(name, entry)| entry.map(|entry| (name, cursor_at(&entry.id))));
    let mut body = br#"{"data":"#.to_vec();
    write_list(&mut body, entries.iter().map(|entry| entry.json.as_slice()));
    for (name, cursor) in cursors.into_iter().flatten() {
        body.extend(format!(r#","{name}":"{cursor}""#).into_bytes());
    }
    body.push(b'}');
    body
}

/// A list without cursors, cut where it becomes too long.
pub fn list(entries: &[Vec<u8>]) -> Vec<u8> {
    let fits = fitting(entries.iter().map(Vec::len));
    let mut body = Vec::new();
    write_list(&mut body, entries.iter().take(fits).map(Vec::as_slice));
    body
}

/// How many of these lengths fit in a page; at least one.
fn fitting(lengths: impl Iterator<Item = usize>) -> usize {
    let mut bytes = 0;
    lengths
        .enumerate()
        .take_while(|(n, length)| {
            bytes += length + 1;
            *n == 0 || bytes <= PAGE_BYTES
        })
        .count()
}

fn write_list<'a>(body: &mut Vec<u8>, entries: impl Iterator<Item = &'a [u8]>) {
    body.push(b'[');
    for (n, entry) in entries.enumerate() {
        if n > 0 {
            body.push(b',');
        }
        body.extend_from_slice(entry);
    }
    body.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn entries(lengths: &[usize]) -> Vec<Entry> {
        let entry = |(n, length): (usize, &usize)| Entry {
            id: n.to_string(),
            json: format!("\"{}\"", "x".repeat(length - 2)).into_bytes(),
        };
        lengths.iter().enumerate().map(entry).collect()
    }

    fn around(before: bool, after: bool, backwards: bool) -> Around {
        Around {
            before,
            after,
            backwards,
        }
    }

    #[test]
    fn a_page_is_json_with_cursors_to_what_is_around_it() {
        for (before, after, expected) in [
            (false, false, r#"{"data":["x","xx"]}"#),
            (true, false, r#"{"data":["x","xx"],"before":"MA"}"#),
            (false, true, r#"{"data":["x","xx"],"after":"MQ"}"#),
        ] {
            let page = page(entries(&[3, 4]), around(before, after, false));
            assert_eq!(String::from_utf8(page).expect("text"), expected);
        }
        let empty = page(Vec::new(), around(true, true, false));
        assert_eq!(empty, br#"{"data":[]}"#);
        assert_eq!(list(&[b"1".to_vec(), b"2".to_vec()]), b"[1,2]");
    }

    #[test]
    fn a_page_is_cut_away_from_where_it_was_read() {
        let big = PAGE_BYTES / 3;
        for (backwards, kept, cursor) in [(false, [5, 6], "after"), (true, [7, 8], "before")] {
            let lengths = [big + 5, big + 6, big + 7, big + 8];
            let body = page(entries(&lengths), around(false, false, backwards));
            assert!(body.len() <= PAGE_BYTES + 100);
            let body: Value = serde_json::from_slice(&body).expect("JSON");
            let data = body["data"].as_array().expect("a list");
            let found = data
                .iter()
                .map(|v| v.as_str().map_or(0, str::len) + 2 - big);
            assert_eq!(found.collect::<Vec<_>>(), kept);
            assert!(body[cursor].is_string(), "{backwards}");
        }
    }

    #[test]
    fn one_entry_is_told_however_long_it_is() {
        let body = page(entries(&[PAGE_BYTES * 2, 5]), around(false, false, false));
        assert!(body.len() > PAGE_BYTES);
        assert!(body.ends_with(br#","after":"MA"}"#) || body.ends_with(br#""after":"MA"}"#));
    }
}
