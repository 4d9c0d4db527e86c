//! Setup intents in older versions. In 2024-02-05 they gained `expireAt`,
//! `paymentDetails`, `paymentSource`, `requestSecurity` and the status `Closed`;
//! in 2025-09-10, `paymentDetails` gained `avsResult`.

use serde_json::Value;

use super::{Object, Version};

const LATER: [&str; 4] = [
    "expireAt",
    "paymentDetails",
    "paymentSource",
    "requestSecurity",
];

impl Version {
    /// Makes a setup intent of the newest version one of this version.
    pub fn downgrade_setup(&self, intent: &mut Value) {
        let Value::Object(intent) = intent else {
            return;
        };
        if self.date < "2025-09-10" {
            without_address_check(intent);
        }
        if self.date < "2024-02-05" {
            first(intent);
        }
    }
}

fn without_address_check(intent: &mut Object) {
    let details = intent
        .get_mut("paymentDetails")
        .and_then(Value::as_object_mut);
    if let Some(details) = details {
        details.shift_remove("avsResult");
    }
}

fn first(intent: &mut Object) {
    for later in LATER {
        intent.shift_remove(later);
    }
    // One with a card that was given up had no status of its own.
    if intent
        .get("status")
        .is_some_and(|status| status == "Closed")
    {
        intent.insert("status".to_owned(), "Canceled".into());
    }
}

#[cfg(test)]
mod tests {
    use super::super::ALL;
    use serde_json::json;

    #[test]
    fn what_came_later_is_left_out() {
        let newest = json!({
            "id": "si_1", "status": "Closed", "expireAt": "e", "paymentSource": "api",
            "paymentDetails": { "message": "VERIFIED", "avsResult": "a" },
        });
        let seen = ALL.each_ref().map(|version| {
            let mut seen = newest.clone();
            version.downgrade_setup(&mut seen);
            seen
        });
        let mut second = newest.clone();
        second["paymentDetails"] = json!({ "message": "VERIFIED" });
        assert_eq!(seen[0], json!({ "id": "si_1", "status": "Canceled" }));
        assert_eq!(seen[1], second);
        assert_eq!(seen[2], newest);
        assert_eq!(seen[3], newest);
    }
}
