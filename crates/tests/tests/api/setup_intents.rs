//! Setup intents: created, authorized by their payers, given up, expired.

use serde_json::json;
use tatami_tests::{
    APPROVED, App, CHALLENGED, DECLINED, NEWEST, Paid, booking, complete, give, prove, test_card,
};

use crate::{id, pounds, text, unknown};

#[tokio::test]
async fn a_setup_intent_is_as_documented() {
    let app = App::new();
    let setup = app
        .setup(json!({ "metadata": { "location-id": "77" }, "description": "Booking" }))
        .await;
    assert!(id(&setup).starts_with("si_sandbox_"), "{setup}");
    assert_eq!(setup["status"], "Created");
    assert_eq!(setup["setupEvents"], json!([]));
    assert_eq!(setup["paymentMethods"], json!(["Card"]));
    assert_eq!(setup["intendedAmount"], pounds(1000));
    assert_eq!(setup["merchantInitiatedTransactionType"], "NoShow");
    assert_eq!(setup["terms"], "If you do not come, we charge your card.");
    assert_eq!(setup["metadata"], json!({ "location-id": "77" }));
    assert_eq!(setup["paymentSource"], "api");
    assert!(!text(&setup, "clientSessionSecret").is_empty());
    assert_eq!(app.setup_now(&id(&setup)).await, setup);
    let without = app.setup(json!({ "intendedAmount": null })).await;
    assert!(without.get("intendedAmount").is_none(), "{without}");
}

#[tokio::test]
async fn names_and_amounts_are_read_leniently() {
    let app = App::new();
    let body = json!({
        "Reference": "Table 4",
        "MerchantInitiatedTransactionType": "unscheduled",
        "Terms": "As agreed.",
        "IntendedAmount": { "Value": "1000", "CurrencyCode": "GBP" },
    });
    let setup = app.send("/setup-intents/", body).await.expect(200);
    assert_eq!(setup["merchantInitiatedTransactionType"], "Unscheduled");
    assert_eq!(setup["intendedAmount"], pounds(1000));
}

#[tokio::test]
async fn every_broken_rule_is_named() {
    let app = App::new();
    let reply = app.send("/setup-intents", json!({})).await;
    let wanted = ["MerchantInitiatedTransactionType", "Reference", "Terms"];
    assert_eq!(reply.blames(400), wanted);
    for (changes, field) in [
        (
            json!({ "merchantInitiatedTransactionType": "Weekly" }),
            "MerchantInitiatedTransactionType",
        ),
        (json!({ "terms": "" }), "Terms"),
        (json!({ "terms": "t".repeat(10_241) }), "Terms"),
        (json!({ "reference": "r".repeat(61) }), "Reference"),
        (json!({ "captureMode": "Manual" }), "CaptureMode"),
        (
            json!({ "intendedAmount": { "value": 0, "currencyCode": "GBP" } }),
            "IntendedAmount.Value",
        ),
        (
            json!({ "intendedAmount": { "value": 1, "currencyCode": "USD" } }),
            "IntendedAmount.CurrencyCode",
        ),
        (json!({ "expireAt": "2020-01-01T00:00:00Z" }), "ExpireAt"),
        (json!({ "paymentMethods": ["Cheque"] }), "PaymentMethods[0]"),
        (
            json!({ "config": { "redirectUrl": "javascript://x" } }),
            "Config.RedirectUrl",
        ),
    ] {
        let reply = app.send("/setup-intents", booking(changes)).await;
        assert_eq!(reply.blames(400), [field]);
    }
}

#[tokio::test]
async fn a_payer_who_agrees_authorizes_it_and_no_money_moves() {
    let app = App::new();
    let setup = app.setup(json!({})).await;
    let secret = text(&setup, "clientSessionSecret");
    let given = Paid::of(&give(&app, &secret, APPROVED, true).await);
    assert_eq!(given.code, 0, "{}", given.answer);
    let now = app.setup_now(&id(&setup)).await;
    assert_eq!(now["status"], "Authorized");
    let details = &now["paymentDetails"];
    assert_eq!(details["message"], "VERIFIED");
    assert_eq!(details["card"]["cardNumber"], "44565300****1005");
    assert!(
        text(details, "paymentMethodId").starts_with("pm_sandbox_"),
        "{now}"
    );
    assert_eq!(now["setupEvents"][0]["eventType"], "Authorized");
    let books = app.books().await;
    assert_eq!(books.len(), 1);
    assert!(books[0].is("verify"), "{books:?}");
    assert_eq!(books[0].amount, 0);

    let again = Paid::of(&give(&app, &secret, APPROVED, true).await);
    assert_eq!(again.code, 401, "a secret serves once: {}", again.answer);
    let path = format!(
        "/setup-intents/{}/refresh-client-session-secret",
        id(&setup)
    );
    app.post(&path).await.problem(400);
}

#[tokio::test]
async fn nothing_is_kept_without_consent() {
    let app = App::new();
    let setup = app.setup(json!({})).await;
    let secret = text(&setup, "clientSessionSecret");
    let reply = give(&app, &secret, APPROVED, false).await;
    let answer = reply.expect(400);
    assert_eq!(answer["errors"][0]["errorType"], "mitConsentRequired");
    assert_eq!(app.setup_now(&id(&setup)).await["status"], "Created");
    assert!(app.books().await.is_empty());
    let given = Paid::of(&give(&app, &secret, APPROVED, true).await);
    assert_eq!(given.code, 0, "nothing was tried before: {}", given.answer);
}

#[tokio::test]
async fn a_refused_card_leaves_it_open_for_another() {
    let app = App::new();
    let setup = app.setup(json!({})).await;
    let refused = Paid::of(&give(&app, &text(&setup, "clientSessionSecret"), DECLINED, true).await);
    assert_eq!(refused.code, 5, "{}", refused.answer);
    let now = app.setup_now(&id(&setup)).await;
    assert_eq!(now["status"], "Created");
    assert_eq!(now["setupEvents"][0]["eventType"], "Declined");
    assert!(now.get("paymentDetails").is_none(), "{now}");
    let path = format!(
        "/setup-intents/{}/refresh-client-session-secret",
        id(&setup)
    );
    let fresh = app.post(&path).await.expect(200);
    let given = Paid::of(&give(&app, &text(&fresh, "clientSessionSecret"), APPROVED, true).await);
    assert_eq!(given.code, 0, "{}", given.answer);
    assert_eq!(app.setup_now(&id(&setup)).await["status"], "Authorized");
}

#[tokio::test]
async fn its_payer_is_asked_by_the_bank() {
    let app = App::new();
    for (decision, status) in [("approve", "Authorized"), ("refuse", "Created")] {
        let setup = app.setup(json!({})).await;
        let secret = text(&setup, "clientSessionSecret");
        let device = format!("/connect-e/api/device-data/{secret}");
        app.stranger().send(&device, json!({})).await.expect(200);
        let asked = Paid::of(&give(&app, &secret, CHALLENGED, true).await);
        assert_eq!(asked.code, 3, "{}", asked.answer);
        assert_eq!(app.setup_now(&id(&setup)).await["status"], "Created");
        let proof = prove(&app, &asked.answer, decision).await;
        let done = complete(&app, &secret, &asked.answer, &proof).await;
        assert_eq!(done.code == 0, decision == "approve", "{}", done.answer);
        let now = app.setup_now(&id(&setup)).await;
        assert_eq!(now["status"], status);
        assert_eq!(now["setupEvents"][0]["eventType"], "AuthChallenged");
        let again = complete(&app, &secret, &asked.answer, &proof).await;
        assert_ne!(again.code, 0, "{}", again.answer);
    }
}

#[tokio::test]
async fn a_payer_sees_what_a_payer_may_see() {
    let app = App::new();
    let setup = app
        .setup(json!({
            "metadata": { "margin": "300" },
            "customer": { "emailAddress": "ada@example.com" },
            "billingAddress": { "countryCode": "GB", "postcode": "N1 1AA" },
        }))
        .await;
    let path = format!("/setup-intents/public/{}", id(&setup));
    let seen = app.stranger().get(&path).await.expect(200);
    assert_eq!(seen["id"], setup["id"]);
    assert_eq!(seen["terms"], setup["terms"]);
    assert_eq!(seen["clientSessionSecret"], setup["clientSessionSecret"]);
    assert!(seen["merchantConfig"]["supportedPaymentMethods"]["cardSchemes"].is_array());
    for private in [
        "metadata",
        "customer",
        "billingAddress",
        "setupEvents",
        "paymentDetails",
    ] {
        assert!(seen.get(private).is_none(), "{private}: {seen}");
        assert!(
            private.ends_with("Details") || setup.get(private).is_some(),
            "{private}"
        );
    }
    let fresh = format!("{path}/refresh-client-session-secret");
    let fresh = app.stranger().post(&fresh).await.expect(200);
    assert_ne!(fresh["clientSessionSecret"], setup["clientSessionSecret"]);
    let old = give(&app, &text(&setup, "clientSessionSecret"), APPROVED, true).await;
    assert_eq!(Paid::of(&old).code, 401);
    let new = give(&app, &text(&fresh, "clientSessionSecret"), APPROVED, true).await;
    assert_eq!(Paid::of(&new).code, 0);
    app.stranger()
        .post(&format!("{path}/refresh-client-session-secret"))
        .await
        .problem(400);
}

#[tokio::test]
async fn ids_are_checked_and_other_accounts_see_nothing() {
    let app = App::new();
    let setup = id(&app.setup(json!({})).await);
    let other = App::new();
    for (path, status) in [
        (format!("/setup-intents/{setup}"), 404),
        (format!("/setup-intents/{}", unknown("si")), 404),
        ("/setup-intents/si_sandbox_T".to_owned(), 400),
    ] {
        other.get(&path).await.problem(status);
        other.delete(&path).await.problem(status);
        let fresh = format!("{path}/refresh-client-session-secret");
        other.post(&fresh).await.problem(status);
    }
    for (at, status) in [(unknown("si"), 404), ("pi_sandbox_T".to_owned(), 400)] {
        let path = format!("/setup-intents/public/{at}");
        app.stranger().get(&path).await.problem(status);
        let fresh = format!("{path}/refresh-client-session-secret");
        app.stranger().post(&fresh).await.problem(status);
    }
    app.stranger()
        .get(&format!("/setup-intents/{setup}"))
        .await
        .problem(401);
    app.stranger()
        .send("/setup-intents", booking(json!({})))
        .await
        .problem(401);
    app.stranger()
        .delete(&format!("/setup-intents/{setup}"))
        .await
        .problem(401);
}

#[tokio::test]
async fn one_without_a_card_is_canceled_and_one_with_a_card_closed_if_asked() {
    let app = App::new();
    let open = id(&app.setup(json!({})).await);
    let canceled = app
        .delete(&format!("/setup-intents/{open}"))
        .await
        .expect(200);
    assert_eq!(canceled["status"], "Canceled");
    app.delete(&format!("/setup-intents/{open}"))
        .await
        .problem(400);

    let kept = app.set_up(json!({}), APPROVED).await;
    let path = format!("/setup-intents/{kept}");
    let told = app.delete(&path).await.detail(400);
    assert!(told.contains("includeAuthorized"), "{told}");
    app.delete(&format!("{path}?includeAuthorized=perhaps"))
        .await
        .problem(400);
    assert_eq!(app.setup_now(&kept).await["status"], "Authorized");
    let bill = app.bill(&kept).await;
    let closed = app
        .delete(&format!("{path}?includeAuthorized=true"))
        .await
        .expect(200);
    assert_eq!(closed["status"], "Closed");
    assert!(
        closed["paymentDetails"].get("paymentMethodId").is_none(),
        "{closed}"
    );
    app.delete(&format!("{path}?includeAuthorized=true"))
        .await
        .problem(400);
    app.charge(&bill).await.problem(400);
    let first = app.get(&path).version("2022-04-07").await.expect(200);
    assert_eq!(first["status"], "Canceled", "there was no other word");
    assert!(first.get("expireAt").is_none(), "{first}");
}

#[tokio::test]
async fn it_expires_without_a_card() {
    let app = App::new();
    let soon = (app.now().await + std::time::Duration::from_secs(3600)).to_string();
    let setup = app.setup(json!({ "expireAt": soon })).await;
    let default = id(&app.setup(json!({})).await);
    app.advance("00:59:00").await;
    assert_eq!(app.setup_now(&id(&setup)).await["status"], "Created");
    app.advance("00:02:00").await;
    assert_eq!(app.setup_now(&id(&setup)).await["status"], "Expired");
    let secret = text(&setup, "clientSessionSecret");
    assert_eq!(
        Paid::of(&give(&app, &secret, APPROVED, true).await).code,
        401
    );
    app.delete(&format!("/setup-intents/{}", id(&setup)))
        .await
        .problem(400);
    assert_eq!(app.setup_now(&default).await["status"], "Created");
    app.advance("30.00:00:00").await;
    assert_eq!(app.setup_now(&default).await["status"], "Expired");
}

#[tokio::test]
async fn its_card_expires() {
    let app = App::new();
    let kept = app.set_up(json!({}), APPROVED).await;
    let bill = app.bill(&kept).await;
    app.advance("5000.00:00:00").await;
    let now = app.setup_now(&kept).await;
    assert_eq!(now["status"], "CardExpired", "{now}");
    assert!(
        now["paymentDetails"].get("paymentMethodId").is_none(),
        "{now}"
    );
    app.charge(&bill).await.problem(400);
}

#[tokio::test]
async fn what_the_bank_never_answered_settles_by_itself() {
    let app = App::new();
    for about in ["its answer is lost", "request is lost"] {
        let number = test_card(&app, about).await;
        let card = tatami_tests::Card {
            number: &number,
            cv2: "020",
        };
        let setup = app.setup(json!({})).await;
        let secret = text(&setup, "clientSessionSecret");
        let given = Paid::of(&give(&app, &secret, card, true).await);
        let status = app.setup_now(&id(&setup)).await["status"].clone();
        // The acquirer was asked at once what became of the verification.
        match given.code {
            0 => assert_eq!(status, "Authorized", "{about}"),
            _ => assert_eq!(status, "Created", "{about}: {}", given.answer),
        }
        assert!([0, 30].contains(&given.code), "{about}: {}", given.answer);
    }
}

#[tokio::test]
async fn a_request_that_is_sent_again_makes_no_second_one() {
    let app = App::new();
    let ask = || app.send("/setup-intents", booking(json!({}))).key("once");
    let first = ask().await.expect(200);
    assert_eq!(ask().await.expect(200), first);
    let other = app
        .send("/setup-intents", booking(json!({ "reference": "Other" })))
        .key("once");
    other.await.problem(409);
}

#[tokio::test]
async fn older_versions_read_it_too() {
    let app = App::new();
    for version in ["2022-04-07", "2024-02-05", "2025-09-10", NEWEST] {
        let reply = app
            .send("/setup-intents", booking(json!({})))
            .version(version)
            .await;
        let setup = reply.expect(200);
        assert_eq!(setup["status"], "Created", "{version}");
        assert_eq!(
            setup.get("expireAt").is_some(),
            version > "2022-04-07",
            "{version}"
        );
    }
}
