//! The configuration of an intent's checkout.

use serde::{Deserialize, Serialize};
use tatami_core::payment_intent as core;
use utoipa::ToSchema;

/// Whether something is asked of the payer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// Whether the page asks for it.
    #[schema(default = false, required = false, value_type = bool)]
    pub collection_required: Option<bool>,
}

/// What the page shows besides the amount.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownDetails {
    /// Whether the total is shown.
    #[schema(required = false, value_type = bool)]
    pub show_total: Option<bool>,
    /// Whether the reference is shown.
    #[schema(required = false, value_type = bool)]
    pub show_reference: Option<bool>,
}

/// Which amounts may be changed after creation.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPermissions {
    /// Whether the amount may be changed.
    #[schema(required = false, value_type = bool)]
    pub custom_amount_allowed: Option<bool>,
    /// Whether tips may be set.
    #[schema(required = false, value_type = bool)]
    pub tips_allowed: Option<bool>,
}

/// How the checkout page looks and where it leads.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentIntentConfigRequest {
    /// The page's title.
    #[schema(max_length = 100)]
    pub title: Option<String>,
    /// Where the payer goes after paying.
    #[schema(format = "uri", max_length = 2000)]
    pub redirect_url: Option<String>,
    /// Where the payer goes instead of paying.
    #[schema(format = "uri", max_length = 2000)]
    pub cancel_url: Option<String>,
    /// Whether the page asks for an e-mail address.
    pub customer_email: Option<Collection>,
    /// What the page shows besides the amount.
    pub details: Option<ShownDetails>,
    /// Whether the page asks for a billing address.
    pub billing_address: Option<Collection>,
    /// Whether the page asks for a shipping address.
    pub shipping_details: Option<Collection>,
    /// Which amounts may be changed.
    pub payment: Option<PaymentPermissions>,
}

/// The merchant's looks; nothing can be set yet.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Branding {
    /// A logo.
    #[schema(format = "uri")]
    pub logo_url: Option<String>,
    /// A small icon.
    #[schema(format = "uri")]
    pub favicon_url: Option<String>,
}

/// The configuration with what the page knows of the merchant.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentIntentConfigResponse<'a> {
    /// The page's title.
    #[schema(max_length = 100)]
    pub title: Option<&'a str>,
    /// Where the payer goes after paying.
    #[schema(format = "uri")]
    pub redirect_url: Option<&'a str>,
    /// Where the payer goes instead of paying.
    #[schema(format = "uri")]
    pub cancel_url: Option<&'a str>,
    /// Whether the page asks for an e-mail address.
    pub customer_email: Option<Collection>,
    /// What the page shows besides the amount.
    pub details: Option<ShownDetails>,
    /// Whether the page asks for a billing address.
    pub billing_address: Option<Collection>,
    /// Whether the page asks for a shipping address.
    pub shipping_details: Option<Collection>,
    /// Which amounts may be changed.
    pub payment: Option<PaymentPermissions>,
    /// The merchant's looks.
    pub branding: Branding,
    /// The name payers know the merchant by.
    pub trading_name: &'a str,
}

impl From<PaymentIntentConfigRequest> for core::Config {
    fn from(from: PaymentIntentConfigRequest) -> Self {
        let flag = |c: Collection| core::Flag {
            collection_required: c.collection_required.unwrap_or(false),
        };
        Self {
            title: from.title,
            redirect_url: from.redirect_url,
            cancel_url: from.cancel_url,
            customer_email: from.customer_email.map(flag),
            details: from.details.map(|d| core::Shown {
                show_total: d.show_total.unwrap_or(false),
                show_reference: d.show_reference.unwrap_or(false),
            }),
            billing_address: from.billing_address.map(flag),
            shipping_details: from.shipping_details.map(flag),
            payment: from.payment.map(|p| core::PaymentPermissions {
                custom_amount_allowed: p.custom_amount_allowed.unwrap_or(false),
                tips_allowed: p.tips_allowed.unwrap_or(false),
            }),
        }
    }
}

impl<'a> PaymentIntentConfigResponse<'a> {
    /// The configuration of an intent of a merchant with that trading name.
    pub fn of(config: Option<&'a core::Config>, trading_name: &'a str) -> Self {
        let unconfigured = Self {
            trading_name,
            ..Self::default()
        };
        let Some(config) = config else {
            return unconfigured;
        };
        let flag = |f: core::Flag| Collection {
            collection_required: Some(f.collection_required),
        };
        Self {
            title: config.title.as_deref(),
            redirect_url: config.redirect_url.as_deref(),
            cancel_url: config.cancel_url.as_deref(),
            customer_email: config.customer_email.map(flag),
            details: config.details.map(|d| ShownDetails {
                show_total: Some(d.show_total),
                show_reference: Some(d.show_reference),
            }),
            billing_address: config.billing_address.map(flag),
            shipping_details: config.shipping_details.map(flag),
            payment: config.payment.map(|p| PaymentPermissions {
                custom_amount_allowed: Some(p.custom_amount_allowed),
                tips_allowed: Some(p.tips_allowed),
            }),
            ..unconfigured
        }
    }
}
