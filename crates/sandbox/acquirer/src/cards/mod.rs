//! Test cards: what each makes the acquirer and the issuer do.

mod table;

use serde::{Deserialize, Serialize};
use tatami_core::card::{CardNumber, Scheme};
use tatami_core::payment_intent::DeclineReason;

pub use table::TEST_CARDS;

/// One row of the published table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestCard {
    /// The number, without spaces.
    pub number: &'static str,
    /// The scheme that the number belongs to.
    pub scheme: Scheme,
    /// The part of the page it is listed under.
    pub group: Group,
    /// What happens, in a few words.
    pub title: &'static str,
    /// How the card is funded.
    pub funding: Funding,
    /// What 3-D Secure does.
    pub three_ds: ThreeDs,
    /// What the issuer does once 3-D Secure is passed or not asked for.
    pub outcome: Outcome,
    /// A verification value to type; any of that length does.
    pub cv2: &'static str,
    /// What an integrator will see, in sentences.
    pub description: &'static str,
}

/// The parts of the list of test cards, in the page's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Approved without further ado.
    Approved,
    /// Refused by the issuer.
    Declined,
    /// Cards that 3-D Secure has a say in.
    ThreeDs,
    /// Cards whose address or verification value is looked at.
    Checks,
    /// Late and lost answers.
    Faults,
    /// Paid well; what follows is refused or slow.
    FollowUps,
}

impl Group {
    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Approved => "Approved",
            Self::Declined => "Declined",
            Self::ThreeDs => "3-D Secure",
            Self::Checks => "Address and CV2 checks",
            Self::Faults => "Late and lost answers",
            Self::FollowUps => "After the payment",
        }
    }
}

/// How a card is funded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Funding {
    /// The issuer lends the money.
    Credit,
    /// From the holder's account.
    Debit,
    /// Paid for in advance.
    Prepaid,
    /// Settled in full each month.
    Charge,
}

impl Funding {
    /// The contract's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credit => "Credit",
            Self::Debit => "Debit",
            Self::Prepaid => "Prepaid",
            Self::Charge => "Charge",
        }
    }
}

/// What 3-D Secure does with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThreeDs {
    /// The issuer is content without asking the holder.
    Frictionless,
    /// The issuer refuses without asking the holder.
    FrictionlessFailed,
    /// The holder is asked, and believed.
    Challenge,
    /// The holder is asked; whatever they do, authentication fails.
    ChallengeFails,
    /// The holder is asked; whatever they do, the issuer says they went away.
    ChallengeAbandoned,
    /// The issuer does not take part.
    NotEnrolled,
}

impl ThreeDs {
    /// The words for it in a table.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Frictionless => "Frictionless",
            Self::FrictionlessFailed => "Frictionless, fails",
            Self::Challenge => "Challenge",
            Self::ChallengeFails => "Challenge, fails",
            Self::ChallengeAbandoned => "Challenge, abandoned",
            Self::NotEnrolled => "Not enrolled",
        }
    }
}

/// What the issuer does with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Approves.
    Approved,
    /// Approves, five seconds of account time later.
    Slow,
    /// Approves, and the answer is lost.
    AnswerLost,
    /// Never hears of it: the request is lost.
    RequestLost,
    /// Approves; the postcode is not the holder's.
    PostcodeDiffers,
    /// Approves without looking at the address.
    AddressNotChecked,
    /// Approves; declines to raise the amount later.
    IncrementDeclined,
    /// Approves; answers each later call five seconds of account time late.
    SlowFollowUps,
    /// Approves; declines refunds later.
    RefundDeclined,
    /// Declines without a reason.
    DoNotHonour,
    /// Declines: not enough money.
    InsufficientFunds,
    /// Declines: the card is past its date in the issuer's records.
    ExpiredCard,
    /// Declines: reported lost or stolen.
    LostOrStolen,
    /// Declines until it has spoken to the holder.
    Referred,
    /// Declines: wrong verification value.
    Cv2Mismatch,
    /// Declines: wrong address.
    AddressMismatch,
    /// Declines: the issuer cannot be reached.
    IssuerUnavailable,
    /// Declines: no such card.
    InvalidCard,
    /// Refuses what it takes for a duplicate.
    Duplicate,
    /// Cannot carry it out.
    Failed,
    /// Never hears of it: the payment service itself fails.
    SubmissionFails,
}

impl Outcome {
    /// Why it declines, with the issuer's words; `None` if it approves.
    pub fn decline(self) -> Option<(DeclineReason, &'static str)> {
        Some(match self {
            Self::Approved
            | Self::Slow
            | Self::SlowFollowUps
            | Self::AnswerLost
            | Self::RequestLost
            | Self::SubmissionFails
            | Self::PostcodeDiffers
            | Self::AddressNotChecked
            | Self::IncrementDeclined
            | Self::RefundDeclined => return None,
            Self::DoNotHonour => (DeclineReason::DoNotHonour, "Do not honour"),
            Self::InsufficientFunds => (DeclineReason::InsufficientFunds, "Insufficient funds"),
            Self::ExpiredCard => (DeclineReason::ExpiredCard, "Expired card"),
            Self::LostOrStolen => (DeclineReason::LostOrStolen, "Lost or stolen card"),
            Self::Referred => (DeclineReason::Referred, "Refer to card issuer"),
            Self::Cv2Mismatch => (DeclineReason::Cv2Mismatch, "CV2 does not match"),
            Self::AddressMismatch => (DeclineReason::AddressMismatch, "Address does not match"),
            Self::IssuerUnavailable => (DeclineReason::IssuerUnavailable, "Issuer unavailable"),
            Self::InvalidCard => (DeclineReason::InvalidCard, "Invalid card number"),
            Self::Duplicate => (DeclineReason::Duplicate, "Duplicate transaction"),
            Self::Failed => (DeclineReason::Failed, "Transaction failed"),
        })
    }
}

/// How a card behaves; every number that passes the Luhn check has a
/// behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Behaviour {
    pub(crate) three_ds: ThreeDs,
    pub(crate) outcome: Outcome,
    pub(crate) funding: Funding,
}

impl Behaviour {
    /// That of the table, or approval for any other number of a known scheme.
    pub(crate) fn of(number: &CardNumber) -> Self {
        let digits = number.reveal();
        if let Some(card) = TEST_CARDS.iter().find(|card| card.number == digits) {
            return Self {
                three_ds: card.three_ds,
                outcome: card.outcome,
                funding: card.funding,
            };
        }
        let (funding, outcome) = match number.scheme() {
            Scheme::Visa | Scheme::Maestro => (Funding::Debit, Outcome::Approved),
            Scheme::Mastercard | Scheme::Discover => (Funding::Credit, Outcome::Approved),
            Scheme::Amex | Scheme::Dci => (Funding::Charge, Outcome::Approved),
            Scheme::Unknown => (Funding::Debit, Outcome::InvalidCard),
        };
        Self {
            three_ds: ThreeDs::Frictionless,
            outcome,
            funding,
        }
    }
}

/// Whether the payment service of a sandbox fails to submit a payment with that card.
pub fn fails_to_submit(number: &CardNumber) -> bool {
    Behaviour::of(number).outcome == Outcome::SubmissionFails
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tatami_core::card::Cv2;

    use super::*;

    #[test]
    fn the_table_holds_real_looking_distinct_cards() {
        let mut seen = HashSet::new();
        let mut group = Group::Approved;
        for card in TEST_CARDS {
            let number = CardNumber::parse(card.number)
                .unwrap_or_else(|| panic!("{} passes Luhn", card.number));
            assert_eq!(number.reveal(), card.number, "only digits");
            assert_eq!(number.scheme(), card.scheme, "{}", card.number);
            assert!(Cv2::parse(card.cv2, card.scheme).is_some(), "{}", card.cv2);
            assert!(seen.insert(card.number), "{} is there once", card.number);
            assert!(group <= card.group, "{} stands in its group", card.number);
            assert!(card.description.ends_with('.'), "{}", card.description);
            assert!(!card.title.ends_with('.'), "{}", card.title);
            assert!(
                !card.description.starts_with(card.title),
                "{} is said once",
                card.title
            );
            group = card.group;
        }
    }

    #[test]
    fn lost_and_late_answers_are_to_authorizations_alone() {
        for card in TEST_CARDS {
            let late = matches!(
                card.outcome,
                Outcome::Slow
                    | Outcome::AnswerLost
                    | Outcome::RequestLost
                    | Outcome::SubmissionFails
            );
            assert!(
                !late || card.three_ds == ThreeDs::Frictionless,
                "{}",
                card.title
            );
        }
    }

    #[test]
    fn every_kind_of_outcome_has_a_card() {
        use ThreeDs::*;
        for three_ds in [
            Frictionless,
            FrictionlessFailed,
            Challenge,
            ChallengeFails,
            ChallengeAbandoned,
            NotEnrolled,
        ] {
            let there = TEST_CARDS.iter().any(|c| c.three_ds == three_ds);
            assert!(there, "{three_ds:?}");
        }
        for outcome in [
            Outcome::Approved,
            Outcome::Slow,
            Outcome::SlowFollowUps,
            Outcome::AnswerLost,
            Outcome::RequestLost,
            Outcome::PostcodeDiffers,
            Outcome::AddressNotChecked,
            Outcome::IncrementDeclined,
            Outcome::RefundDeclined,
            Outcome::DoNotHonour,
            Outcome::InsufficientFunds,
            Outcome::ExpiredCard,
            Outcome::LostOrStolen,
            Outcome::Referred,
            Outcome::Cv2Mismatch,
            Outcome::AddressMismatch,
            Outcome::IssuerUnavailable,
            Outcome::InvalidCard,
            Outcome::Duplicate,
            Outcome::Failed,
            Outcome::SubmissionFails,
        ] {
            let there = TEST_CARDS.iter().any(|c| c.outcome == outcome);
            assert!(there, "{outcome:?}");
        }
    }

    #[test]
    fn other_numbers_are_approved_if_their_scheme_is_known() {
        let of = |number: &str| Behaviour::of(&CardNumber::parse(number).expect("passes Luhn"));
        assert_eq!(of("4242424242424242").outcome, Outcome::Approved);
        assert_eq!(of("9999999999999995").outcome, Outcome::InvalidCard);
        assert_eq!(of("4456530000001013").outcome, Outcome::DoNotHonour);
    }
}
