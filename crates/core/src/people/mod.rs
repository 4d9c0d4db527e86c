//! People who use the portal: companies and their users, what a role allows, passwords,
//! sessions, one-time links, and the trail of what was done.

mod access;
mod audit;
mod browser;
mod password;
mod session;
mod totp;
mod user;

pub use access::{Access, Right, Role};
pub use audit::AuditEntry;
pub use browser::browser_in_words;
pub use password::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, check_password_length};
pub use session::{
    IDLE_END, LINK_LIFE, Link, LinkPurpose, MOST_CODE_TRIES, Session, Stage, UNPROVEN_LIFE,
    WHOLE_END,
};
pub use totp::{CODE_DIGITS, STEP_SECONDS, base32, matching_step, totp};
pub use user::{BROWSER_LIFE, KnownBrowser, PasswordHash, SecondFactor, User, normalized};

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CompanyId};
use crate::time::Timestamp;

/// A business, with its location accounts and its users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    pub id: CompanyId,
    pub name: String,
    /// Its location accounts, each of this company alone.
    pub locations: Vec<AccountId>,
    /// Whether its users have to have a second factor.
    #[serde(default)]
    pub requires_second_factor: bool,
    pub created_at: Timestamp,
}
