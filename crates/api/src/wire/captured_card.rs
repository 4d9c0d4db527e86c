//! Cards that merchants' own servers capture.

use jiff::Timestamp;
use serde::Deserialize;
use tatami_core::secret::SecretText;
use utoipa::ToSchema;

use super::setup_intent::CreateSetupIntentRequest;

/// A setup intent to create and authorize with a card that the merchant's own server
/// captured.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenizeCardRequest {
    /// The setup intent to create.
    #[serde(flatten)]
    pub setup_intent: CreateSetupIntentRequest,
    /// The card that was captured.
    #[schema(required, value_type = CapturedCardDetails)]
    pub card: Option<CapturedCardDetails>,
    /// Consent of the card holder to the terms.
    #[schema(required, value_type = Consent)]
    pub consent: Option<Consent>,
    /// Result of 3-D Secure, if the merchant authenticated the card holder.
    #[serde(rename = "threeDSecure")]
    pub three_d_secure: Option<ThreeDSecure>,
}

/// Details of a captured card.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapturedCardDetails {
    /// Card number: 12 to 19 digits.
    #[schema(required, value_type = String, max_length = 40, format = Password)]
    #[serde(default)]
    pub card_number: SecretText,
    /// Last month in which the card is valid, as `MM/YY` or `MM/YYYY`.
    #[schema(required, value_type = String, max_length = 10, format = Password)]
    #[serde(default)]
    pub expiry_date: SecretText,
    /// Security code of the card: 3 digits, or 4 for American Express. Optional; never
    /// stored.
    #[schema(required = false, value_type = Option<String>, max_length = 4, format = Password)]
    #[serde(default)]
    pub cv2: SecretText,
    /// Name of the card holder as printed on the card.
    #[schema(required, value_type = String, min_length = 1, max_length = 100, format = Password)]
    #[serde(default)]
    pub cardholder_name: SecretText,
}

/// Consent of a card holder to the terms of a setup intent.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    /// Must be `true`: the card holder agreed to the terms.
    #[schema(required, value_type = bool)]
    pub given: Option<bool>,
    /// When the card holder agreed (ISO 8601, not in the future); the time of the
    /// request if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub given_at: Option<Timestamp>,
}

/// Result of a 3-D Secure authentication.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreeDSecure {
    /// Version of the 3-D Secure protocol, such as `2.2.0`.
    #[schema(max_length = 10)]
    pub version: Option<String>,
    /// Electronic commerce indicator (ECI): two digits.
    #[schema(required, value_type = String, min_length = 2, max_length = 2)]
    pub eci: Option<String>,
    /// Authentication value (CAVV or AAV) in base64.
    #[schema(max_length = 64)]
    pub authentication_value: Option<String>,
    /// Transaction id of the directory server.
    #[schema(max_length = 64)]
    pub ds_transaction_id: Option<String>,
}
