//! The configuration of an intent's checkout.

use serde::{Deserialize, Serialize};
use tatami_core::account::Account;
use tatami_core::branding;
use tatami_core::payment_intent as core;
use url::Url;
use utoipa::ToSchema;

/// Whether the checkout page asks for a detail.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// `true` if the payer must fill it in; `false` if left out.
    #[schema(default = false, required = false, value_type = bool)]
    pub collection_required: Option<bool>,
}

/// What the checkout page shows about the payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownDetails {
    /// `true` to show the total amount.
    #[schema(required = false, value_type = bool)]
    pub show_total: Option<bool>,
    /// `true` to show the merchant's reference.
    #[schema(required = false, value_type = bool)]
    pub show_reference: Option<bool>,
}

/// Which amounts may be changed after the payment intent is created.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPermissions {
    /// `true` if the amount may be changed by `POST
    /// /payment-intents/{paymentIntentId}/amount`.
    #[schema(required = false, value_type = bool)]
    pub custom_amount_allowed: Option<bool>,
    /// `true` if tips may be set by `POST
    /// /payment-intents/{paymentIntentId}/tips-amount`.
    #[schema(required = false, value_type = bool)]
    pub tips_allowed: Option<bool>,
}

/// Settings of the checkout page.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentIntentConfigRequest {
    /// Title of the checkout page.
    #[schema(max_length = 100)]
    pub title: Option<String>,
    /// URL that the payer is sent to after the payment. The id of the intent is added
    /// to its query as `id`.
    #[schema(format = "uri", max_length = 2000)]
    pub redirect_url: Option<String>,
    /// URL that the payer is sent to when they cancel.
    #[schema(format = "uri", max_length = 2000)]
    pub cancel_url: Option<String>,
    /// Whether the page asks for an e-mail address.
    pub customer_email: Option<Collection>,
    /// What the page shows about the payment.
    pub details: Option<ShownDetails>,
    /// Whether the page asks for a billing address.
    pub billing_address: Option<Collection>,
    /// Whether the page asks for a delivery address.
    pub shipping_details: Option<Collection>,
    /// Which amounts may be changed after creation.
    pub payment: Option<PaymentPermissions>,
}

/// How the merchant's pages look. Empty in answers to the merchant.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Branding {
    /// URL of the merchant's logo.
    #[schema(format = "uri")]
    pub logo_url: Option<String>,
    /// URL of the small icon in the browser's tab.
    #[schema(format = "uri")]
    pub favicon_url: Option<String>,
    /// Colour of buttons and links, as `#rrggbb`.
    pub primary_colour: Option<String>,
    /// Colour behind everything, as `#rrggbb`.
    pub background_colour: Option<String>,
}

impl Branding {
    /// What a merchant has set; nothing if they have not.
    pub fn of(set: Option<&branding::Branding>, public_url: &Url) -> Self {
        let Some(set) = set else {
            return Self::default();
        };
        let url = |path: Option<String>| Some(public_url.join(&path?).ok()?.into());
        Self {
            logo_url: url(set.logo_path()),
            favicon_url: url(set.favicon_path()),
            primary_colour: set.primary.map(|colour| colour.to_string()),
            background_colour: set.background.map(|colour| colour.to_string()),
        }
    }
}

/// Settings of the checkout page, with the merchant's name and branding.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentIntentConfigResponse<'a> {
    /// Title of the checkout page.
    #[schema(max_length = 100)]
    pub title: Option<&'a str>,
    /// URL that the payer is sent to after the payment.
    #[schema(format = "uri")]
    pub redirect_url: Option<&'a str>,
    /// URL that the payer is sent to when they cancel.
    #[schema(format = "uri")]
    pub cancel_url: Option<&'a str>,
    /// Whether the page asks for an e-mail address.
    pub customer_email: Option<Collection>,
    /// What the page shows about the payment.
    pub details: Option<ShownDetails>,
    /// Whether the page asks for a billing address.
    pub billing_address: Option<Collection>,
    /// Whether the page asks for a delivery address.
    pub shipping_details: Option<Collection>,
    /// Which amounts may be changed after creation.
    pub payment: Option<PaymentPermissions>,
    /// The merchant's branding: logo and icon.
    pub branding: Branding,
    /// Name under which customers know the merchant.
    pub trading_name: &'a str,
    /// Market of the merchant's country: `UK`, `IE`, `ES` or `IT`. Left out for other
    /// countries, and in answers to the merchant.
    #[schema(value_type = Option<String>)]
    pub market_id: Option<&'static str>,
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
    /// The same with what payers' pages and apps read besides.
    pub fn for_payer(
        config: Option<&'a core::Config>,
        account: &'a Account,
        branding: Branding,
    ) -> Self {
        Self {
            branding,
            market_id: account.market(),
            ..Self::of(config, &account.name)
        }
    }

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
