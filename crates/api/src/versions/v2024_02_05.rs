//! 2024-02-05. After it, in 2025-09-10: several closed lists of words became
//! open ones, `paymentDetails` gained `avsResult`, and unlinked refunds
//! `cardholderNotPresent`.

use super::Version;
use super::change::{Change, words};

pub(super) const VERSION: Version = Version {
    date: "2024-02-05",
    always_shows_secret: false,
    hides_canceled: true,
    upgrade: super::nothing_to_upgrade,
    changes: &[
        Change::Added("PaymentDetails", &["avsResult"]),
        Change::Added("TerminalSessionUnlinkedRefund", &["cardholderNotPresent"]),
        words("Card", "cardFundingType", &FUNDING),
        words("Card", "entryMode", &ENTRY),
        words("Card", "verificationMethod", &VERIFICATION),
        words("CardDetails", "scheme", &SCHEMES),
        words("Error", "code", &CODES),
        words("PaymentIntent", "paymentMethods", &METHODS),
        words("PublicPaymentIntent", "paymentMethods", &METHODS),
        words("SetupIntentPublicResponse", "paymentMethods", &METHODS),
        words(
            "SetupIntentPublicResponse",
            "merchantInitiatedTransactionType",
            &["NoShow", "Unscheduled"],
        ),
        words("SupportedPaymentMethods", "cardSchemes", &SCHEMES),
        words("SupportedPaymentMethods", "wallets", &WALLETS),
        words("TerminalSessionNotification", "notificationType", &SHOWN),
        words("TerminalSessionPaymentResponse", "entryMode", &ENTRY),
        words(
            "TerminalSessionPaymentResponse",
            "verificationMode",
            &VERIFICATION,
        ),
    ],
    excuses: super::nothing_excused,
};

const CODES: [&str; 3] = ["INTERNAL_ERROR", "TERMINAL_UNAVAILABLE", "INVALID_REQUEST"];
const ENTRY: [&str; 5] = [
    "Contactless",
    "ContactChip",
    "Magstripe",
    "ManualEntry",
    "Unknown",
];
const FUNDING: [&str; 5] = ["Unknown", "Debit", "Credit", "Charge", "Prepaid"];
const METHODS: [&str; 3] = ["Card", "Wallet", "SavedCard"];
const SCHEMES: [&str; 6] = ["VISA", "MASTERCARD", "MAESTRO", "DISCOVER", "DCI", "AMEX"];
const SHOWN: [&str; 9] = [
    "Approved",
    "Declined",
    "InsertCard",
    "EnterPin",
    "PleaseWait",
    "PresentCard",
    "PresentOnlyOneCard",
    "RemoveCard",
    "CardUnsupported",
];
const VERIFICATION: [&str; 4] = ["Pin", "Signature", "Device", "None"];
const WALLETS: [&str; 2] = ["APPLE_PAY", "GOOGLE_PAY"];
