//! Published Python samples: handlers of a web framework whose lines have run
//! into one. What is run is the part that calls the API, up to the answer.

/// The words that statements of the samples begin with.
const STATEMENTS: [&str; 6] = [
    "conn = ",
    "payload = ",
    "headers = ",
    "conn.request(",
    "res = ",
    "data = ",
];
const CALL: &str = "conn.request(\"POST\", \"/payment-intents/\"";
const ANSWER: &str = "data = res.read()";
/// A comment whose end is lost, in the middle of a value.
const COMMENT: &str = "# <-- Change to your secret key";

/// A sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script(String);

/// The samples in a page that create a payment intent.
pub fn find(page: &str) -> Vec<Script> {
    page.lines()
        .filter(|line| line.contains(CALL) && line.contains(ANSWER))
        .filter_map(|line| {
            let line = line.replace(COMMENT, "");
            let start = line.find("conn = ").or_else(|| line.find("payload = "))?;
            let end = line.find(ANSWER)? + ANSWER.len();
            let flat = line[..end].get(start..)?;
            Some(Script(statements(flat)))
        })
        .collect()
}

/// One statement a line again; comments stay at the ends of lines.
fn statements(flat: &str) -> String {
    let mut text = flat.to_owned();
    for statement in STATEMENTS {
        text = text.replace(&format!(" {statement}"), &format!("\n{statement}"));
    }
    text
}

impl Script {
    /// What it does, for the report.
    pub fn what(&self) -> &'static str {
        "POST /payment-intents/"
    }

    /// The program that sends it to another address and looks at the answer.
    pub fn code(&self, address: &str) -> String {
        let published = r#"http.client.HTTPSConnection("api.dojo.tech")"#;
        let local = format!("http.client.HTTPConnection(\"{address}\")");
        // Half of the samples take the connection for granted.
        let calls = self.0.replace(published, &local);
        format!(
            "import http.client, json\nconn = {local}\n{calls}\n\
             assert res.status == 200, (res.status, data)\n\
             assert json.loads(data)[\"id\"].startswith(\"pi_sandbox_\"), data\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_handler_becomes_statements() {
        let page = r#"def hello(): # POST conn = http.client.HTTPSConnection("api.dojo.tech") # call payload = json.dumps({ "a": 1 }) headers = { 'Authorization': "Basic k" # <-- Change to your secret key } conn.request("POST", "/payment-intents/", payload, headers) # handling res = conn.getresponse() data = res.read() resp_data = {}"#;
        let [script] = find(page).try_into().expect("one sample");
        let code = script.code("127.0.0.1:9");
        let calls: Vec<&str> = code.lines().skip(2).collect();
        assert_eq!(
            calls[..6],
            [
                r#"conn = http.client.HTTPConnection("127.0.0.1:9") # call"#,
                r#"payload = json.dumps({ "a": 1 })"#,
                r#"headers = { 'Authorization': "Basic k"  }"#,
                r#"conn.request("POST", "/payment-intents/", payload, headers) # handling"#,
                "res = conn.getresponse()",
                "data = res.read()",
            ]
        );
    }
}
