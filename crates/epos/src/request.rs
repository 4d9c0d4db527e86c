//! A request to a POS, in the form that both transports make their own of.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::capability::Capability;

/// What is escaped of an id that is a segment of a path: all that might be read as
/// anything else.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// Who asks a POS, and under which id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The id of the request: the same whenever it is sent again.
    pub request_id: String,
    /// The waiter, if one is known.
    pub waiter_id: Option<String>,
    /// The product, such as `Pay at Table`.
    pub product: Option<&'static str>,
    /// The card machine.
    pub device_id: Option<String>,
    /// What kind of device that is.
    pub device_type: Option<&'static str>,
}

/// What identifies a requestor: the name over a WebSocket, the header, and what it says.
pub const REQUESTOR: [(&str, &str, &str); 4] = [
    ("waiterId", "waiter-id", "The id of the waiter who asks."),
    (
        "dojoRequestingProduct",
        "dojo-requesting-product",
        "The product that asks, such as `Pay at Table`.",
    ),
    ("deviceId", "device-id", "The id of the device that asks."),
    ("deviceType", "device-type", "What kind of device that is."),
];

impl Origin {
    /// What identifies the requestor: the name over a WebSocket, the header, the value.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        let values = [
            self.waiter_id.as_deref(),
            self.product,
            self.device_id.as_deref(),
            self.device_type,
        ];
        let named = REQUESTOR.into_iter().zip(values);
        named.filter_map(|((name, header, _), value)| Some((name, header, value?)))
    }
}

/// A request to a POS.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the POS is to do.
    pub capability: Capability,
    /// Who asks.
    pub origin: Origin,
    /// The ids of what it is about, by their names in the contract.
    pub ids: Vec<(&'static str, String)>,
    /// All else; none if there is never anything.
    pub body: Option<Map<String, Value>>,
}

impl Request {
    /// A request about what those ids name.
    pub fn new(capability: Capability, origin: &Origin, ids: &[(&'static str, &str)]) -> Self {
        let own = |(name, id): &(&'static str, &str)| (*name, (*id).to_owned());
        Self {
            capability,
            origin: origin.clone(),
            ids: ids.iter().map(own).collect(),
            body: None,
        }
    }

    /// The same with a body, which is a JSON object.
    #[must_use]
    pub fn with(mut self, body: &impl Serialize) -> Self {
        let object = match serde_json::to_value(body) {
            Ok(Value::Object(object)) => object,
            _ => Map::new(),
        };
        self.body = Some(object);
        self
    }

    /// The parameters of the request over a WebSocket.
    pub fn params(&self) -> Value {
        let renamed = self.capability.has_plain_id();
        let mut params = self.body.clone().unwrap_or_default();
        for (name, id) in &self.ids {
            let name = if renamed { "id" } else { name };
            params.insert(name.to_owned(), Value::from(id.as_str()));
        }
        let headers = self.origin.parts();
        let headers = headers.map(|(name, _, value)| (name.to_owned(), Value::from(value)));
        params.insert("headers".to_owned(), Value::Object(headers.collect()));
        Value::Object(params)
    }

    /// The method and the URL of the request over REST, where the POS registered that
    /// URL.
    ///
    /// # Errors
    /// If the contract of the capability is not published, or an id cannot be a segment
    /// of a path.
    pub fn rest(&self, registered: &str) -> Result<(Method, String), &'static str> {
        let unpublished = "The request has no published form over REST.";
        let (method, path) = self.capability.rest().ok_or(unpublished)?;
        // A URL with one of these is one without it, however it is escaped.
        let is_lost = |(_, id): &(_, String)| ["", ".", ".."].contains(&id.as_str());
        if self.ids.iter().any(is_lost) {
            return Err("The id cannot be part of a URL.");
        }
        let template = match registered.contains('{') {
            true => registered.to_owned(),
            false => format!("{}{path}", registered.trim_end_matches('/')),
        };
        Ok((method, self.filled(&template)))
    }

    /// A template with the ids in the place of their names, whose case does not matter.
    fn filled(&self, template: &str) -> String {
        let mut url = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, name, after)) = placeholder(rest) {
            url.push_str(before);
            let id = self.ids.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            let id = id.map_or("", |(_, id)| id);
            url.extend(utf8_percent_encode(id, SEGMENT));
            rest = after;
        }
        url.push_str(rest);
        url
    }
}

/// The first name in braces, with what comes before and after it.
fn placeholder(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// The names in braces of a template.
pub fn placeholders(mut template: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some((_, name, after)) = placeholder(template) {
        names.push(name);
        template = after;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use url::Url;

    const ORDER: Capability = Capability::GetOrderById;

    #[test]
    fn a_base_gets_the_path_and_a_template_the_ids() {
        let url = |registered: &str, id: &str| {
            let request = Request::new(ORDER, &Origin::default(), &[("orderId", id)]);
            let (method, url) = request.rest(registered).expect("a URL");
            assert_eq!(method, Method::GET);
            url
        };
        assert_eq!(
            url("https://a.example/x/", "1"),
            "https://a.example/x/v1/orders/1"
        );
        assert_eq!(
            url("https://a.example", "a/b?c"),
            "https://a.example/v1/orders/a%2Fb%3Fc"
        );
        assert_eq!(
            url("https://a.example/o/{orderID}", "a.b"),
            "https://a.example/o/a%2Eb"
        );
    }

    #[test]
    fn preview_capabilities_cannot_be_called_over_rest() {
        let request = Request::new(Capability::SearchMenus, &Origin::default(), &[]);
        assert!(request.rest("https://a.example").is_err());
    }

    #[test]
    fn an_id_that_a_url_would_lose_is_refused() {
        for id in ["", ".", ".."] {
            let request = Request::new(ORDER, &Origin::default(), &[("orderId", id)]);
            assert!(request.rest("https://a.example").is_err(), "{id}");
        }
    }

    #[test]
    fn parameters_hold_ids_and_headers() {
        let origin = Origin {
            request_id: "r".to_owned(),
            waiter_id: Some("42".to_owned()),
            product: Some("Pay at Table"),
            ..Origin::default()
        };
        let headers = json!({ "waiterId": "42", "dojoRequestingProduct": "Pay at Table" });
        let request = Request::new(ORDER, &origin, &[("orderId", "1")]);
        let expected = json!({ "orderId": "1", "headers": headers });
        assert_eq!(request.params(), expected);
        let party = Request::new(Capability::UpdateParty, &origin, &[("partyId", "7")]);
        let party = party.with(&json!({ "status": "Paid" }));
        let expected = json!({ "status": "Paid", "id": "7", "headers": headers });
        assert_eq!(party.params(), expected);
        let areas = Request::new(Capability::ListAreas, &Origin::default(), &[]);
        assert_eq!(areas.params(), json!({ "headers": {} }));
    }

    proptest! {
        #[test]
        fn an_id_is_one_segment_whatever_it_is(id in ".{1,40}") {
            prop_assume!(id != "." && id != "..");
            let request = Request::new(ORDER, &Origin::default(), &[("orderId", &id)]);
            let (_, url) = request.rest("https://a.example/base").expect("a URL");
            let url = Url::parse(&url).expect("a URL");
            let segments: Vec<_> = url.path_segments().expect("segments").collect();
            prop_assert_eq!(segments.len(), 4);
            let last = percent_encoding::percent_decode_str(segments[3]).decode_utf8();
            prop_assert_eq!(last.expect("UTF-8"), id);
            prop_assert_eq!(url.query(), None);
        }
    }
}
