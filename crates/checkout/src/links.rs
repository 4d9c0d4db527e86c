//! Links to the shop: where a payer goes after paying, or instead of it.

use tatami_core::link::parsed;
use tatami_core::payment_intent::{Config, PaymentIntent};
use url::Url;

/// Where the payer goes after paying: the shop's `redirectUrl` with the
/// intent's id added to its query. `None` if the shop named none that a browser
/// can be sent to.
pub fn return_url(intent: &PaymentIntent) -> Option<Url> {
    return_to(intent.details.config.as_ref(), intent.id.as_str())
}

/// The same, of any intent by its configuration and id.
pub fn return_to(config: Option<&Config>, id: &str) -> Option<Url> {
    with_id(shop_url(config?.redirect_url.as_deref()?)?, id)
}

/// Where the payer goes who does not want to pay.
pub fn cancel_url(intent: &PaymentIntent) -> Option<Url> {
    cancel_to(intent.details.config.as_ref())
}

/// The same, of any intent by its configuration.
pub fn cancel_to(config: Option<&Config>) -> Option<Url> {
    shop_url(config?.cancel_url.as_deref()?)
}

/// What a merchant has for a payer who has paid: a link of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Where it leads.
    pub url: String,
    /// What it says.
    pub label: String,
    /// The name under which it is to be stored, if it is a file.
    pub file: Option<String>,
}

/// The link for a payer who has paid, if it leads to a web page or a file.
pub fn action(intent: &PaymentIntent) -> Option<Action> {
    let link = intent.details.action_link.as_ref()?;
    let url = shop_url(&link.url)?;
    let web = matches!(url.scheme(), "http" | "https");
    let downloads = link.action.as_deref() == Some("DownloadFile");
    web.then(|| Action {
        url: url.into(),
        label: link.label.clone(),
        file: downloads.then(|| link.file_name.clone().unwrap_or_default()),
    })
}

/// Shops write the ampersands of their links as HTML now and then.
fn shop_url(text: &str) -> Option<Url> {
    parsed(&text.trim().replace("&amp;", "&"))
}

fn with_id(mut url: Url, id: &str) -> Option<Url> {
    let query = match url.query() {
        None | Some("") => format!("id={id}"),
        Some(query) => format!("{query}&id={id}"),
    };
    // Set as text: going through pairs would rewrite what the shop wrote.
    url.set_query(Some(&query));
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returned(text: &str) -> Option<String> {
        with_id(shop_url(text)?, "pi_sandbox_G_FeegU8WESxtY_Nct8jqw").map(String::from)
    }

    #[test]
    fn the_id_is_added_and_the_rest_kept() {
        for (given, expected) in [
            (
                "https://shop.example",
                "https://shop.example/?id=pi_sandbox_G_FeegU8WESxtY_Nct8jqw",
            ),
            (
                "https://shop.example/done#top",
                "https://shop.example/done?id=pi_sandbox_G_FeegU8WESxtY_Nct8jqw#top",
            ),
            (
                "http://shop.example/?wc-api=wc_dojo",
                "http://shop.example/?wc-api=wc_dojo&id=pi_sandbox_G_FeegU8WESxtY_Nct8jqw",
            ),
            (
                "https://shop.example/?order=7&amp;key=a%20b",
                "https://shop.example/?order=7&key=a%20b&id=pi_sandbox_G_FeegU8WESxtY_Nct8jqw",
            ),
            (
                "myshop://paid?x=1",
                "myshop://paid?x=1&id=pi_sandbox_G_FeegU8WESxtY_Nct8jqw",
            ),
            ("myapp://", "myapp://?id=pi_sandbox_G_FeegU8WESxtY_Nct8jqw"),
            (
                "com.shop.app:/paid",
                "com.shop.app:/paid?id=pi_sandbox_G_FeegU8WESxtY_Nct8jqw",
            ),
        ] {
            assert_eq!(returned(given).as_deref(), Some(expected));
        }
    }

    #[test]
    fn links_that_run_or_lead_nowhere_are_no_links() {
        for bad in [
            "javascript://shop.example/%0aalert(1)",
            "data:text/html,hi",
            " JavaScript:alert(1)",
            "/relative",
            "",
        ] {
            assert_eq!(returned(bad), None, "{bad}");
        }
    }
}
