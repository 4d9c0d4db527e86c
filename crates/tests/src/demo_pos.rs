//! The demo POS, as a program of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::contract::answered_by_pos;
use crate::guard::Guard;
use crate::{App, binary};

/// A running `tatami demo-pos`, which is killed when this is dropped.
pub struct DemoPos {
    child: Child,
    guard: Guard,
    /// The URL of its page.
    pub url: String,
}

impl DemoPos {
    /// Starts it for the account of a client, and waits until it is registered.
    pub fn start(app: &App, transport: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(binary())
            .args(["demo-pos", "--listen", "127.0.0.1:0"])
            .args(["--platform", &app.base, "--key", &app.key])
            .args(["--transport", transport])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the demo POS can be started");
        let guard = Guard::over(child.id(), None);
        let output = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(output).lines();
        let url = lines.find_map(|line| {
            let line = line.expect("a line");
            line.strip_prefix("listening on ").map(str::to_owned)
        });
        Self {
            child,
            guard,
            url: url.expect("it says where it listens"),
        }
    }

    /// Stops it.
    pub fn stop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// A page of it.
    pub async fn get(&self, path: &str) -> String {
        let answer = reqwest::get(format!("{}{path}", self.url)).await;
        answer.expect("an answer").text().await.expect("a text")
    }

    /// Replaces its faults.
    pub async fn fail(&self, faults: &str) {
        let request = reqwest::Client::new().put(format!("{}/faults", self.url));
        let answer = request.body(faults.to_owned()).send().await;
        assert!(answer.expect("an answer").status().is_success(), "{faults}");
    }

    /// Asks its REST API as the platform does: an operation of that path template, of
    /// which the ids take the place of the names in braces. The answer has to be as it is
    /// published.
    pub async fn ask(
        &self,
        method: reqwest::Method,
        template: &str,
        ids: &[&str],
        body: &Value,
    ) -> (u16, Value) {
        let mut path = template.to_owned();
        for id in ids {
            let (before, rest) = path.split_once('{').expect("a name");
            let (_, after) = rest.split_once('}').expect("a name");
            path = format!("{before}{id}{after}");
        }
        let url = format!("{}{path}", self.url);
        let request = reqwest::Client::new().request(method.clone(), url);
        let request = request.basic_auth("dojo", Some("demo"));
        let request = match body {
            Value::Null => request,
            body => request.body(body.to_string()),
        };
        let answer = request.send().await;
        let answer = answer.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a text");
        let json = serde_json::from_str(&text).unwrap_or_default();
        answered_by_pos(method.as_str(), template, status, &json);
        (status, json)
    }
}

impl Drop for DemoPos {
    fn drop(&mut self) {
        self.stop();
        self.guard.dismiss();
    }
}
