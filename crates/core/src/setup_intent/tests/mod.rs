//! The rules of setup intents: every state by every command, then random
//! histories.

mod histories;
mod table;

use super::*;
use crate::Facts;
use crate::card::{CardEntry, CardNumber, Expiry};
use crate::id::tests::Seeded;
use crate::id::{AccountId, Environment};
use crate::payment_intent::{AmountDraft, Approval, Decline, DeclineReason, Outcome, PayerDetails};
use crate::time::SignedDuration;

pub(super) const START: &str = "2026-06-01T10:00:00Z";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

pub(super) fn with_facts<T>(
    now: Timestamp,
    seed: u64,
    rule: impl FnOnce(&mut Facts<'_>) -> T,
) -> T {
    rule(&mut Facts {
        now,
        entropy: &mut Seeded(seed),
    })
}

pub(super) fn draft(kind: TransactionType) -> Draft {
    Draft {
        kind: Some(kind),
        terms: "We charge your card if you do not come.".to_owned(),
        intended_amount: Some(AmountDraft {
            value: 1000,
            currency_code: "GBP".to_owned(),
        }),
        details: Details {
            reference: "Table 4".to_owned(),
            ..Details::default()
        },
        ..Draft::default()
    }
}

pub(super) fn created(kind: TransactionType) -> SetupIntent {
    with_facts(at(START), 1, |facts| {
        let scope = Scope {
            account: AccountId::mint(Environment::Production, facts),
            environment: Environment::Sandbox,
        };
        create(scope, draft(kind), facts).expect("a valid draft")
    })
}

/// A card that is good until the end of 2026.
pub(super) fn given(now: Timestamp, seed: u64) -> Submission {
    let entry = CardEntry {
        number: CardNumber::parse("4111111111111111").expect("a test card"),
        expiry: Expiry {
            year: 2026,
            month: 12,
        },
        cv2: None,
        holder: "A Holder".to_owned(),
    };
    Submission {
        card: entry.summary(),
        saved_card: with_facts(now, seed, |f| SavedCardId::mint(Environment::Sandbox, f)),
        consented_at: Some(now),
        payer: PayerDetails::default(),
        request: None,
    }
}

pub(super) fn approved() -> Outcome {
    Outcome::Approved(Approval {
        transaction_id: "t1".to_owned(),
        auth_code: "123456".to_owned(),
        message: "VERIFIED".to_owned(),
        funding: Some("Debit".to_owned()),
        avs_result: None,
        network_reference: Some("n1".to_owned()),
    })
}

pub(super) fn declined() -> Outcome {
    Outcome::Declined(Decline {
        reason: DeclineReason::DoNotHonour,
        message: "Declined".to_owned(),
        transaction_id: "t2".to_owned(),
    })
}

pub(super) fn verifying(intent: &SetupIntent) -> SetupIntent {
    let now = at(START);
    with_facts(now, 2, |f| intent.begin_verification(given(now, 3), f)).expect("begun")
}

pub(super) fn concluded(intent: &SetupIntent, outcome: Outcome) -> SetupIntent {
    let attempt = intent.attempt.as_ref().expect("an open attempt");
    intent
        .conclude(&attempt.id, outcome, at(START))
        .expect("concluded")
}

pub(super) fn challenge(intent: &SetupIntent) -> Outcome {
    let attempt = intent.attempt.as_ref().expect("an open attempt");
    Outcome::Challenged(Challenge {
        keeping: None,
        choice: None,
        session: None,
        reference: attempt.id.clone(),
        transaction_id: "t3".to_owned(),
        acs_url: "/acs".to_owned(),
        payload: "p".to_owned(),
        card: attempt.card.clone(),
    })
}

pub(super) fn authorized(kind: TransactionType) -> SetupIntent {
    concluded(&verifying(&created(kind)), approved())
}

pub(super) fn charging(intent: &SetupIntent, now: Timestamp) -> Result<SetupIntent, Refusal> {
    let (payment, attempt) = with_facts(now, 5, |f| {
        (
            PaymentIntentId::mint(Environment::Sandbox, f),
            AttemptId::mint(Environment::Sandbox, f),
        )
    });
    intent.begin_charge(payment, attempt, now)
}

pub(super) fn charged(intent: &SetupIntent, outcome: &Outcome, now: Timestamp) -> SetupIntent {
    let charge = intent.charge.as_ref().expect("a charge under way");
    intent
        .conclude_charge(&charge.attempt, outcome, now)
        .expect("concluded")
}

pub(super) fn completed(kind: TransactionType) -> SetupIntent {
    let begun = charging(&authorized(kind), at(START)).expect("begun");
    charged(&begun, &approved(), at(START))
}

#[test]
fn a_draft_is_told_every_rule_it_breaks() {
    let broken = Draft {
        kind: None,
        terms: " ".to_owned(),
        capture_mode: Some(crate::payment_intent::CaptureMode::Manual),
        intended_amount: Some(AmountDraft {
            value: 0,
            currency_code: "USD".to_owned(),
        }),
        expire_at: Some(at(START)),
        details: Details::default(),
    };
    let broken = check(&broken, at(START));
    let fields: Vec<&str> = broken.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "IntendedAmount.Value",
            "IntendedAmount.CurrencyCode",
            "MerchantInitiatedTransactionType",
            "Terms",
            "CaptureMode",
            "ExpireAt",
            "Reference",
        ]
    );
    let long = Draft {
        terms: "t".repeat(MAX_TERMS_CHARS + 1),
        ..draft(TransactionType::NoShow)
    };
    assert_eq!(check(&long, at(START))[0].field, "Terms");
}

#[test]
fn a_card_is_kept_with_what_its_holder_agreed_to() {
    let intent = authorized(TransactionType::NoShow);
    let verified = intent.verification.as_ref().expect("verified");
    assert_eq!(intent.status, Status::Authorized);
    assert_eq!(verified.consent.terms, intent.terms);
    assert_eq!(verified.consent.at, at(START));
    assert_eq!(verified.network_reference.as_deref(), Some("n1"));
    assert_eq!(verified.card.funding, "Debit");
    assert_eq!(intent.saved_cards(), [intent.saved_card().expect("kept")]);
    assert_eq!(intent.due_at(), Some(at("2027-01-01T00:00:00Z")));
    assert_eq!(intent.events.len(), 1);
}

#[test]
fn nothing_is_verified_without_consent() {
    let now = at(START);
    let given = Submission {
        consented_at: None,
        ..given(now, 3)
    };
    let intent = created(TransactionType::NoShow);
    let refused = with_facts(now, 2, |f| intent.begin_verification(given, f));
    assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
}

#[test]
fn a_challenge_keeps_the_card_until_it_is_passed_or_another_is_given() {
    let begun = verifying(&created(TransactionType::NoShow));
    let waiting = concluded(&begun, challenge(&begun));
    assert_eq!(waiting.status, Status::Created);
    assert_eq!(waiting.saved_cards(), begun.saved_cards());
    let wrong = with_facts(at(START), 4, |f| waiting.resume_verification("other", f));
    assert!(wrong.is_err());
    let resumed = with_facts(at(START), 4, |f| waiting.resume_verification("t3", f));
    let resumed = resumed.expect("resumed");
    let ids = |intent: &SetupIntent| intent.attempt.as_ref().map(|a| a.id.clone());
    assert_eq!(ids(&resumed), ids(&begun));
    assert_eq!(concluded(&resumed, approved()).status, Status::Authorized);
    let other = with_facts(at(START), 6, |f| {
        waiting.begin_verification(given(at(START), 7), f)
    });
    let other = other.expect("another card");
    assert_ne!(other.saved_cards(), begun.saved_cards());
    assert_eq!(other.saved_cards().len(), 1);
    assert_eq!(
        concluded(&resumed, declined()).saved_cards(),
        [] as [&SavedCardId; 0]
    );
}

#[test]
fn an_outcome_is_written_once() {
    let begun = verifying(&created(TransactionType::NoShow));
    let id = begun.attempt.as_ref().expect("open").id.clone();
    let closed = concluded(&begun, approved());
    assert!(closed.conclude(&id, declined(), at(START)).is_err());
    let begun = charging(&closed, at(START)).expect("begun");
    assert_eq!(begun.conclude_charge(&id, &approved(), at(START)), None);
}

#[test]
fn a_no_show_is_charged_once_and_its_card_forgotten() {
    let intent = completed(TransactionType::NoShow);
    assert_eq!(intent.status, Status::Completed);
    assert_eq!(intent.saved_cards(), [] as [&SavedCardId; 0]);
    assert_eq!(intent.due_at(), None);
    assert!(charging(&intent, at(START)).is_err());
    assert!(intent.expects_charge().is_err());
}

#[test]
fn unscheduled_charges_go_on_until_the_card_expires() {
    let first = completed(TransactionType::Unscheduled);
    assert_eq!(first.status, Status::Completed);
    let again = charging(&first, at(START)).expect("again");
    assert_eq!(
        charged(&again, &approved(), at(START)).status,
        Status::Completed
    );
    let past = at("2027-01-01T00:00:00Z");
    assert!(charging(&first, past).is_err());
    let expired = first.expire(past).expect("its card expired");
    assert_eq!(expired.status, Status::Completed);
    assert_eq!(expired.saved_card(), None);
    assert_eq!(expired.due_at(), None);
}

#[test]
fn a_declined_charge_changes_nothing() {
    let intent = authorized(TransactionType::NoShow);
    let begun = charging(&intent, at(START)).expect("begun");
    assert!(matches!(
        charging(&begun, at(START)),
        Err(Refusal::Pending(_))
    ));
    assert_eq!(begun.due_at(), None, "its payment intent looks after it");
    for outcome in [declined(), Outcome::NotDone] {
        let after = charged(&begun, &outcome, at(START));
        assert_eq!(after.status, Status::Authorized);
        assert_eq!(after.saved_card(), intent.saved_card());
        assert!(charging(&after, at(START)).is_ok());
    }
}

#[test]
fn an_open_attempt_is_asked_about_again() {
    let begun = verifying(&created(TransactionType::NoShow));
    let settle = crate::payment_intent::SETTLE_AFTER;
    assert_eq!(begun.due_at(), Some(at(START) + settle));
    let later = at(START) + SignedDuration::from_mins(1);
    assert_eq!(begun.ask_later(later).due_at(), Some(later + settle));
    assert_eq!(begun.expire(at("2099-01-01T00:00:00Z")), None);
}
