//! QR codes.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// The longest text that is made a code, in bytes. A code of more has dots that are too
/// small for a phone.
const MAX_BYTES: usize = 1000;
/// What has to be left free around a code.
const MARGIN: usize = 4;

/// A QR code as SVG; none if the text is empty or too long.
pub fn qr_svg(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, dots) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in dots.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                // A text takes whatever is written to it.
                let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + MARGIN, y + MARGIN);
            }
            x += length;
        }
    }
    let size = width + 2 * MARGIN;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\">\
         <rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"></rect>\
         <path d=\"{path}\" fill=\"#000\"></path></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dot_is_drawn_once() {
        let text = "https://a.example/";
        let svg = qr_svg(text).expect("a code");
        let code = QrCode::with_error_correction_level(text, EcLevel::M).expect("a code");
        let dark = code
            .to_colors()
            .iter()
            .filter(|c| **c == Color::Dark)
            .count();
        let (_, path) = svg.split_once("<path d=\"").expect("a path");
        let (path, _) = path.split_once('"').expect("an end");
        let runs = path.split('M').skip(1).map(|run| {
            let (_, run) = run.split_once('h').expect("a run");
            let (length, _) = run.split_once('v').expect("an end");
            length.parse::<usize>().expect("a length")
        });
        assert_eq!(runs.sum::<usize>(), dark);
        let size = code.width() + 8;
        assert!(
            svg.contains(&format!("viewBox=\"0 0 {size} {size}\"")),
            "{svg}"
        );
    }

    #[test]
    fn nothing_and_too_much_have_no_code() {
        assert_eq!(qr_svg(""), None);
        assert!(qr_svg(&"a".repeat(MAX_BYTES)).is_some());
        assert_eq!(qr_svg(&"a".repeat(MAX_BYTES + 1)), None);
    }
}
