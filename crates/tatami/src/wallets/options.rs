//! How the operator sets up the wallets of production.

use std::path::PathBuf;

use clap::Args;

use crate::Fault;

/// Options of `serve` for the wallets of production.
#[derive(Args, Clone, Default)]
pub struct WalletFlags {
    /// The merchant id at Apple Pay; needs --apple-pay-key.
    #[arg(long, env = "TATAMI_APPLE_PAY_MERCHANT_ID")]
    pub apple_pay_merchant_id: Option<String>,
    /// Files with the private keys of the payment processing certificates at Apple Pay, in PEM,
    /// separated by commas, the current one first.
    #[arg(long, env = "TATAMI_APPLE_PAY_KEY")]
    pub apple_pay_key: Option<String>,
    /// File with the merchant identity certificate at Apple Pay and its private key, in PEM.
    /// Without it, Apple Pay is not offered in browsers.
    #[arg(long, env = "TATAMI_APPLE_PAY_IDENTITY")]
    pub apple_pay_identity: Option<PathBuf>,
    /// File by which Apple verifies the domain of --public-url.
    #[arg(long, env = "TATAMI_APPLE_PAY_DOMAIN_FILE")]
    pub apple_pay_domain_file: Option<PathBuf>,
    /// The merchant id at Google Pay; needs --google-pay-gateway and --google-pay-key.
    #[arg(long, env = "TATAMI_GOOGLE_PAY_MERCHANT_ID")]
    pub google_pay_merchant_id: Option<String>,
    /// The name under which this server is a payment gateway at Google Pay.
    #[arg(long, env = "TATAMI_GOOGLE_PAY_GATEWAY")]
    pub google_pay_gateway: Option<String>,
    /// Files with the gateway's private encryption keys, in PEM, separated by commas, the current
    /// one first.
    #[arg(long, env = "TATAMI_GOOGLE_PAY_KEY")]
    pub google_pay_key: Option<String>,
    /// Google's root signing keys: a file, or an https URL. They are read at the start and once
    /// a day [default: Google's URL].
    #[arg(long, env = "TATAMI_GOOGLE_PAY_ROOTS")]
    pub google_pay_roots: Option<String>,
}

/// The wallets of production, as the options say.
#[derive(Clone, Debug, Default)]
pub struct WalletOptions {
    /// Apple Pay.
    pub apple: Option<AppleOptions>,
    /// Google Pay.
    pub google: Option<GoogleOptions>,
}

/// Apple Pay, as the options say.
#[derive(Clone, Debug)]
pub struct AppleOptions {
    /// The merchant id.
    pub merchant_id: String,
    /// The private keys.
    pub keys: Vec<PathBuf>,
    /// The client certificate and its key.
    pub identity: Option<PathBuf>,
    /// The file about the domain.
    pub domain_file: Option<PathBuf>,
}

/// Google Pay, as the options say.
#[derive(Clone, Debug)]
pub struct GoogleOptions {
    /// The merchant id.
    pub merchant_id: String,
    /// Our name as a gateway.
    pub gateway: String,
    /// The private keys.
    pub keys: Vec<PathBuf>,
    /// Where the root keys are.
    pub roots: Option<String>,
}

impl WalletFlags {
    /// These, and the others' where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            apple_pay_merchant_id: self.apple_pay_merchant_id.or(other.apple_pay_merchant_id),
            apple_pay_key: self.apple_pay_key.or(other.apple_pay_key),
            apple_pay_identity: self.apple_pay_identity.or(other.apple_pay_identity),
            apple_pay_domain_file: self.apple_pay_domain_file.or(other.apple_pay_domain_file),
            google_pay_merchant_id: self.google_pay_merchant_id.or(other.google_pay_merchant_id),
            google_pay_gateway: self.google_pay_gateway.or(other.google_pay_gateway),
            google_pay_key: self.google_pay_key.or(other.google_pay_key),
            google_pay_roots: self.google_pay_roots.or(other.google_pay_roots),
        }
    }
}

impl TryFrom<WalletFlags> for WalletOptions {
    type Error = Fault;

    fn try_from(flags: WalletFlags) -> Result<Self, Fault> {
        let apple = match (flags.apple_pay_merchant_id, flags.apple_pay_key) {
            (Some(merchant_id), Some(keys)) => Some(AppleOptions {
                merchant_id,
                keys: paths(&keys),
                identity: flags.apple_pay_identity,
                domain_file: flags.apple_pay_domain_file,
            }),
            (None, None)
                if flags
                    .apple_pay_identity
                    .or(flags.apple_pay_domain_file)
                    .is_none() =>
            {
                None
            }
            _ => {
                let why = "Apple Pay needs both --apple-pay-merchant-id and --apple-pay-key.";
                return Err(Fault(why.to_owned()));
            }
        };
        let google = (
            flags.google_pay_merchant_id,
            flags.google_pay_gateway,
            flags.google_pay_key,
        );
        let google = match google {
            (Some(merchant_id), Some(gateway), Some(keys)) => Some(GoogleOptions {
                merchant_id,
                gateway,
                keys: paths(&keys),
                roots: flags.google_pay_roots,
            }),
            (None, None, None) if flags.google_pay_roots.is_none() => None,
            _ => {
                let why = "Google Pay needs --google-pay-merchant-id, --google-pay-gateway and --google-pay-key.";
                return Err(Fault(why.to_owned()));
            }
        };
        Ok(Self { apple, google })
    }
}

fn paths(list: &str) -> Vec<PathBuf> {
    list.split(',').map(|path| path.trim().into()).collect()
}
