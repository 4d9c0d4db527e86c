//! Lines of a printed bill. They have the form of the lines of a card machine's receipt,
//! and some kinds besides.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::contract::{Align, Size};

/// The longest text on a line, in characters.
const MAX_CHARS: usize = 500;

/// A line of a printed bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "lineType")]
pub enum PaperLine {
    /// Text on a line of its own.
    Text {
        /// The text and its format.
        text: PaperText,
    },
    /// A text on the left and an amount on the right.
    Columns {
        /// The text and the amount.
        columns: PaperColumns,
    },
    /// A line across the paper.
    SingleLineSeperator,
    /// Two lines across the paper.
    DoubleLineSeperator,
    /// A picture, such as a logo.
    Image {
        /// The picture and where it stands.
        image: PaperImage,
    },
    /// A QR code, in the middle.
    QrCode {
        /// The code and what it says.
        #[serde(rename = "qrCode")]
        code: PaperCode,
    },
}

/// A text of a printed bill and its format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaperText {
    /// Text to print on the line.
    pub value: String,
    /// Size of the text.
    pub size: PaperSize,
    /// Alignment of the text on the line.
    pub align: PaperAlign,
    /// `true` if the text is bold.
    pub emphasis_bold: bool,
}

/// A line of a printed bill with two columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaperColumns {
    /// Text on the left.
    pub left: String,
    /// Amount on the right, such as `£12.50`.
    pub right: String,
    /// `true` if the line belongs to the one above it, such as a modifier.
    pub indented: bool,
    /// `true` if the line is bold.
    pub emphasis_bold: bool,
}

/// A picture on a printed bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaperImage {
    /// The picture as SVG that holds shapes and words alone: no scripts, styles or links.
    pub svg: String,
    /// Alignment of the picture on the line.
    pub align: PaperAlign,
}

/// A QR code on a printed bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaperCode {
    /// The code as SVG.
    pub svg: String,
    /// Text that the code holds: an address.
    pub value: String,
}

/// Size of a text on a printed bill, from the largest heading to body text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PaperSize {
    SizeHeader1,
    SizeHeader2,
    SizeBody,
}

/// Alignment of text or a picture on a line of a printed bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PaperAlign {
    AlignLeft,
    AlignCenter,
    AlignRight,
}

impl From<Align> for PaperAlign {
    fn from(align: Align) -> Self {
        match align {
            Align::Left => Self::AlignLeft,
            Align::Center => Self::AlignCenter,
            Align::Right => Self::AlignRight,
        }
    }
}

impl From<Size> for PaperSize {
    fn from(size: Size) -> Self {
        match size {
            Size::Body => Self::SizeBody,
            Size::Header1 => Self::SizeHeader1,
            Size::Header2 => Self::SizeHeader2,
        }
    }
}

impl PaperLine {
    /// A line of text.
    pub(super) fn text(value: &str, size: PaperSize, align: PaperAlign) -> Self {
        let text = PaperText {
            value: printable(value),
            size,
            align,
            emphasis_bold: false,
        };
        Self::Text { text }
    }

    /// A line with an amount.
    pub(super) fn columns(left: &str, right: String) -> Self {
        let columns = PaperColumns {
            left: printable(left),
            right,
            indented: false,
            emphasis_bold: false,
        };
        Self::Columns { columns }
    }

    /// The same in bold.
    pub(super) fn bold(mut self) -> Self {
        match &mut self {
            Self::Text { text } => text.emphasis_bold = true,
            Self::Columns { columns } => columns.emphasis_bold = true,
            _ => {}
        }
        self
    }

    /// The same, as belonging to the line above.
    pub(super) fn indented(mut self) -> Self {
        if let Self::Columns { columns } = &mut self {
            columns.indented = true;
        }
        self
    }
}

/// What a printer can print of a text on one line.
fn printable(text: &str) -> String {
    let shown = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    shown.take(MAX_CHARS).collect()
}
