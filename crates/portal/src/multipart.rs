//! Forms with files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Separates the headers of a part from its content.
const HEADERS_END: &[u8] = b"\r\n\r\n";

/// The boundary of a form with files, if a content type says that it is one.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let rest = content_type.strip_prefix("multipart/form-data;")?;
    let mut parameters = rest.split(';').map(str::trim);
    let boundary = parameters.find_map(|it| it.strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    (!boundary.is_empty()).then_some(boundary)
}

/// Reads a form. A file that was chosen is a `data:` URL; one that was not is empty.
pub(crate) fn read(boundary: &str, body: &[u8]) -> Vec<(String, String)> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut fields = Vec::new();
    let Some(start) = find(body, first.as_bytes()) else {
        return fields;
    };
    let mut rest = &body[start + first.len()..];
    while let Some(end) = find(rest, next.as_bytes()) {
        fields.extend(field(&rest[..end]));
        rest = &rest[end + next.len()..];
    }
    fields
}

/// A part of a form: its headers, an empty line, and its content.
fn field(part: &[u8]) -> Option<(String, String)> {
    let at = find(part, HEADERS_END)?;
    let (headers, content) = (&part[..at], &part[at + HEADERS_END.len()..]);
    let headers = String::from_utf8_lossy(headers);
    let name = parameter(&headers, "name")?.to_owned();
    let is_file = parameter(&headers, "filename").is_some();
    let value = match is_file && !content.is_empty() {
        true => {
            let kind = header(&headers, "content-type").unwrap_or("application/octet-stream");
            format!("data:{kind};base64,{}", STANDARD.encode(content))
        }
        false => String::from_utf8_lossy(content).into_owned(),
    };
    Some((name, value))
}

/// The value of a header.
fn header<'h>(headers: &'h str, name: &str) -> Option<&'h str> {
    headers.split("\r\n").find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The value of a parameter of the content disposition.
fn parameter<'h>(headers: &'h str, name: &str) -> Option<&'h str> {
    let disposition = header(headers, "content-disposition")?;
    disposition.split(';').find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        (key == name).then(|| value.trim_matches('"'))
    })
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_files_are_read() {
        let body = b"--X\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n\
            --X\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\n\
            Content-Type: image/png\r\n\r\n\x89PNG\r\n\r\n\x00\r\n\
            --X\r\ncontent-disposition: form-data; name=\"icon\"; filename=\"\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n\r\n--X--\r\n";
        let fields = read("X", body);
        let picture = format!(
            "data:image/png;base64,{}",
            STANDARD.encode(b"\x89PNG\r\n\r\n\x00")
        );
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            fields,
            [
                pair("csrf", "abc"),
                pair("logo", &picture),
                pair("icon", "")
            ]
        );
    }

    #[test]
    fn what_is_no_such_form_has_no_fields() {
        for body in [
            &b""[..],
            b"--X",
            b"--X--",
            b"--X\r\nnothing\r\n--X--",
            b"a=b",
        ] {
            assert_eq!(read("X", body), Vec::new());
        }
        assert_eq!(
            boundary("multipart/form-data; boundary=\"a b\""),
            Some("a b")
        );
        assert_eq!(
            boundary("multipart/form-data; charset=utf-8; boundary=ab"),
            Some("ab")
        );
        for other in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "text/plain",
        ] {
            assert_eq!(boundary(other), None, "{other}");
        }
    }
}
