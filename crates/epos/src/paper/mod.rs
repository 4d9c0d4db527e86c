//! The bill of an order as a printer puts it on paper: lines, each with what is on it.
//! Pure: of a bill alone.

mod line;
mod order;
mod qr;
mod svg;
#[cfg(test)]
mod tests;

pub use line::{PaperAlign, PaperCode, PaperColumns, PaperImage, PaperLine, PaperSize, PaperText};
pub use qr::qr_svg;

use serde::{Deserialize, Serialize};

use crate::contract::{Bill, Line};

/// How many lines a paper has at most.
pub const MAX_LINES: usize = 600;

/// How many bytes of pictures and codes a paper has at most.
const MAX_PICTURE_BYTES: usize = 2 * svg::MAX_SVG_BYTES;

/// A printed bill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// What is on it, from top to bottom.
    pub lines: Vec<PaperLine>,
}

impl Paper {
    /// The bill on paper. Logos go to the top and tax numbers to the bottom, wherever
    /// they are in the bill.
    pub fn of(bill: &Bill) -> Self {
        let mut press = Press::default();
        let all = || bill.header.iter().chain(&bill.footer);
        let is_logo = |line: &&Line| matches!(line, Line::Logo(_));
        let is_tax = |line: &&Line| matches!(line, Line::TaxNumber { .. });
        let in_place = |line: &&Line| !is_logo(line) && !is_tax(line);
        all().filter(is_logo).for_each(|line| press.print(line));
        bill.header
            .iter()
            .filter(in_place)
            .for_each(|line| press.print(line));
        press.lines.extend(order::lines(&bill.order));
        bill.footer
            .iter()
            .filter(in_place)
            .for_each(|line| press.print(line));
        all().filter(is_tax).for_each(|line| press.print(line));
        press.lines.truncate(MAX_LINES);
        Self { lines: press.lines }
    }
}

/// What is printed so far.
struct Press {
    lines: Vec<PaperLine>,
    /// How many bytes of pictures and codes may follow.
    room: usize,
}

impl Default for Press {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            room: MAX_PICTURE_BYTES,
        }
    }
}

impl Press {
    fn print(&mut self, line: &Line) {
        let body = |text: &str| PaperLine::text(text, PaperSize::SizeBody, PaperAlign::AlignCenter);
        match line {
            Line::Logo(svg) => self.picture(svg, PaperAlign::AlignCenter),
            Line::Image(svg, align) => self.picture(svg, (*align).into()),
            Line::MerchantName(name) => self.lines.push(
                PaperLine::text(name, PaperSize::SizeHeader2, PaperAlign::AlignCenter).bold(),
            ),
            Line::MerchantAddress(lines) => self.lines.extend(lines.iter().map(|line| body(line))),
            Line::MerchantEmailAddress(text) | Line::MerchantPhoneNumber(text) => {
                self.lines.push(body(text));
            }
            Line::Text {
                value,
                size,
                align,
                is_bold,
            } => {
                let text = PaperLine::text(value, (*size).into(), (*align).into());
                self.lines.push(if *is_bold { text.bold() } else { text });
            }
            Line::Url {
                url,
                description,
                shows_qr,
                shows_url,
            } => {
                self.lines.extend(description.as_deref().map(body));
                if *shows_qr {
                    self.code(url);
                }
                self.lines.extend(shows_url.then(|| body(url)));
            }
            Line::HorizontalLine { is_double: false } => {
                self.lines.push(PaperLine::SingleLineSeperator);
            }
            Line::HorizontalLine { is_double: true } => {
                self.lines.push(PaperLine::DoubleLineSeperator);
            }
            Line::TaxNumber { name, number } => {
                self.lines.push(body(format!("{name} {number}").trim()));
            }
        }
    }

    /// Prints a picture if it is one and there is room for it.
    fn picture(&mut self, source: &str, align: PaperAlign) {
        let svg = svg::sanitized(source).filter(|svg| self.takes(svg));
        let image = svg.map(|svg| PaperImage { svg, align });
        self.lines
            .extend(image.map(|image| PaperLine::Image { image }));
    }

    /// Prints a code if one can hold that and there is room for it.
    fn code(&mut self, value: &str) {
        let svg = qr_svg(value).filter(|svg| self.takes(svg));
        let value = value.to_owned();
        let code = svg.map(|svg| PaperCode { svg, value });
        self.lines
            .extend(code.map(|code| PaperLine::QrCode { code }));
    }

    /// Takes room for a picture, if there is enough.
    fn takes(&mut self, svg: &str) -> bool {
        let left = self.room.checked_sub(svg.len());
        self.room = left.unwrap_or(self.room);
        left.is_some()
    }
}
