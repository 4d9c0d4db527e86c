//! Sessions of users and one-time links. What the browser or the mail holds is a random
//! token; what is kept is its digest, by which it is found.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::{SignedDuration, Timestamp};

/// How long a session lasts without being used.
pub const IDLE_END: SignedDuration = SignedDuration::from_hours(2);
/// How long a session lasts at most.
pub const WHOLE_END: SignedDuration = SignedDuration::from_hours(12);
/// How long a second factor may take.
pub const UNPROVEN_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// How often a second factor may be wrong.
pub const MOST_CODE_TRIES: u32 = 5;
/// How long a link to choose a new password is good for.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// How long an invitation is good for.
const INVITATION_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often it is written down that a session is used.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// How far a user has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The password was right; the second factor is asked for, and was wrong so often.
    Unproven {
        tries: u32,
    },
    SignedIn,
}

/// A user in a browser. Of what its forms carry nothing is printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The digest of its token, in base64url.
    pub id: String,
    pub user: UserId,
    pub stage: Stage,
    /// What its forms carry, so that no other site's do.
    pub csrf: String,
    /// Where it was begun from.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("user", &self.user).field("stage", &self.stage);
        shown.finish_non_exhaustive()
    }
}

impl Session {
    /// When it ends if it is not used again.
    pub fn ends_at(&self) -> Timestamp {
        match self.stage {
            Stage::Unproven { .. } => self.created_at + UNPROVEN_LIFE,
            Stage::SignedIn => (self.seen_at + IDLE_END).min(self.created_at + WHOLE_END),
        }
    }

    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.ends_at()
    }

    pub fn is_signed_in(&self) -> bool {
        self.stage == Stage::SignedIn
    }

    /// Notes that it is used. Whether that is to be written down.
    pub fn see(&mut self, now: Timestamp) -> bool {
        let is_due = now.duration_since(self.seen_at) >= SEEN_EVERY;
        if is_due {
            self.seen_at = now;
        }
        is_due
    }
}

/// What a one-time link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkPurpose {
    Invitation,
    Reset,
}

impl LinkPurpose {
    pub const fn life(self) -> SignedDuration {
        match self {
            Self::Invitation => INVITATION_LIFE,
            Self::Reset => LINK_LIFE,
        }
    }
}

/// A link that was sent to a user and is good once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The digest of its token, in base64url.
    pub id: String,
    pub purpose: LinkPurpose,
    pub user: UserId,
    pub created_at: Timestamp,
}

impl Link {
    pub fn ends_at(&self) -> Timestamp {
        self.created_at + self.purpose.life()
    }

    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.ends_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn session(stage: Stage) -> Session {
        Session {
            id: String::new(),
            user: UserId::parse("usr_0123456789012345678901").expect("an id"),
            stage,
            csrf: String::new(),
            address: String::new(),
            agent: String::new(),
            created_at: after(0),
            seen_at: after(0),
        }
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_in_the_end_whatever_happens() {
        let mut session = session(Stage::SignedIn);
        assert!(!session.is_over(after(119)) && session.is_over(after(120)));
        for minutes in (60..=660).step_by(60) {
            assert!(!session.is_over(after(minutes)), "{minutes}");
            assert!(session.see(after(minutes)));
        }
        assert_eq!(session.ends_at(), after(720));
        assert!(!session.is_over(after(719)) && session.is_over(after(720)));
    }

    #[test]
    fn its_use_is_written_down_once_a_minute() {
        let mut session = session(Stage::SignedIn);
        let seconds = |n| after(0) + SignedDuration::from_secs(n);
        assert!(!session.see(seconds(59)) && session.see(seconds(60)));
        assert!(!session.see(seconds(119)) && session.see(seconds(120)));
    }

    #[test]
    fn a_second_factor_may_take_five_minutes_whatever_is_used_meanwhile() {
        let mut session = session(Stage::Unproven { tries: 0 });
        session.see(after(4));
        assert!(!session.is_over(after(4)) && session.is_over(after(5)));
        assert!(!session.is_signed_in());
    }

    #[test]
    fn links_have_an_end() {
        for (purpose, minutes) in [
            (LinkPurpose::Reset, 30),
            (LinkPurpose::Invitation, 7 * 24 * 60),
        ] {
            let link = Link {
                id: String::new(),
                purpose,
                user: session(Stage::SignedIn).user,
                created_at: after(0),
            };
            assert!(!link.is_over(after(minutes - 1)) && link.is_over(after(minutes)));
        }
    }
}
