//! The wallets of production: the operator's keys and names at Apple and at Google, what
//! Apple is asked, and Google's root keys, which change.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tatami_checkout::{ApplePay, GooglePay, MerchantSession, MerchantSessions, OperatorWallets};
use tatami_core::id::Environment;
use tatami_delivery::Outbound;
use tatami_wallets::google::{RecipientId, RootKeys};
use tatami_wallets::{PrivateKey, Wallets, apple, google};
use tokio::sync::{Semaphore, watch};
use zeroize::Zeroizing;

use super::WalletOptions;
use super::options::{AppleOptions, GoogleOptions};
use crate::Fault;

/// Where Apple gives merchant sessions to servers, whichever page asks for one.
const APPLE: &str = "https://apple-pay-gateway.apple.com/paymentservices/paymentSession";
/// Where Google publishes its root keys.
const GOOGLE_ROOTS: &str = "https://payments.developers.google.com/paymentmethodtoken/keys.json";
const PATIENCE: Duration = Duration::from_secs(10);
/// How often root keys are read; they are good for much longer.
const ROOTS_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// The same after they could not be read.
const ROOTS_AGAIN: Duration = Duration::from_secs(5 * 60);
const LONGEST_ANSWER: usize = 64 * 1024;
const LONGEST_FILE: u64 = 64 * 1024;
/// How many merchant sessions are asked for at a time.
const MOST_ASKED: usize = 16;
/// The longest name on Apple's sheet, in characters.
const LONGEST_NAME: usize = 64;

/// The operator's wallets, and what keeps them current.
pub struct Operator {
    /// What the payers' pages and endpoints use.
    pub wallets: OperatorWallets,
    keys: watch::Sender<Arc<Wallets>>,
    roots: Option<Roots>,
}

/// Where Google's root keys are.
struct Roots {
    place: String,
    outbound: Outbound,
}

impl Operator {
    /// The wallets that the options set up, if they do.
    ///
    /// # Errors
    /// If a file cannot be used; the sentence names it.
    pub fn new(options: &WalletOptions) -> Result<Option<Self>, Fault> {
        if options.apple.is_none() && options.google.is_none() {
            return Ok(None);
        }
        let of_apple = options.apple.as_ref();
        let of_google = options.google.as_ref();
        let roots = of_google.map(Roots::new).transpose()?;
        let keys = Wallets {
            apple: of_apple.map(apple_recipient).transpose()?,
            google: match (of_google, &roots) {
                (Some(google), Some(roots)) => Some(google_recipient(google, roots)?),
                _ => None,
            },
        };
        let (sender, receiver) = watch::channel(Arc::new(keys));
        Ok(Some(Self {
            wallets: OperatorWallets {
                keys: receiver,
                apple: of_apple.map(apple_pay).transpose()?,
                google: of_google.map(google_pay),
            },
            keys: sender,
            roots,
        }))
    }

    /// Reads Google's root keys now and once a day, until the program stops.
    pub async fn keep_roots(self, stop: impl Future<Output = ()>) {
        let Some(roots) = &self.roots else {
            return;
        };
        let mut stop = std::pin::pin!(stop);
        loop {
            let pause = match roots.read().await {
                Ok(read) => {
                    self.keys.send_modify(|keys| {
                        if let Some(google) = &mut Arc::make_mut(keys).google {
                            google.roots = read;
                        }
                    });
                    ROOTS_EVERY
                }
                Err(why) => {
                    tracing::warn!(why, "Google's root keys could not be read");
                    ROOTS_AGAIN
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = &mut stop => return,
            }
        }
    }
}

fn text_of(option: &str, path: &Path) -> Result<Zeroizing<String>, Fault> {
    let shown = path.display();
    let length = std::fs::metadata(path).map(|file| file.len());
    match length {
        Ok(length) if length > LONGEST_FILE => {
            return Err(Fault(format!("--{option}: {shown} is too long.")));
        }
        _ => {}
    }
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|e| Fault(format!("--{option}: {shown} cannot be read: {e}.")))?;
    Ok(Zeroizing::new(text))
}

fn keys(option: &str, paths: &[impl AsRef<Path>]) -> Result<Vec<PrivateKey>, Fault> {
    let key = |path: &Path| {
        let pem = text_of(option, path)?;
        let shown = path.display();
        PrivateKey::from_pem(&pem).map_err(|e| Fault(format!("--{option}: {shown}: {e}.")))
    };
    paths.iter().map(|path| key(path.as_ref())).collect()
}

fn apple_recipient(options: &AppleOptions) -> Result<apple::Recipient, Fault> {
    let keys = keys("apple-pay-key", &options.keys)?;
    let recipient = apple::Recipient::new(&options.merchant_id, keys, &[apple::ROOT_CA_G3]);
    recipient.map_err(|e| Fault(format!("Apple Pay cannot be set up: {e}.")))
}

fn apple_pay(options: &AppleOptions) -> Result<ApplePay, Fault> {
    let sessions = options.identity.as_deref().map(AppleGateway::new);
    let domain_file = options.domain_file.as_deref();
    let domain_file = domain_file.map(|path| text_of("apple-pay-domain-file", path));
    Ok(ApplePay {
        merchant_id: options.merchant_id.clone(),
        domain_file: domain_file.transpose()?.map(|text| text.as_bytes().into()),
        sessions: match sessions.transpose()? {
            Some(gateway) => Some(Arc::new(gateway)),
            None => None,
        },
    })
}

fn google_recipient(options: &GoogleOptions, roots: &Roots) -> Result<google::Recipient, Fault> {
    Ok(google::Recipient {
        id: RecipientId::Gateway(options.gateway.clone()),
        keys: keys("google-pay-key", &options.keys)?,
        // Those of a URL are fetched while the program serves.
        roots: match roots.is_file() {
            true => roots.of_file().map_err(Fault)?,
            false => RootKeys::default(),
        },
    })
}

fn google_pay(options: &GoogleOptions) -> GooglePay {
    GooglePay {
        merchant_id: options.merchant_id.clone(),
        gateway: options.gateway.clone(),
    }
}

impl Roots {
    fn new(options: &GoogleOptions) -> Result<Self, Fault> {
        Ok(Self {
            place: options
                .roots
                .clone()
                .unwrap_or_else(|| GOOGLE_ROOTS.to_owned()),
            outbound: Outbound::new(PATIENCE, false)?,
        })
    }

    fn is_file(&self) -> bool {
        !self.place.contains("://")
    }

    fn of_file(&self) -> Result<RootKeys, String> {
        let text = text_of("google-pay-roots", Path::new(&self.place)).map_err(|Fault(why)| why)?;
        let keys = RootKeys::parse(&text);
        keys.map_err(|e| format!("--google-pay-roots: {}: {e}.", self.place))
    }

    async fn read(&self) -> Result<RootKeys, String> {
        if self.is_file() {
            return self.of_file();
        }
        let answer = self
            .outbound
            .exchange(Environment::Production, &self.place, None, LONGEST_ANSWER)
            .await?;
        let keys = std::str::from_utf8(&answer).map(RootKeys::parse);
        keys.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
    }
}

/// Apple's server, asked with the merchant's TLS client certificate.
struct AppleGateway {
    outbound: Outbound,
    asking: Semaphore,
}

impl AppleGateway {
    fn new(identity: &Path) -> Result<Self, Fault> {
        let pem = text_of("apple-pay-identity", identity)?;
        let outbound = Outbound::identified(PATIENCE, &pem);
        let shown = identity.display();
        Ok(Self {
            outbound: outbound
                .map_err(|e| Fault(format!("--apple-pay-identity: {shown}: {e}.")))?,
            asking: Semaphore::new(MOST_ASKED),
        })
    }
}

#[async_trait]
impl MerchantSessions for AppleGateway {
    async fn ask(&self, session: &MerchantSession) -> Result<Value, String> {
        let asking = self.asking.try_acquire();
        let _asking = asking.map_err(|_| "Too many are asked for at a time.".to_owned())?;
        let name: String = session.display_name.chars().take(LONGEST_NAME).collect();
        let asked = json!({
            "merchantIdentifier": session.merchant_id,
            "displayName": name,
            "initiative": "web",
            "initiativeContext": session.domain,
        });
        let answer = self.outbound.exchange(
            Environment::Production,
            APPLE,
            Some(asked.to_string()),
            LONGEST_ANSWER,
        );
        let session: Value =
            serde_json::from_slice(&answer.await?).map_err(|e| format!("No session: {e}."))?;
        match session.is_object() {
            true => Ok(session),
            false => Err("No session: it is not an object.".to_owned()),
        }
    }
}
