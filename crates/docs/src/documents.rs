//! The descriptions that are served at addresses of their own: OpenAPI of every version
//! of the API and of its parts, and what the program describes besides.

use std::borrow::Cow;
use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Value, json};
use url::Url;

use crate::content::Content;
use crate::explorer::Listed;
use crate::{DocsState, Shared, pages};

/// The language that a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Requests over HTTP.
    OpenApi,
    /// Messages.
    AsyncApi,
}

impl Format {
    /// Its name.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::OpenApi => "OpenAPI",
            Self::AsyncApi => "AsyncAPI",
        }
    }

    /// The folder that its documents are in.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::OpenApi => "/docs/openapi",
            Self::AsyncApi => "/docs/asyncapi",
        }
    }
}

/// A document of something that is no part of the API's own description.
#[derive(Debug)]
pub struct Document {
    /// Its name in addresses.
    pub name: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it describes, in a sentence.
    pub about: &'static str,
    /// How it is written.
    pub format: Format,
    /// Makes it.
    pub make: fn() -> Value,
    /// What tries an operation.
    pub tried_by: fn(&str) -> Option<TriedBy>,
}

/// What tries an operation that a page cannot call itself.
#[derive(Clone, Debug)]
pub enum TriedBy {
    /// The tester tool, where a POS carries it out: the body of the request to it.
    Tester(Value),
    /// A page of the portal: its address.
    Portal(String),
}

/// What a document is made from.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// The API as it is at that date.
    Version(&'static str),
    /// The operations with that tag, of the newest version.
    Tag(&'static str),
    /// Something else.
    Made(&'static Document),
}

/// A document that is served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) format: Format,
    origin: Origin,
}

/// The parts of the API that have a document of their own: name, title, tag, and what it
/// is about.
const PARTS: [(&str, &str, &str, &str); 5] = [
    (
        "pci",
        "PCI API",
        "Tokenization",
        "Save cards that your own servers capture.",
    ),
    (
        "transactions",
        "Transactions API",
        "Transactions",
        "Search the transactions of an account.",
    ),
    (
        "tap-to-pay",
        "Tap to Pay on iPhone",
        "Tap to Pay on iPhone",
        "Use a phone as a card machine.",
    ),
    (
        "epos-tester-tool",
        "EPOS tester tool",
        "EPOS tester tool",
        "Call a POS as products do, and see the result.",
    ),
    (
        "sandbox",
        "Sandbox",
        "Sandbox",
        "Control the sandbox: its clock, card machines, mail and deliveries.",
    ),
];

/// Addresses of the same documents in the published documentation.
pub(crate) const PUBLISHED: [(&str, &str); 6] = [
    ("/api/v3/bundled.json", "newest"),
    ("/pci-api/bundled.json", "pci"),
    ("/transactions/bundled.json", "transactions"),
    ("/epos-data/bundled.json", "epos-data"),
    ("/epos-data-asyncapi/bundled.json", "epos-data-websocket"),
    ("/epos-data-asyncapi/bundled.yaml", "epos-data-websocket"),
];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

impl Served {
    /// The version of the API that it describes, if any.
    pub(crate) const fn version(&self) -> Option<&'static str> {
        match self.origin {
            Origin::Version(date) => Some(date),
            _ => None,
        }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> String {
        format!("{}/{}.json", self.format.folder(), self.name)
    }

    /// What tries an operation.
    pub(crate) fn tried_by(&self, operation: &str) -> Option<TriedBy> {
        match self.origin {
            Origin::Made(document) => (document.tried_by)(operation),
            _ => None,
        }
    }

    /// As text.
    pub(crate) fn text(&self, content: &Content) -> Cow<'static, [u8]> {
        match self.origin {
            Origin::Version(date) => {
                let text = tatami_api::description(date, content.also);
                Cow::Borrowed(text.unwrap_or_default())
            }
            _ => Cow::Owned(serde_json::to_vec(&self.value(content)).unwrap_or_default()),
        }
    }

    /// As a JSON value. It is large, so it is made each time and not kept.
    pub(crate) fn value(&self, content: &Content) -> Value {
        match self.origin {
            Origin::Version(_) => serde_json::from_slice(&self.text(content)).unwrap_or_default(),
            Origin::Tag(tag) => {
                let mut document = tatami_api::document(content.also);
                keep_only(&mut document, tag);
                document["info"]["title"] = self.title.into();
                document["info"]["description"] = self.about.into();
                placed(document, &content.filling.base)
            }
            Origin::Made(document) => placed((document.make)(), &content.filling.base),
        }
    }
}

/// All that this program serves, in the order in which they are listed.
pub(crate) fn all(content: &Content) -> Vec<Served> {
    let versions = tatami_api::version_dates().rev().map(|date| Served {
        name: date,
        title: "Dojo API",
        about: match tatami_api::version_dates().next_back() == Some(date) {
            true => "Everything that this installation serves, in the newest version.",
            false => "The same in an older version.",
        },
        format: Format::OpenApi,
        origin: Origin::Version(date),
    });
    let tags = tatami_api::tags_in_use(content.also);
    let parts = PARTS.iter().filter(|(_, _, tag, _)| tags.contains(*tag));
    let parts = parts.map(|&(name, title, tag, about)| Served {
        name,
        title,
        about,
        format: Format::OpenApi,
        origin: Origin::Tag(tag),
    });
    let made = content.documents.iter().map(|document| Served {
        name: document.name,
        title: document.title,
        about: document.about,
        format: document.format,
        origin: Origin::Made(document),
    });
    versions.chain(parts).chain(made).collect()
}

/// The documents as a table of a page.
pub(crate) fn table(documents: &[Served]) -> String {
    let mut table = String::from("| document | file | operations |\n| --- | --- | --- |\n");
    for document in documents {
        let version = document.version().map(|date| format!(" {date}"));
        table.push_str(&format!(
            "| {}{}: {} | [{}]({}) | [pages](/docs/api/{}) |\n",
            document.title,
            version.unwrap_or_default(),
            document.about,
            document.format.title(),
            document.address(),
            document.name,
        ));
    }
    table
}

/// The operations of the newest version, and those of documents that are no part of it.
pub(crate) fn newest_operations<'o>(
    documents: &'o [Served],
    operations: &'o [Vec<Listed>],
) -> impl Iterator<Item = &'o Listed> {
    let documents = documents.iter().zip(operations).enumerate();
    let first = documents
        .filter(|(at, (document, _))| *at == 0 || matches!(document.origin, Origin::Made(_)));
    first.flat_map(|(_, (_, operations))| operations)
}

/// Leaves the operations of a tag, and the schemas that they need.
fn keep_only(document: &mut Value, tag: &str) {
    if let Some(paths) = document["paths"].as_object_mut() {
        for item in paths.values_mut().filter_map(Value::as_object_mut) {
            item.retain(|method, operation| {
                !METHODS.contains(&method.as_str()) || operation["tags"][0] == tag
            });
        }
        paths.retain(|_, item| METHODS.iter().any(|method| item.get(method).is_some()));
    }
    if let Some(tags) = document["tags"].as_array_mut() {
        tags.retain(|it| it["name"] == tag);
    }
    let mut needed = BTreeSet::new();
    needs(&document["paths"], document, &mut needed);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| needed.contains(name));
    }
}

/// Adds the names of the schemas that a part of a document refers to, and of those that
/// they refer to.
fn needs(part: &Value, document: &Value, needed: &mut BTreeSet<String>) {
    match part {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            let name = name.and_then(|it| it.strip_prefix("#/components/schemas/"));
            if let Some(name) = name.filter(|name| needed.insert((*name).to_owned())) {
                needs(&document["components"]["schemas"][name], document, needed);
            }
            members.values().for_each(|it| needs(it, document, needed));
        }
        Value::Array(items) => items.iter().for_each(|it| needs(it, document, needed)),
        _ => {}
    }
}

/// A document with the address of this installation, unless it is about another place.
fn placed(mut document: Value, base: &str) -> Value {
    let url = Url::parse(base).ok();
    if let Some(server) = document.pointer_mut("/servers/installation") {
        let Some(url) = url else { return document };
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}"));
        server["host"] = format!("{host}{}", port.unwrap_or_default()).into();
        let is_safe = url.scheme() == "https";
        server["protocol"] = if is_safe { "wss" } else { "ws" }.into();
        let path = server["pathname"].as_str().unwrap_or_default();
        server["pathname"] = format!("{}{path}", url.path().trim_end_matches('/')).into();
    } else if document["openapi"].is_string() && document["servers"].is_null() {
        document["servers"] = json!([{ "url": base }]);
    }
    document
}

/// `/docs/openapi/2026-02-27.json` and the like, at addresses that need no header.
pub(crate) async fn serve_openapi(
    State(docs): State<DocsState>,
    Path(file): Path<String>,
) -> Response {
    file_of(&docs, Format::OpenApi, &file)
}

/// `/docs/asyncapi/webhooks.json` and the like.
pub(crate) async fn serve_asyncapi(
    State(docs): State<DocsState>,
    Path(file): Path<String>,
) -> Response {
    file_of(&docs, Format::AsyncApi, &file)
}

fn file_of(docs: &Shared, format: Format, file: &str) -> Response {
    let name = file.strip_suffix(".json").unwrap_or_default();
    let documents = &docs.shown().documents;
    match documents
        .iter()
        .find(|it| it.format == format && it.name == name)
    {
        Some(document) => answer(document.text(&docs.content), "application/json"),
        None => pages::not_found(docs),
    }
}

/// A document at its address in the published documentation.
pub(crate) fn at_published_address(docs: &Shared, address: &str, name: &str) -> Response {
    let documents = &docs.shown().documents;
    let found = match name {
        "newest" => documents.first(),
        name => documents.iter().find(|it| it.name == name),
    };
    // JSON is YAML, too.
    let media_type = match address.ends_with(".yaml") {
        true => "application/yaml",
        false => "application/json",
    };
    match found {
        Some(document) => answer(document.text(&docs.content), media_type),
        None => pages::not_found(docs),
    }
}

fn answer(text: Cow<'static, [u8]>, media_type: &'static str) -> Response {
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_its_operations_and_the_schemas_that_they_need() {
        let of = |tag: &str, schema: &str| json!({ "tags": [tag], "x": { "$ref": format!("#/components/schemas/{schema}") } });
        let mut document = json!({
            "tags": [{ "name": "A" }, { "name": "B" }],
            "paths": { "/a": { "get": of("A", "One"), "post": of("B", "Three") }, "/b": { "get": of("B", "Three") } },
            "components": { "schemas": {
                "One": { "items": { "$ref": "#/components/schemas/Two" } },
                "Two": { "items": { "$ref": "#/components/schemas/One" } },
                "Three": {},
            } },
        });
        keep_only(&mut document, "A");
        assert_eq!(document["tags"], json!([{ "name": "A" }]));
        assert_eq!(
            document["paths"],
            json!({ "/a": { "get": of("A", "One") } })
        );
        let schemas = document["components"]["schemas"]
            .as_object()
            .expect("schemas");
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["One", "Two"]);
    }

    #[test]
    fn documents_name_this_installation() {
        let open = placed(json!({ "openapi": "3.1.0" }), "https://pay.example");
        assert_eq!(open["servers"][0]["url"], "https://pay.example");
        let other = json!({ "openapi": "3.1.0", "servers": [{ "url": "https://pos.example" }] });
        assert_eq!(placed(other.clone(), "https://pay.example"), other);
        let socket = json!({ "servers": { "installation": { "pathname": "/epos" } } });
        let socket = placed(socket, "https://pay.example:8443/pay");
        let server = &socket["servers"]["installation"];
        assert_eq!(server["host"], "pay.example:8443");
        assert_eq!(server["protocol"], "wss");
        assert_eq!(server["pathname"], "/pay/epos");
    }
}
