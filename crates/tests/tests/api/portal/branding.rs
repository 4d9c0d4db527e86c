//! The looks of a location's pages, set in the portal.

use serde_json::json;
use tatami_tests::Browser;

use super::owner;

const BOUNDARY: &str = "boundary-of-the-test";
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

/// A form with files, as browsers send one.
fn form(fields: &[(&str, &str)], logo: &str) -> String {
    let fields = fields.iter().map(|(name, value)| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    });
    let logo = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"logo.svg\"\r\n\
         Content-Type: image/svg+xml\r\n\r\n{logo}\r\n--{BOUNDARY}--\r\n"
    );
    fields.chain([logo]).collect()
}

#[tokio::test]
async fn a_logo_and_colours_are_set_by_a_form_and_seen_on_the_sample() {
    let (browser, app) = owner("sets-branding@example.com").await;
    let path = format!("/portal/{}/test/branding", app.account);
    let csrf = browser.csrf(&path).await;
    let send = async |browser: &Browser, fields: &[(&str, &str)], logo: &str| {
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        let request = app.stranger().post(&path).body(form(&fields, logo));
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        browser.asks(request.header("content-type", &kind)).await
    };
    let colours = [("primary", "#0a5c2f"), ("background", "#ffffff")];
    let set = send(&browser, &colours, SVG).await;
    set.goes_to(&format!("{path}?done=set"));
    let seen = app.get("/sandbox/branding").await.expect(200);
    assert_eq!(seen["primaryColour"], "#0a5c2f");
    assert!(
        seen["logo"]
            .as_str()
            .is_some_and(|logo| logo.starts_with("data:image/svg+xml;base64,"))
    );
    let sample = browser.get(&format!("{path}/sample")).await.text();
    assert!(
        sample.contains("/colours.css") && sample.contains("/logo.svg"),
        "{sample}"
    );
    // Colours that cannot be read together, and a logo that runs a script.
    let pale = [("primary", "#ffff00"), ("background", "#ffffff")];
    let refused = send(&browser, &pale, "").await;
    refused.expect_page(400, "must be at least 4.5");
    assert!(refused.text().contains("value=\"#ffff00\""));
    let bad = "<svg><script>alert(1)</script></svg>";
    send(&browser, &colours, bad)
        .await
        .expect_page(400, "must not have scripts");
    assert_eq!(app.get("/sandbox/branding").await.expect(200), seen);
    // A picture that is not chosen anew stays, and colours go back to the usual ones.
    let own = [("own-primary", "yes"), ("own-background", "yes")];
    send(&browser, &own, "")
        .await
        .goes_to(&format!("{path}?done=set"));
    let left = app.get("/sandbox/branding").await.expect(200);
    assert_eq!(left, json!({ "logo": seen["logo"] }));
    let cleared = browser.send(&path, &format!("{path}/clear"), &[]).await;
    cleared.goes_to(&format!("{path}?done=cleared"));
    assert_eq!(app.get("/sandbox/branding").await.expect(200), json!({}));
    let trail = browser.get("/portal/audit").await.text();
    for action in ["branding.set", "branding.clear"] {
        assert!(
            trail.contains(&format!("<code>{action}</code>")),
            "{action}"
        );
    }
    assert!(!trail.contains("base64"), "{trail}");
}
