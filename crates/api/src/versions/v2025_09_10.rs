//! 2025-09-10. After it, in 2026-02-27, payment intents can be created with
//! `isNotOnlineCheckout`.

use tatami_http::shape::Members;

use super::Version;
use super::change::Change;

pub(super) const VERSION: Version = Version {
    date: "2025-09-10",
    always_shows_secret: false,
    hides_canceled: true,
    upgrade,
    changes: &[Change::Added(
        "CreatePaymentIntentRequest",
        &["isNotOnlineCheckout"],
    )],
    excuses: super::nothing_excused,
};

fn upgrade(body: &mut Members<'_>) {
    body.take("isNotOnlineCheckout");
}
