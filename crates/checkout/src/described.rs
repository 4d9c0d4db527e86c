//! The component endpoints as an OpenAPI document. They answer in a form of their own,
//! which published SDKs know, and are no part of the API's description.

use serde_json::{Map, Value, json};
use tatami_locale::Language;

use crate::answer::code;
use crate::card_form::ErrorKind;

/// An endpoint below `/connect-e`.
struct Endpoint {
    id: &'static str,
    path: &'static str,
    method: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    /// The schema of the body, if there is one.
    body: Option<&'static str>,
    /// The schema of the answer.
    answer: &'static str,
}

const CARDS: &str = "Cards";
const WALLETS: &str = "Wallets";
const AFTER: &str = "After a challenge";

const ENDPOINTS: [Endpoint; 13] = [
    Endpoint {
        id: "Components_Pay",
        path: "/api/payments/{token}",
        method: "post",
        tag: CARDS,
        summary: "Pay with a card",
        description: "Pays the payment intent of a client session secret, or saves the card of a setup intent. The secret pays once.",
        body: Some("Card"),
        answer: "Answer",
    },
    Endpoint {
        id: "Components_GetOutcome",
        path: "/api/payments/{token}",
        method: "get",
        tag: CARDS,
        summary: "Get the outcome of a payment",
        description: "Returns the outcome of what the secret was used for, if the answer was lost.",
        body: None,
        answer: "Answer",
    },
    Endpoint {
        id: "Components_PayWithSavedCard",
        path: "/api/payments/recurring/{token}",
        method: "post",
        tag: CARDS,
        summary: "Pay with a saved card",
        description: "Pays with a card of the customer whose secret opened the session.",
        body: Some("SavedCard"),
        answer: "Answer",
    },
    Endpoint {
        id: "Components_DeviceData",
        path: "/api/device-data/{token}",
        method: "post",
        tag: CARDS,
        summary: "Announce a payment",
        description: "Returns where an app collects device data before it pays. It checks the payer's details and changes nothing.",
        body: Some("Card"),
        answer: "DeviceData",
    },
    Endpoint {
        id: "Components_GetCaptcha",
        path: "/api/payments/{token}/captcha",
        method: "get",
        tag: CARDS,
        summary: "Get the challenge of the captcha",
        description: "Returns the challenge from which a page computes its `Captcha-Proof`. Not found if the operator asks for no proof.",
        body: None,
        answer: "Challenge",
    },
    Endpoint {
        id: "Components_Complete",
        path: "/api/payments/{token}/three-ds-complete",
        method: "post",
        tag: AFTER,
        summary: "Continue after 3-D Secure",
        description: "Ends a payment whose card holder was at the bank. The proof is what the bank's page posted back.",
        body: Some("Proof"),
        answer: "Answer",
    },
    Endpoint {
        id: "Components_CompleteInApp",
        path: "/mobile/payments/{token}/three-ds-complete",
        method: "post",
        tag: AFTER,
        summary: "Continue after 3-D Secure in an app",
        description: "The same as for pages, under the path that published SDKs of apps use.",
        body: Some("Proof"),
        answer: "Answer",
    },
    Endpoint {
        id: "Components_GooglePay",
        path: "/api/payments/{token}/google-pay",
        method: "post",
        tag: WALLETS,
        summary: "Pay with Google Pay",
        description: "Pays with the token that Google Pay made for this payment. A token pays once.",
        body: Some("GooglePay"),
        answer: "Answer",
    },
    Endpoint {
        id: "Components_DecryptGooglePay",
        path: "/api/payments/{token}/google-pay/decrypt-token",
        method: "post",
        tag: WALLETS,
        summary: "Inspect a Google Pay token",
        description: "Returns what a token of the sandbox's simulated sheet holds. Refused in production.",
        body: Some("GooglePay"),
        answer: "OpenedToken",
    },
    Endpoint {
        id: "Components_ApplePay",
        path: "/api/payments/{token}/apple-pay",
        method: "post",
        tag: WALLETS,
        summary: "Pay with Apple Pay",
        description: "Pays with the token that Apple Pay made for this payment. A token pays once.",
        body: Some("ApplePay"),
        answer: "Answer",
    },
    Endpoint {
        id: "Components_ApplePayInApp",
        path: "/cors/api/payments/{token}/apple-pay",
        method: "post",
        tag: WALLETS,
        summary: "Pay with Apple Pay in an app",
        description: "The same as for pages, under the path that published SDKs of apps use.",
        body: Some("ApplePay"),
        answer: "Answer",
    },
    Endpoint {
        id: "Components_GetWallets",
        path: "/api/payments/{token}/wallets",
        method: "get",
        tag: WALLETS,
        summary: "Ask which wallets a page may offer",
        description: "What a page asks the browser's wallets with; in a sandbox only that they are simulated.",
        body: None,
        answer: "Wallets",
    },
    Endpoint {
        id: "Components_StartApplePay",
        path: "/api/payments/{token}/apple-pay/session",
        method: "post",
        tag: WALLETS,
        summary: "Start a session of Apple Pay",
        description: "Gets the session from Apple that a page needs to open the sheet of Apple Pay.",
        body: Some("Domain"),
        answer: "MerchantSession",
    },
];

/// The document.
pub fn components_document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in &ENDPOINTS {
        let path = format!("/connect-e{}", endpoint.path);
        paths.entry(path).or_insert_with(|| json!({}))[endpoint.method] = described(endpoint);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Component endpoints",
            "version": "1.0.0",
            "description": "What pages with components and apps with the published SDKs call. \
                The client session secret in the path is all that they need: it opens one \
                payment intent or setup intent, and pays once.",
        },
        "tags": [
            { "name": CARDS, "description": "Pay with a card that is typed in or saved." },
            { "name": AFTER, "description": "Continue when the card holder comes back from the bank." },
            { "name": WALLETS, "description": "Pay with Apple Pay and Google Pay." },
        ],
        "security": [],
        "paths": paths,
        "components": { "schemas": schemas() },
    })
}

fn described(endpoint: &Endpoint) -> Value {
    let refused = |said: &str| json!({ "description": said, "content": { "application/json": { "schema": reference("Answer") } } });
    let mut described = json!({
        "operationId": endpoint.id,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": endpoint.description,
        "security": [],
        "parameters": [
            {
                "name": "token",
                "in": "path",
                "required": true,
                "description": "Client session secret of a payment intent or a setup intent.",
                "schema": { "type": "string" },
            },
        ],
        "responses": {
            "200": {
                "description": "The answer; of a payment, `statusCode` gives the outcome.",
                "content": { "application/json": { "schema": reference(endpoint.answer) } },
            },
            "400": refused("Something is wrong with the fields, or there is nothing to pay."),
            "401": refused("The secret was used, or is too old."),
            "403": refused("The proof of the captcha is missing or wrong, or the operation is allowed in the sandbox only."),
            "404": refused("There is no such secret, or no such endpoint."),
            "500": refused("The outcome is not known: the merchant's server should read the payment intent."),
            "503": refused("There is too much to do. `Retry-After` says when to try again."),
        },
    });
    if endpoint.method == "post" && endpoint.answer == "Answer" {
        let header = |name: &str, said: &str| json!({ "name": name, "in": "header", "required": false, "description": said, "schema": { "type": "string" } });
        if let Some(parameters) = described["parameters"].as_array_mut() {
            parameters.push(header(
                "Captcha-Proof",
                "The proof of the captcha, where the operator asks for one.",
            ));
            parameters.push(header(
                "IS-MOBILE",
                "`true` if it is an app, which cannot make such proofs.",
            ));
        }
    }
    if let Some(body) = endpoint.body {
        described["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": reference(body) } },
        });
    }
    described
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn text(said: &str) -> Value {
    json!({ "type": "string", "description": said })
}

fn example(said: &str, example: &str) -> Value {
    json!({ "type": "string", "description": said, "example": example })
}

fn object(said: &str, required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "description": said, "required": required, "properties": properties })
}

fn any(said: &str) -> Value {
    json!({ "type": "object", "description": said })
}

fn schemas() -> Value {
    json!({
        "Card": card(),
        "SavedCard": object("A saved card to pay with.", &["paymentMethodId", "cV2"], json!({
            "paymentMethodId": text("Id of the saved card."),
            "cV2": example("The card's verification value, which is never kept.", "123"),
        })),
        "Address": address(),
        "Proof": object("What the bank's page posted back.", &["transactionId"], json!({
            "transactionId": text("The `md` of the answer that asked for the challenge."),
            "paRes": text("What the bank says of its card holder."),
        })),
        "GooglePay": object("A payment by Google Pay.", &["token"], json!({
            "token": any("The `paymentMethodData.tokenizationData.token` of Google Pay, as text or as an object."),
        })),
        "ApplePay": object("A payment by Apple Pay.", &["token"], json!({
            "token": object("The token of Apple Pay.", &["paymentData"], json!({ "paymentData": any("What is encrypted for this installation.") })),
        })),
        "Domain": object("The page that opens the sheet.", &["domain"], json!({
            "domain": example("Host name of the page.", "shop.example"),
        })),
        "Answer": answer(),
        "FieldError": field_error(),
        "DeviceData": object("Where device data is posted to.", &["formAction", "token"], json!({
            "formAction": text("URL of the form that collects it."),
            "token": text("What the form posts with it."),
        })),
        "Challenge": any("What a proof is made from. Its form belongs to the captcha."),
        "OpenedToken": any("The card that a token holds, and how its holder was verified."),
        "Wallets": object("Which wallets a page may offer.", &[], json!({
            "simulated": json!({ "type": "boolean", "description": "`true` in a sandbox, whose sheet is simulated." }),
            "merchant": text("Name of the merchant on the sheet."),
            "amount": text("The amount as a decimal number."),
            "currencyCode": text("Currency of the amount (ISO 4217)."),
            "countryCode": text("Country of the merchant (ISO 3166-1)."),
            "applePay": json!({ "type": "boolean", "description": "Whether Apple Pay is set up for browsers." }),
            "googlePay": any("What Google Pay is asked with, if it is set up."),
        })),
        "MerchantSession": any("The session as Apple gave it, for the browser alone."),
    })
}

fn card() -> Value {
    object(
        "A card that its holder typed in, with the payer's other details. Names are read in any case.",
        &["cardNumber", "cardName", "expiryDate", "cV2"],
        json!({
            "cardNumber": example("Number of the card.", "4456530000001005"),
            "cardName": example("Name on the card.", "Ada Lovelace"),
            "expiryDate": example("Month and year in which the card expires.", "12 / 39"),
            "cV2": example("The card's verification value, which is never kept.", "123"),
            "userEmailAddress": text("Mail address of the payer."),
            "userPhoneNumber": text("Phone number of the payer."),
            "billingAddress": { "allOf": [reference("Address")], "description": "Address that the card's bills go to." },
            "shippingDetails": object("Who gets the goods, and where.", &[], json!({
                "name": text("Name of the receiver."),
                "deliveryNotes": text("Note for the delivery."),
                "address": reference("Address"),
            })),
            "metaData": json!({ "type": "object", "additionalProperties": { "type": "string" }, "description": "Pairs that the payment intent keeps." }),
            "savePaymentMethod": json!({ "type": "boolean", "description": "Whether the card is to be saved for the customer." }),
            "mitConsentGiven": json!({ "type": "boolean", "description": "Whether the card holder agreed to later charges without them." }),
        }),
    )
}

fn address() -> Value {
    object(
        "An address.",
        &[],
        json!({
            "address1": text("First line of the address."),
            "address2": text("Second line of the address."),
            "address3": text("Third line of the address."),
            "address4": text("Fourth line of the address."),
            "city": text("Town or city."),
            "state": text("State, county or province."),
            "postcode": text("Postal code of the address."),
            "countryCode": text("Country: two letters, three letters or the number of ISO 3166-1."),
        }),
    )
}

fn answer() -> Value {
    object(
        "The outcome of a request.",
        &["statusCode", "message"],
        json!({
            "statusCode": json!({
                "type": "integer",
                "enum": STATUS_CODES.map(|(code, _)| code),
                "description": said_of_codes(),
            }),
            "message": text("What to tell the payer, in the language of the request."),
            "authCode": text("Code by which the issuer approved it."),
            "transactionId": text("Id of the try."),
            "md": text("Id of the challenge, for the bank's page."),
            "stepUpUrl": text("URL of the bank's page that `md` and `paReq` are posted to."),
            "paReq": text("What the bank's page is posted, with the `md`."),
            "errors": json!({ "type": "array", "items": reference("FieldError"), "description": "Fields that are missing or wrong." }),
        }),
    )
}

fn field_error() -> Value {
    let kinds: Vec<String> = field_errors().map(|(kind, _)| kind).collect();
    object(
        "A field that is missing or wrong.",
        &["errorType", "message"],
        json!({
            "errorType": json!({ "type": "string", "enum": kinds, "description": "Which field it is, and what is wrong with it." }),
            "message": text("What to tell the payer."),
            "field": text("Path of the field, if the kind covers several fields."),
        }),
    )
}

/// The kinds of field errors, each with the English message for the payer.
pub fn field_errors() -> impl Iterator<Item = (String, &'static str)> {
    ErrorKind::ALL.into_iter().map(|kind| {
        let name = serde_json::to_value(kind).unwrap_or_default();
        let name = name.as_str().unwrap_or_default().to_owned();
        (name, Language::english().get(kind.key()))
    })
}

/// The codes of answers, and what they mean.
pub const STATUS_CODES: [(u16, &str); 15] = [
    (code::SUCCESSFUL, "paid, or the card is saved"),
    (code::AUTHORIZING, "a challenge: go on at the bank's page"),
    (code::REFERRED, "referred: the issuer wants to be called"),
    (code::DECLINED, "declined"),
    (code::DUPLICATE, "a duplicate of another payment"),
    (code::FAILED, "failed, or no more cards are taken for now"),
    (code::PROCESSING, "not known yet: ask again"),
    (code::LEFT, "the payer left the bank's page"),
    (code::WAITING, "the secret was not used yet"),
    (
        code::INVALID,
        "something is wrong with the fields, or there is nothing to pay",
    ),
    (code::BAD_TOKEN, "the secret was used, or is too old"),
    (code::FORBIDDEN, "not allowed"),
    (code::NO_TOKEN, "there is no such secret"),
    (code::BROKEN, "not known: read the payment intent"),
    (code::BUSY, "too much to do: try again"),
];

fn said_of_codes() -> String {
    let codes = STATUS_CODES.map(|(code, said)| format!("`{code}` {said}"));
    format!("Code of the outcome: {}.", codes.join("; "))
}
