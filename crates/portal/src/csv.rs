//! Comma-separated values (RFC 4180) that spreadsheets open as text.

use std::future::ready;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use tatami_engine::Failure;

/// A streamed file: its size is unbounded, the memory for it bounded. Each part is some
/// lines and the position of the next part. If a part fails, the transfer is aborted, so
/// that an incomplete file is not taken for a complete one.
pub(crate) fn file<R, F>(
    name: &str,
    columns: &[&str],
    first: R,
    part: impl Fn(R) -> F + Send + 'static,
) -> Response
where
    R: Send + 'static,
    F: Future<Output = Result<(String, Option<R>), Failure>> + Send + 'static,
{
    let mut head = String::new();
    line(columns.iter().copied(), &mut head);
    let parts = stream::try_unfold(Some(first), move |rest| {
        let next = rest.map(&part);
        async move {
            match next {
                Some(next) => next.await.map(Some),
                None => Ok(None),
            }
        }
    });
    let lines = stream::once(ready(Ok(head))).chain(parts);
    let named = format!("attachment; filename=\"{name}\"");
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, &named),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

/// Adds a line of cells.
pub(crate) fn line<'c>(cells: impl IntoIterator<Item = &'c str>, to: &mut String) {
    for (n, text) in cells.into_iter().enumerate() {
        if n > 0 {
            to.push(',');
        }
        cell(text, to);
    }
    to.push_str("\r\n");
}

/// Adds a cell. A spreadsheet would evaluate a cell that begins like a formula: an
/// apostrophe before it makes it a text.
fn cell(text: &str, to: &mut String) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let is_quoted = is_formula || text.contains([',', '"', '\r', '\n', '\t', ';']);
    if !is_quoted {
        to.push_str(text);
        return;
    }
    to.push('"');
    if is_formula {
        to.push('\'');
    }
    to.push_str(&text.replace('"', "\"\""));
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_a_line() {
        for (text, written) in [
            ("Table 4", "Table 4"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("+44", "\"'+44\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
        ] {
            let mut to = String::new();
            line([text], &mut to);
            assert_eq!(to, format!("{written}\r\n"));
        }
        let mut to = String::new();
        line(["a", "b"], &mut to);
        assert_eq!(to, "a,b\r\n");
    }
}
