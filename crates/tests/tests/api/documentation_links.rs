//! Every page of the documentation, from the first one on: that its links lead somewhere,
//! and that it is not heavy.

use std::collections::{BTreeMap, BTreeSet};

use tatami_tests::{App, shared};

/// What a page may weigh with its styles and scripts, in bytes.
const MOST_BYTES: usize = 150_000;

/// The values of an attribute of a page.
fn values(page: &str, attribute: &str) -> Vec<String> {
    let start = format!(" {attribute}=\"");
    let parts = page.split(&start).skip(1);
    let values = parts.filter_map(|rest| rest.split('"').next());
    values
        .map(|value| value.replace("&amp;", "&").replace("&#38;", "&"))
        .collect()
}

/// The pages, and where their links lead besides.
#[derive(Default)]
struct Crawl {
    pages: BTreeMap<String, String>,
    /// The path of a page, and a link on it within this installation.
    within: BTreeSet<(String, String)>,
    outside: BTreeSet<String>,
}

impl Crawl {
    async fn of(app: &App) -> Self {
        let mut crawl = Self::default();
        let mut next = vec!["/docs".to_owned()];
        while let Some(path) = next.pop() {
            if crawl.pages.contains_key(&path) {
                continue;
            }
            let page = app.stranger().get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            let text = page.text();
            for link in values(&text, "href") {
                let link = link.strip_prefix(&app.base).unwrap_or(&link).to_owned();
                let target = link.split('#').next().unwrap_or_default();
                if target.starts_with("/docs") && !is_file(target) {
                    next.push(target.to_owned());
                }
                match link.contains("://") {
                    true => drop(crawl.outside.insert(link)),
                    false => drop(crawl.within.insert((path.clone(), link))),
                }
            }
            crawl.pages.insert(path, text);
        }
        crawl
    }
}

fn is_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.contains('.')
}

#[tokio::test]
async fn no_link_is_dead_and_no_page_is_heavy() {
    let app = App::on(shared());
    let crawl = Crawl::of(&app).await;
    assert!(crawl.pages.len() > 200, "{} pages", crawl.pages.len());
    assert_outside(&crawl.outside);
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for (from, link) in &crawl.within {
        let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
        let path = if path.is_empty() { from } else { path };
        match crawl.pages.get(path) {
            Some(page) => {
                let id = format!(" id=\"{fragment}\"");
                assert!(fragment.is_empty() || page.contains(&id), "{from}: {link}");
            }
            None => drop(size_of(&app, path, &mut sizes).await),
        }
    }
    for (path, page) in &crawl.pages {
        let styles = values(page, "href");
        let styles = styles.into_iter().filter(|link| link.ends_with(".css"));
        let mut weight = page.len();
        for file in styles.chain(values(page, "src")) {
            weight += size_of(&app, &file, &mut sizes).await;
        }
        assert!(weight < MOST_BYTES, "{path} weighs {weight} bytes");
    }
}

/// How large a file is, which has to be there.
async fn size_of(app: &App, path: &str, sizes: &mut BTreeMap<String, usize>) -> usize {
    if let Some(size) = sizes.get(path) {
        return *size;
    }
    let file = app.stranger().get(path).await;
    // Some ask for a key.
    let status = file.status.as_u16();
    assert!(status < 400 || status == 401, "{path}: {status}");
    sizes.insert(path.to_owned(), file.body.len());
    file.body.len()
}

/// Nobody outside is asked, so what is linked to there is listed for people.
fn assert_outside(links: &BTreeSet<String>) {
    let listed = include_str!("../../../../docs/outside-links.txt");
    let listed = listed.lines().filter(|line| line.starts_with("http"));
    let listed: BTreeSet<&str> = listed.collect();
    let links: BTreeSet<&str> = links.iter().map(String::as_str).collect();
    assert_eq!(links, listed, "docs/outside-links.txt lists them");
}
