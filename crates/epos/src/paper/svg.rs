//! Pictures of a POS. They are SVG, which can run scripts and ask other hosts, so only
//! shapes and words are kept, and nothing that refers to anything.

use std::borrow::Cow;

use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// The longest picture that is read, and that is written.
pub(super) const MAX_SVG_BYTES: usize = 64 * 1024;
const MAX_ELEMENTS: usize = 2000;
const MAX_DEPTH: usize = 32;

/// Elements that are kept. All others are left out with what is in them.
const ELEMENTS: [&str; 11] = [
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
];
/// Attributes that say where a shape is.
const GEOMETRY: [&str; 22] = [
    "preserveAspectRatio",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "width",
    "height",
    "d",
    "points",
    "dx",
    "dy",
    "rotate",
    "textLength",
    "lengthAdjust",
    "transform",
];
/// Attributes that say how it looks, which may also be in a `style`.
const PRESENTATION: [&str; 18] = [
    "fill",
    "fill-opacity",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "opacity",
    "display",
    "visibility",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "letter-spacing",
    "text-anchor",
];

/// The picture without all that is no shape or word; none if it cannot be read, is too
/// large, or does not say how large it is.
pub fn sanitized(source: &str) -> Option<String> {
    if source.len() > MAX_SVG_BYTES {
        return None;
    }
    let mut reader = Reader::from_str(source);
    let mut drawing = Drawing::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => drawing.open(&tag, false)?,
            Event::Empty(tag) => drawing.open(&tag, true)?,
            Event::End(_) => drawing.close(),
            Event::Text(text) => drawing.write(&text.xml10_content()),
            Event::CData(text) => drawing.write(&text.xml10_content()),
            Event::GeneralRef(entity) => drawing.write(&character(&entity)?),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => return drawing.finished(),
        }
    }
}

/// What an entity stands for, if it needs no declaration.
fn character(entity: &BytesRef<'_>) -> Option<Cow<'static, str>> {
    if let Some(character) = entity.resolve_char_ref().ok()? {
        return Some(Cow::Owned(character.to_string()));
    }
    resolve_predefined_entity(&entity.xml10_content()).map(Cow::Borrowed)
}

/// What is kept of a picture so far.
#[derive(Default)]
struct Drawing {
    kept: String,
    /// The kept elements that are open.
    open: Vec<&'static str>,
    /// How many are open within one that is left out, it included.
    skipped: usize,
    elements: usize,
}

impl Drawing {
    fn open(&mut self, tag: &BytesStart<'_>, is_empty: bool) -> Option<()> {
        self.elements += 1;
        let is_first = self.elements == 1;
        let is_within = is_first || !self.open.is_empty();
        if self.elements > MAX_ELEMENTS || !is_within {
            return None;
        }
        let known = ELEMENTS.into_iter().find(|e| *e == tag.name().as_ref());
        let Some(name) = known.filter(|_| self.skipped == 0) else {
            self.skipped += usize::from(!is_empty);
            return (!is_first).then_some(());
        };
        if is_first != (name == "svg") || self.open.len() == MAX_DEPTH {
            return None;
        }
        self.kept.push('<');
        self.kept.push_str(name);
        if is_first {
            let size = view_box(tag)?;
            let namespace = "http://www.w3.org/2000/svg";
            self.attribute("xmlns", namespace);
            self.attribute("viewBox", &size);
        }
        for (name, value) in attributes(tag)? {
            // The paper says how large the whole picture is.
            if !is_first || !["x", "y", "width", "height", "transform"].contains(&name) {
                self.attribute(name, &value);
            }
        }
        self.kept.push('>');
        self.open.push(name);
        if is_empty {
            self.close();
        }
        Some(())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.kept.push(' ');
        self.kept.push_str(name);
        self.kept.push_str("=\"");
        self.kept.push_str(&escape(value));
        self.kept.push('"');
    }

    fn close(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(name) = self.open.pop() {
            self.kept.push_str("</");
            self.kept.push_str(name);
            self.kept.push('>');
        }
    }

    fn write(&mut self, text: &str) {
        if self.skipped == 0 && matches!(self.open.last(), Some(&("text" | "tspan"))) {
            let printable: String = text.chars().filter(|c| !c.is_control()).collect();
            self.kept.push_str(&escape(&printable));
        }
    }

    fn finished(self) -> Option<String> {
        let is_whole = self.elements > 0 && self.open.is_empty() && self.skipped == 0;
        (is_whole && self.kept.len() <= MAX_SVG_BYTES).then_some(self.kept)
    }
}

/// The attributes of an element that are kept; none if they cannot be read.
fn attributes(tag: &BytesStart<'_>) -> Option<Vec<(&'static str, String)>> {
    let mut kept: Vec<(&'static str, String)> = Vec::new();
    let mut style = None;
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        let value = value_of(&attribute)?;
        if attribute.key.as_ref() == "style" {
            style = Some(value);
            continue;
        }
        let mut known = GEOMETRY.into_iter().chain(PRESENTATION);
        let known = known.find(|name| *name == attribute.key.as_ref());
        kept.extend(
            known
                .filter(|_| is_plain(&value))
                .map(|name| (name, value.into_owned())),
        );
    }
    // A policy of the page forbids styles, so what they say becomes attributes.
    for declaration in style.iter().flat_map(|style| style.split(';')) {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        let known = PRESENTATION.into_iter().find(|known| *known == name);
        if let Some(name) = known.filter(|_| is_plain(value)) {
            kept.retain(|(other, _)| *other != name);
            kept.push((name, value.to_owned()));
        }
    }
    Some(kept)
}

fn value_of<'a>(attribute: &Attribute<'a>) -> Option<Cow<'a, str>> {
    attribute.normalized_value(XmlVersion::Explicit1_0).ok()
}

/// Whether a value is numbers, words and lists of them: it can name no address and
/// refer to nothing.
fn is_plain(value: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || " \t\r\n#%+-.,()".contains(c);
    value.chars().all(is_known) && !value.to_ascii_lowercase().contains("url")
}

/// What a picture shows of its plane: as it says, or as large as it is.
fn view_box(tag: &BytesStart<'_>) -> Option<String> {
    let value = |name: &str| {
        let attribute = tag.try_get_attribute(name).ok()??;
        Some(value_of(&attribute)?.into_owned())
    };
    if let Some(view) = value("viewBox") {
        let is_number = |number: &str| number.parse::<f64>().is_ok_and(f64::is_finite);
        let numbers = view.split([' ', ',', '\t', '\r', '\n']);
        let numbers: Vec<&str> = numbers.filter(|number| !number.is_empty()).collect();
        let is_box = numbers.len() == 4 && numbers.iter().all(|number| is_number(number));
        return is_box.then(|| numbers.join(" "));
    }
    let length = |name: &str| {
        let length = value(name)?;
        let length = length.trim().trim_end_matches("px").to_owned();
        let is_length =
            !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        is_length.then_some(length)
    };
    Some(format!("0 0 {} {}", length("width")?, length("height")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(inside: &str) -> Option<String> {
        let whole = sanitized(&format!("<svg viewBox='0 0 9 9'>{inside}</svg>"))?;
        let start = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\">";
        let inside = whole.strip_prefix(start).expect("the start");
        Some(inside.strip_suffix("</svg>").expect("the end").to_owned())
    }

    #[test]
    fn shapes_and_words_are_kept() {
        for (given, expected) in [
            ("<path d='M0 0L9,9'/>", "<path d=\"M0 0L9,9\"></path>"),
            (
                "<g fill='none'><circle r='1'/></g>",
                "<g fill=\"none\"><circle r=\"1\"></circle></g>",
            ),
            ("<text>A &amp; B &#65;</text>", "<text>A &amp; B A</text>"),
            ("<text><![CDATA[<b>]]></text>", "<text>&lt;b&gt;</text>"),
            ("<!-- a --> words <?pi?>", ""),
            (
                "<rect style='fill: red; stroke:url(#a); behavior:x' fill='blue'/>",
                "<rect fill=\"red\"></rect>",
            ),
        ] {
            assert_eq!(kept(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn what_runs_or_refers_is_left_out() {
        for bad in [
            "<script>alert(1)</script>",
            "<g><style>@import 'x'</style></g>",
            "<a href='javascript:alert(1)'><path d='M0'/></a>",
            "<use href='#a'/>",
            "<image href='https://a.example/x.png'/>",
            "<foreignObject><body onload='x()'/></foreignObject>",
            "<set attributeName='href' to='javascript:x'/>",
            "<animate attributeName='href' values='javascript:x'/>",
            "<path onclick='x()' onload='x()' xlink:href='#a' id='a' class='a'/>",
            "<path fill='url(https://a.example/#a)' d='M\"/>'/>",
            "<svg:script>x</svg:script>",
            "<SCRIPT>x</SCRIPT>",
            "<iframe src='x'></iframe>",
        ] {
            let kept = kept(bad).expect("a picture");
            let rest = kept.replace("<g>", "").replace("</g>", "");
            let rest = rest.replace("<path></path>", "");
            assert_eq!(rest, "", "{bad}");
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let deep = |levels: usize| format!("{}{}", "<g>".repeat(levels), "</g>".repeat(levels));
        assert!(kept(&deep(MAX_DEPTH - 1)).is_some());
        assert!(kept(&deep(MAX_DEPTH)).is_none());
        assert!(kept(&"<g/>".repeat(MAX_ELEMENTS - 1)).is_some());
        assert!(kept(&"<g/>".repeat(MAX_ELEMENTS)).is_none());
        let long = " ".repeat(MAX_SVG_BYTES);
        for bad in [
            "",
            "words",
            "<p/>",
            "<svg/>",
            "<svg viewBox='0 0 9 9'>",
            "<svg viewBox='0 0 9'/>",
            "<svg viewBox='0 0 NaN 9'/>",
            "<svg viewBox='0 0 9 9'/><svg viewBox='0 0 9 9'/>",
            "<svg viewBox='0 0 9 9'><g></svg>",
            "<svg viewBox='0 0 9 9'><g><svg viewBox='0 0 1 1'/></g></svg>",
            "<svg width='100%' height='9'/>",
            "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg viewBox='0 0 9 9'><text>&a;</text></svg>",
            &long,
        ] {
            assert_eq!(sanitized(bad), None, "{bad:.80}");
        }
    }

    #[test]
    fn a_picture_that_says_only_how_large_it_is_fills_that() {
        let start = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 20 10.5\" fill=\"none\"></svg>";
        let given = "<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x'>\
            <svg width='20px' height='10.5' fill='none'/>";
        assert_eq!(sanitized(given).as_deref(), Some(start));
    }

    /// Pieces that are worse together than any random text.
    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("<script>".to_owned()),
            Just("</script>".to_owned()),
            Just("<svg ".to_owned()),
            Just("viewBox='0 0 9 9'".to_owned()),
            Just(" onload='x()'".to_owned()),
            Just(" href='javascript:x'".to_owned()),
            Just(" xlink:href=\"//a.example\"".to_owned()),
            Just(" style='fill:url(//a.example)'".to_owned()),
            Just(" fill=\"".to_owned()),
            Just("\">".to_owned()),
            Just("/>".to_owned()),
            Just(">".to_owned()),
            Just("<text>".to_owned()),
            Just("</text>".to_owned()),
            Just("</svg>".to_owned()),
            Just("<![CDATA[".to_owned()),
            Just("]]>".to_owned()),
            Just("&lt;script&gt;".to_owned()),
            Just("&#60;".to_owned()),
            Just("<!--".to_owned()),
            Just("-->".to_owned()),
            "[ -~]{0,12}",
            ".{0,4}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn whatever_is_kept_is_harmless(
            pieces in prop::collection::vec(piece(), 0..24), whole in any::<bool>(),
        ) {
            let inside = pieces.concat();
            let source = match whole {
                true => format!("<svg viewBox='0 0 9 9'>{inside}</svg>"),
                false => inside,
            };
            if let Some(kept) = sanitized(&source) {
                check(&kept)?;
                // It stays as it is if it is looked at again.
                prop_assert_eq!(sanitized(&kept), Some(kept));
            }
        }
    }

    /// Reads it with no part of what wrote it.
    fn check(kept: &str) -> Result<(), TestCaseError> {
        let namespace = " xmlns=\"http://www.w3.org/2000/svg\"";
        prop_assert_eq!(kept.matches(namespace).count(), 1);
        for tag in kept.replace(namespace, "").split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("an end");
            let name = tag
                .trim_start_matches('/')
                .split(' ')
                .next()
                .unwrap_or_default();
            prop_assert!(ELEMENTS.contains(&name), "{}", name);
            let mut parts = tag.split('"');
            while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                let name = name
                    .trim_end_matches('=')
                    .rsplit(' ')
                    .next()
                    .unwrap_or_default();
                let is_known = GEOMETRY.contains(&name) || PRESENTATION.contains(&name);
                prop_assert!(is_known || name == "viewBox", "{}", name);
                prop_assert!(!value.contains([':', '/', '&', '<', '\'']), "{}", value);
                prop_assert!(!value.to_ascii_lowercase().contains("url"), "{}", value);
            }
        }
        Ok(())
    }
}
