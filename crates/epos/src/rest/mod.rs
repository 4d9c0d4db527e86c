//! Calls of a POS over REST.

#[cfg(test)]
mod tests;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response};
use serde_json::Value;
use tatami_delivery::Outbound;
use tatami_vault::InstallationKey;

use crate::capability::Capability;
use crate::contract::PosFault;
use crate::integration::{Integration, RestLink, password};
use crate::pos::PosError;
use crate::request::Request;

/// The largest answer that is read.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Calls POS systems over REST.
#[derive(Clone)]
pub struct RestClient {
    outbound: Outbound,
    key: InstallationKey,
}

/// A request that is ready to be sent, perhaps twice.
struct Prepared<'a> {
    client: &'a Client,
    method: Method,
    url: String,
    headers: HeaderMap,
    username: &'a str,
    password: zeroize::Zeroizing<String>,
    body: Option<Vec<u8>>,
}

fn not_sent(why: &str) -> PosError {
    PosError::NotSent(why.to_owned())
}

impl RestClient {
    /// Calls by `outbound`, with passwords that are sealed with `key`.
    pub const fn new(outbound: Outbound, key: InstallationKey) -> Self {
        Self { outbound, key }
    }

    /// Calls the POS of an integration. What certainly did not reach it is sent once
    /// more, and so is what may have, if it only reads.
    ///
    /// # Errors
    /// If the POS refuses, does not answer, or answers something else.
    pub async fn call(
        &self,
        integration: &Integration,
        request: &Request,
    ) -> Result<Value, PosError> {
        let link = integration.rest.as_ref();
        let link = link.ok_or(PosError::NotRegistered(request.capability))?;
        let prepared = self.prepared(integration, link, request)?;
        let answer = match self.send(&prepared).await {
            Err((true, PosError::NotSent(_))) => self.send(&prepared).await,
            Err((true, _)) if request.capability.only_reads() => self.send(&prepared).await,
            sent => sent,
        };
        answered(request.capability, answer.map_err(|(_, error)| error)?).await
    }

    fn prepared<'a>(
        &'a self,
        integration: &Integration,
        link: &'a RestLink,
        request: &Request,
    ) -> Result<Prepared<'a>, PosError> {
        let (method, url) = request.rest(&link.url).map_err(not_sent)?;
        let environment = integration.scope.environment;
        // Judged again, for the operator may allow less than at registration.
        let client = self.outbound.client(environment, &url);
        let client = client.map_err(PosError::NotSent)?;
        let password = password(&self.key, integration, link).map_err(PosError::NotSent)?;
        let body = request.body.as_ref().map(serde_json::to_vec).transpose();
        Ok(Prepared {
            client,
            method,
            url,
            headers: headers(request)?,
            username: &link.username,
            password,
            body: body.map_err(|error| not_sent(&error.to_string()))?,
        })
    }

    /// The answer's head; or what went wrong, and whether it was the connection rather
    /// than a timeout.
    async fn send(&self, prepared: &Prepared<'_>) -> Result<Response, (bool, PosError)> {
        let url = prepared.url.as_str();
        let request = prepared.client.request(prepared.method.clone(), url);
        let request = request
            .headers(prepared.headers.clone())
            .basic_auth(prepared.username, Some(prepared.password.as_str()));
        let request = match &prepared.body {
            Some(body) => request
                .header(http::header::CONTENT_TYPE, "application/json")
                .body(body.clone()),
            None => request,
        };
        request.send().await.map_err(|error| {
            let why = self.outbound.explain(&error);
            let by_line = !error.is_timeout();
            match error.is_connect() || error.is_builder() {
                true => (by_line, PosError::NotSent(why)),
                false => (by_line, PosError::Unanswered(why)),
            }
        })
    }
}

/// The headers that identify the requestor.
fn headers(request: &Request) -> Result<HeaderMap, PosError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    for (_, name, value) in request.origin.parts() {
        // Other characters are understood differently everywhere.
        let value = Some(value).filter(|value| value.is_ascii());
        let value = value.and_then(|value| HeaderValue::from_str(value).ok());
        let value = value.ok_or_else(|| not_sent(&format!("The {name} cannot be sent.")))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

/// What an answer says.
async fn answered(capability: Capability, answer: Response) -> Result<Value, PosError> {
    let status = answer.status();
    let body = whole(answer).await?;
    let json = match body.trim_ascii() {
        b"" => Some(Value::Null),
        text => serde_json::from_slice(text).ok(),
    };
    if !status.is_success() {
        return Err(PosError::Refused {
            fault: PosFault::read(&json.unwrap_or_default()),
            status: Some(status.as_u16()),
        });
    }
    let json = match json {
        Some(json) => json,
        // The status says it all.
        None if capability.only_acknowledges() => Value::Null,
        None => {
            let why = "The answer of the POS is not JSON.";
            return Err(PosError::Nonsense(why.to_owned()));
        }
    };
    match PosFault::in_result(&json) {
        Some(fault) => Err(PosError::Refused {
            fault,
            status: None,
        }),
        None => Ok(json),
    }
}

/// The body, if it is not too long.
async fn whole(mut answer: Response) -> Result<Vec<u8>, PosError> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER_BYTES => {
                let why = "The answer of the POS is longer than 1 MiB.";
                return Err(PosError::Nonsense(why.to_owned()));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(_) => {
                let why = "The answer of the POS broke off.";
                return Err(PosError::Unanswered(why.to_owned()));
            }
        }
    }
}
