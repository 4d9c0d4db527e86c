//! 2025-09-10. After it, in 2026-02-27, payment intents can be created with
//! `isNotOnlineCheckout`.

use super::Version;
use super::change::Change;
use crate::shape::Members;

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
