//! 2024-02-05. After it, in 2025-09-10: several closed lists of words became
//! open ones, and `paymentDetails` gained `avsResult`.

use serde_json::Value;

use super::{Object, Version};

pub(super) const VERSION: Version = Version {
    date: "2024-02-05",
    always_shows_secret: false,
    upgrade: super::nothing_to_upgrade,
    downgrade,
    excuses: super::nothing_excused,
};

fn downgrade(intent: &mut Object) {
    let details = intent
        .get_mut("paymentDetails")
        .and_then(Value::as_object_mut);
    if let Some(details) = details {
        details.shift_remove("avsResult");
    }
}
