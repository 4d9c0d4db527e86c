//! Those who try to sign in: how often they may, and the work that checking a password is.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::waits::{Rule, Waits};

use crate::passwords::Hashing;

/// Wrong passwords and codes of one user.
const USER: Rule = Rule {
    free: 5,
    first: SignedDuration::from_secs(30),
    longest: SignedDuration::from_mins(15),
};
/// Tries from one address, of whichever users: an office may share one.
const ADDRESS: Rule = Rule {
    free: 20,
    first: SignedDuration::from_secs(10),
    longest: SignedDuration::from_mins(15),
};

/// What is kept in memory of those who try to sign in.
pub(crate) struct SignIns {
    pub(crate) hashing: Hashing,
    users: Mutex<Waits<String>>,
    addresses: Mutex<Waits<IpAddr>>,
}

impl Default for SignIns {
    fn default() -> Self {
        Self {
            hashing: Hashing::default(),
            users: Mutex::new(Waits::new(USER)),
            addresses: Mutex::new(Waits::new(ADDRESS)),
        }
    }
}

impl SignIns {
    /// Counts a try.
    ///
    /// # Errors
    /// With the time to wait, if too many failed.
    pub(crate) fn begin(
        &self,
        who: &str,
        client: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), SignedDuration> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let who = who.to_owned();
        let of_address = |client| addresses.wait(client, now);
        let wait = client.as_ref().map_or(SignedDuration::ZERO, of_address);
        let wait = wait.max(users.wait(&who, now));
        if wait > SignedDuration::ZERO {
            metrics::counter!("tatami_sign_ins_refused_total").increment(1);
            return Err(wait);
        }
        users.begin(&who, now);
        if let Some(client) = &client {
            addresses.begin(client, now);
        }
        Ok(())
    }

    /// Notes that a try was right: the user's earlier ones are forgiven.
    pub(crate) fn succeed(&self, who: &str, client: Option<IpAddr>) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.forgive(&who.to_owned(), u32::MAX);
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &client {
            addresses.forgive(client, 1);
        }
    }
}
