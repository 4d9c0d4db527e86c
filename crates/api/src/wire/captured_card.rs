//! Cards that merchants' own servers capture.

use jiff::Timestamp;
use serde::Deserialize;
use tatami_core::secret::SecretText;
use utoipa::ToSchema;

use super::setup_intent::CreateSetupIntentRequest;

/// A setup intent to create and to authorize with a captured card.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenizeCardRequest {
    /// The setup intent.
    #[serde(flatten)]
    pub setup_intent: CreateSetupIntentRequest,
    /// The card.
    #[schema(required, value_type = CapturedCardDetails)]
    pub card: Option<CapturedCardDetails>,
    /// That its holder agreed to the terms.
    #[schema(required, value_type = Consent)]
    pub consent: Option<Consent>,
    /// What the merchant's own 3-D Secure said, if the holder was asked.
    #[serde(rename = "threeDSecure")]
    pub three_d_secure: Option<ThreeDSecure>,
}

/// A card.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapturedCardDetails {
    /// 12 to 19 digits.
    #[schema(required, value_type = String, max_length = 40)]
    #[serde(default)]
    pub card_number: SecretText,
    /// The last month it is good for: `MM/YY` or `MM/YYYY`.
    #[schema(required, value_type = String, max_length = 10)]
    #[serde(default)]
    pub expiry_date: SecretText,
    /// The verification value, if it was captured; it is never kept.
    #[schema(required = false, value_type = Option<String>, max_length = 4)]
    #[serde(default)]
    pub cv2: SecretText,
    /// The name on the card.
    #[schema(required, value_type = String, min_length = 1, max_length = 100)]
    #[serde(default)]
    pub cardholder_name: SecretText,
}

/// That a card holder agreed to the terms.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    /// Whether.
    #[schema(required, value_type = bool)]
    pub given: Option<bool>,
    /// When; now, if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub given_at: Option<Timestamp>,
}

/// The outcome of 3-D Secure.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreeDSecure {
    /// The version of the protocol (`2.2.0`).
    #[schema(max_length = 10)]
    pub version: Option<String>,
    /// The electronic commerce indicator: two digits.
    #[schema(required, value_type = String, min_length = 2, max_length = 2)]
    pub eci: Option<String>,
    /// The authentication value (CAVV or AAV), base64.
    #[schema(max_length = 64)]
    pub authentication_value: Option<String>,
    /// The directory server's transaction id.
    #[schema(max_length = 64)]
    pub ds_transaction_id: Option<String>,
}
