//! Markdown to HTML: headings with anchors, samples as tabs, links between pages.

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

use crate::samples::{Sample, Tabs};

/// A heading of a page.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    /// Whether it is of the second level rather than below.
    pub(crate) is_main: bool,
    /// The fragment that leads to it.
    pub(crate) id: String,
    /// Its words.
    pub(crate) text: String,
}

/// What is under a heading, for the search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passage {
    /// The heading's words, empty before the first.
    pub(crate) heading: String,
    /// The heading's fragment.
    pub(crate) id: String,
    /// The words under it.
    pub(crate) text: String,
}

/// A page as it is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) html: String,
    pub(crate) headings: Vec<Heading>,
    pub(crate) passages: Vec<Passage>,
    /// Where its links lead, once resolved.
    pub(crate) links: Vec<String>,
    /// What its rows are seen by.
    pub(crate) marks: Vec<String>,
    /// What it should not have: HTML, and links to files that are no pages.
    pub(crate) faults: Vec<String>,
}

/// Renders a page. `resolve` says where a link to a file leads.
pub(crate) fn render(text: &str, resolve: impl Fn(&str) -> Option<String>) -> Rendered {
    let options = Options::ENABLE_TABLES | Options::ENABLE_GFM;
    let mut writer = Writer {
        resolve,
        events: Vec::new(),
        tabs: None,
        table: Columns::default(),
        groups: 0,
        page: Rendered::default(),
    };
    writer.page.passages.push(Passage::default());
    let mut events = Parser::new_ext(text, options);
    while let Some(event) = events.next() {
        writer.take(event, &mut events);
    }
    writer.close_tabs();
    html::push_html(&mut writer.page.html, writer.events.into_iter());
    writer.page
}

/// The title of links that are shown as buttons.
const BUTTON: &str = "button";

fn button<'t>(target: &str) -> Event<'t> {
    let target = escaped(target);
    Event::InlineHtml(format!("<a class=\"button\" href=\"{target}\">").into())
}

/// What a row is seen by, if a comment says so: `<!-- seen: paid -->`.
fn mark(comment: &str) -> Option<&str> {
    comment.strip_prefix("<!-- seen: ")?.strip_suffix(" -->")
}

struct Writer<'t, R> {
    resolve: R,
    events: Vec<Event<'t>>,
    tabs: Option<Tabs>,
    /// The table that is being written.
    table: Columns,
    groups: usize,
    page: Rendered,
}

/// The columns of a table: on a narrow screen, a cell is shown with the title of its own.
#[derive(Default)]
struct Columns {
    titles: Vec<String>,
    has_titles: bool,
    /// The next cell of the row.
    cell: usize,
}

impl Columns {
    /// Adds words to the title of the column, if they are in the head of the table.
    fn name(&mut self, words: &str) {
        if let (false, Some(title)) = (self.has_titles, self.titles.last_mut()) {
            title.push_str(words);
        }
    }

    /// The start of the next cell; the first of a row names the row.
    fn next_cell(&mut self) -> String {
        let title = self.titles.get(self.cell).filter(|title| !title.is_empty());
        self.cell += 1;
        match title {
            Some(title) if self.cell > 1 => format!("<td data-label=\"{}\">", escaped(title)),
            _ => "<td>".to_owned(),
        }
    }
}

impl<'t, R: Fn(&str) -> Option<String>> Writer<'t, R> {
    fn take(&mut self, event: Event<'t>, events: &mut Parser<'t>) {
        match event {
            // What a sample is expected to answer; for who runs it.
            Event::Html(text) | Event::InlineHtml(text) => {
                if let Some(name) = mark(&text) {
                    self.push(Event::InlineHtml(crate::seen::placeholder(name).into()));
                    self.page.marks.push(name.to_owned());
                } else if !text.trim().is_empty() && !text.starts_with("<!--") {
                    self.page.faults.push(format!("HTML: {text}"));
                }
            }
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
            Event::Start(Tag::CodeBlock(kind)) => self.code(&kind, events),
            Event::Start(Tag::Heading { level, .. }) => self.heading(level, events),
            Event::Start(Tag::Table(columns)) => {
                self.table = Columns::default();
                let region = "<div class=\"table\" tabindex=\"0\">";
                self.push(Event::Html(CowStr::Borrowed(region)));
                self.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::TableHead) => {
                self.table.has_titles = true;
                self.push(event);
            }
            Event::Start(Tag::TableRow) => {
                self.table.cell = 0;
                self.push(event);
            }
            Event::Start(Tag::TableCell) if self.table.has_titles => {
                let cell = self.table.next_cell();
                self.push(Event::Html(cell.into()));
            }
            Event::End(TagEnd::TableCell) if self.table.has_titles => {
                self.say(" ");
                self.push(Event::Html(CowStr::Borrowed("</td>")));
            }
            Event::Start(Tag::TableCell) => {
                self.table.titles.push(String::new());
                self.push(event);
            }
            Event::End(TagEnd::Table) => {
                self.push(Event::End(TagEnd::Table));
                self.push(Event::Html(CowStr::Borrowed("</div>\n")));
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let dest_url: CowStr<'t> = self.link(&dest_url).into();
                if &*title == BUTTON {
                    return self.push(button(&dest_url));
                }
                self.push(Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                }));
            }
            Event::Text(ref text) | Event::Code(ref text) => {
                self.say(text);
                self.table.name(text);
                self.push(event);
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => {
                self.say(" ");
                self.push(event);
            }
            other => self.push(other),
        }
    }

    fn push(&mut self, event: Event<'t>) {
        self.close_tabs();
        self.events.push(event);
    }

    /// Adds words to what is found under the last heading.
    fn say(&mut self, words: &str) {
        if let Some(passage) = self.page.passages.last_mut() {
            passage.text.push_str(words);
        }
    }

    fn link(&mut self, target: &str) -> String {
        let path = target.split('#').next().unwrap_or_default();
        let is_file = path.ends_with(".md") && !path.contains("://");
        let link = match (is_file, (self.resolve)(target)) {
            (true, Some(link)) => link,
            (true, None) => {
                self.page.faults.push(format!("no page is {target}"));
                target.to_owned()
            }
            (false, _) => target.to_owned(),
        };
        self.page.links.push(link.clone());
        link
    }

    fn heading(&mut self, level: HeadingLevel, events: &mut Parser<'t>) {
        self.close_tabs();
        let inner: Vec<Event<'t>> = events
            .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
            .collect();
        let mut text = String::new();
        for event in &inner {
            if let Event::Text(words) | Event::Code(words) = event {
                text.push_str(words);
            }
        }
        let id = self.fragment(&text);
        self.push(Event::Html(format!("<{level} id=\"{id}\">").into()));
        self.events.extend(inner);
        let anchor = format!(
            " <a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to {}\">#</a></{level}>\n",
            escaped(&text)
        );
        self.push(Event::Html(anchor.into()));
        self.page.passages.push(Passage {
            heading: text.clone(),
            id: id.clone(),
            text: String::new(),
        });
        let is_main = level <= HeadingLevel::H2;
        self.page.headings.push(Heading { is_main, id, text });
    }

    /// A fragment that no earlier heading of the page has.
    fn fragment(&self, text: &str) -> String {
        let words = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        let base = words.collect::<Vec<_>>().join("-").to_lowercase();
        let taken = |id: &str| self.page.headings.iter().any(|heading| heading.id == id);
        let mut id = base.clone();
        let mut number = 2;
        while taken(&id) {
            id = format!("{base}-{number}");
            number += 1;
        }
        id
    }

    fn code(&mut self, kind: &CodeBlockKind<'t>, events: &mut Parser<'t>) {
        let mut code = String::new();
        for event in events.take_while(|event| !matches!(event, Event::End(TagEnd::CodeBlock))) {
            if let Event::Text(text) = event {
                code.push_str(&text);
            }
        }
        let info = match kind {
            CodeBlockKind::Fenced(info) => info,
            CodeBlockKind::Indented => "",
        };
        let Some((language, name)) = crate::samples::label(info) else {
            self.say(&code);
            let block = format!(
                "<pre tabindex=\"0\"><code>{}</code></pre>\n",
                escaped(&code)
            );
            return self.push(Event::Html(block.into()));
        };
        if self.tabs.as_ref().is_some_and(|tabs| tabs.name != name) {
            self.close_tabs();
        }
        let tabs = self.tabs.get_or_insert_with(|| Tabs::new(name));
        tabs.samples.push(Sample { language, code });
    }

    fn close_tabs(&mut self) {
        if let Some(tabs) = self.tabs.take() {
            self.groups += 1;
            self.events.push(Event::Html(tabs.html(self.groups).into()));
        }
    }
}

/// A text as HTML shows it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Rendered {
        render(text, |file| {
            (file == "b.md#c").then(|| "/docs/b#c".to_owned())
        })
    }

    #[test]
    fn headings_have_anchors_of_their_own() {
        let page = shown("## A `b` & c\n\nx\n\n## A b c\n\ny");
        assert!(page.html.contains(
            "<h2 id=\"a-b-c\">A <code>b</code> &amp; c <a class=\"anchor\" href=\"#a-b-c\""
        ));
        assert!(page.html.contains("<h2 id=\"a-b-c-2\">"));
        let under: Vec<&str> = page
            .passages
            .iter()
            .map(|passage| passage.text.trim())
            .collect();
        assert_eq!(under, ["", "x", "y"]);
    }

    #[test]
    fn samples_of_one_name_are_tabs() {
        let page = shown(
            "```curl pay\ncurl <x>\n```\n<!-- expect: 1 -->\n\n```node pay\nlet a;\n```\n\n```sh\nls\n```",
        );
        assert_eq!(page.html.matches("<fieldset").count(), 1);
        assert_eq!(page.html.matches("type=\"radio\"").count(), 2);
        assert!(page.html.contains("curl &lt;x&gt;"));
        assert!(!page.html.contains("expect"));
        assert!(
            page.html
                .contains("<pre tabindex=\"0\"><code>ls\n</code></pre>")
        );
        assert!(page.faults.is_empty(), "{:?}", page.faults);
    }

    #[test]
    fn cells_have_the_title_of_their_column() {
        let page = shown("| | a `b` | c |\n| --- | --- | --- |\n| x | y | z |\n\n1 < 2");
        let row = "<td>x</td><td data-label=\"a b\">y</td><td data-label=\"c\">z</td>";
        assert!(page.html.contains(row), "{}", page.html);
        assert!(page.passages[0].text.contains("a b"));
    }

    #[test]
    fn links_to_files_lead_to_pages_and_html_is_refused() {
        let page = shown("[b](b.md#c) [d](d.md) [out](https://example.com/x.md) <b>no</b>");
        assert!(page.html.contains("<a href=\"/docs/b#c\">"));
        assert_eq!(page.faults.len(), 3, "{:?}", page.faults);
        assert_eq!(page.links.len(), 3);
    }
}
