//! How often cards may be tried: somebody who has a list of numbers must not find out
//! with one payment link which of them are good.

use super::{PaymentEvent, PaymentEventKind};
use crate::problem::Refusal;
use crate::time::{SignedDuration, Timestamp};

/// So many declined tries within [`DECLINES_COUNT_FOR`], and no more cards are taken.
pub const MOST_DECLINES: usize = 10;
/// How long a declined try counts.
pub const DECLINES_COUNT_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Refuses another card after too many were declined, by the story of an intent.
/// Machines are attended: what is declined there counts, and is not refused there.
///
/// # Errors
/// [`Refusal::TooManyTries`] with the time until there may be another.
pub(crate) fn may_try(story: &[PaymentEvent], now: Timestamp) -> Result<(), Refusal> {
    let declined = story
        .iter()
        .rev()
        .filter(|event| event.kind == PaymentEventKind::Declined);
    let Some(first) = declined.map(|event| event.at).nth(MOST_DECLINES - 1) else {
        return Ok(());
    };
    let wait = DECLINES_COUNT_FOR.saturating_sub(now.duration_since(first));
    if wait <= SignedDuration::ZERO {
        return Ok(());
    }
    Err(Refusal::TooManyTries(wait))
}

/// A wait in words, rounded up.
pub fn in_words(wait: SignedDuration) -> String {
    let up = |whole: i64, rest: i64| whole + i64::from(rest > 0);
    let seconds = up(wait.as_secs(), wait.subsec_nanos().into()).max(1);
    match seconds {
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60 => "1 minute".to_owned(),
        _ => format!("{} minutes", up(seconds / 60, seconds % 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declined_at(seconds: impl IntoIterator<Item = i64>) -> Vec<PaymentEvent> {
        let at = |seconds| PaymentEvent {
            kind: PaymentEventKind::Declined,
            transaction_id: String::new(),
            auth_code: String::new(),
            amount: None,
            card: None,
            payment_method: None,
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds),
        };
        seconds.into_iter().map(at).collect()
    }

    fn wait(story: &[PaymentEvent], seconds: i64) -> Option<i64> {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        match may_try(story, now) {
            Ok(()) => None,
            Err(Refusal::TooManyTries(wait)) => Some(wait.as_secs()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn ten_declines_in_an_hour_are_the_most() {
        let nine = declined_at(0..9);
        assert_eq!(wait(&nine, 9), None);
        let ten = declined_at(0..10);
        assert_eq!(wait(&ten, 9), Some(3591));
        assert_eq!(wait(&ten, 3599), Some(1));
        assert_eq!(wait(&ten, 3600), None, "the first is an hour old");
        // The one more that was then tried was declined as well.
        let eleven = declined_at((0..10).chain([3600]));
        assert_eq!(wait(&eleven, 3600), Some(1));
        assert_eq!(wait(&eleven, 3601), None);
    }

    #[test]
    fn what_was_not_declined_does_not_count() {
        let mut story = declined_at(0..20);
        for event in story.iter_mut().skip(9) {
            event.kind = PaymentEventKind::AuthChallenged;
        }
        assert_eq!(wait(&story, 20), None);
    }

    #[test]
    fn waits_are_told_in_words() {
        for (millis, words) in [
            (1, "1 second"),
            (1001, "2 seconds"),
            (59_000, "59 seconds"),
            (60_000, "1 minute"),
            (60_001, "2 minutes"),
            (3_600_000, "60 minutes"),
        ] {
            assert_eq!(in_words(SignedDuration::from_millis(millis)), words);
        }
    }
}
