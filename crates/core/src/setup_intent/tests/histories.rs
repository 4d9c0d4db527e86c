//! Random histories: whatever happens, a card is in the vault exactly while it
//! can be used, and a no-show is charged once.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Verify,
    Resume,
    Conclude(u8),
    Charge,
    ConcludeCharge(u8),
    Delete(bool),
    Refresh,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Verify),
        2 => Just(Step::Resume),
        4 => (0..4_u8).prop_map(Step::Conclude),
        3 => Just(Step::Charge),
        3 => (0..4_u8).prop_map(Step::ConcludeCharge),
        1 => any::<bool>().prop_map(Step::Delete),
        1 => Just(Step::Refresh),
        2 => (0..40_i64).prop_map(Step::Wait),
    ]
}

fn outcome(n: u8, intent: &SetupIntent) -> Outcome {
    match n {
        0 | 1 => approved(),
        2 if intent.attempt.is_some() => challenge(intent),
        2 => Outcome::NotDone,
        _ => declined(),
    }
}

fn take(intent: &SetupIntent, step: &Step, now: Timestamp, seed: u64) -> Option<SetupIntent> {
    match step {
        Step::Verify => with_facts(now, seed, |f| {
            intent.begin_verification(given(now, seed), f)
        })
        .ok(),
        Step::Resume => with_facts(now, seed, |f| intent.resume_verification("t3", f)).ok(),
        Step::Conclude(n) => {
            let id = intent.attempt.as_ref()?.id.clone();
            intent.conclude(&id, outcome(*n, intent), now).ok()
        }
        Step::Charge => charging(intent, now).ok(),
        Step::ConcludeCharge(n) => {
            let id = intent.charge.as_ref()?.attempt.clone();
            intent.conclude_charge(&id, &outcome(*n, intent), now)
        }
        Step::Delete(authorized) => intent.delete(*authorized, now).ok(),
        Step::Refresh => with_facts(now, seed, |f| intent.refresh_session(f)).ok(),
        Step::Wait(_) => intent
            .due_at()
            .filter(|due| *due <= now)
            .and_then(|_| intent.expire(now)),
    }
}

proptest! {
    #[test]
    fn whatever_happens(
        unscheduled: bool,
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let kind = if unscheduled { TransactionType::Unscheduled } else { TransactionType::NoShow };
        let (mut intent, mut now, mut charges) = (created(kind), at(START), 0);
        for (seed, step) in (10..).zip(&steps) {
            if let Step::Wait(days) = step {
                now += SignedDuration::from_hours(24 * days);
            }
            let Some(next) = take(&intent, step, now, seed) else { continue };
            let charged = intent.charge.is_some() && next.charge.is_none()
                && next.events.last().map(|e| e.kind) == Some(PaymentEventKind::Captured)
                && next.events.len() > intent.events.len();
            charges += usize::from(charged);
            prop_assert!(next.attempt.is_none() || next.charge.is_none());
            let soon = now + crate::payment_intent::SETTLE_AFTER;
            prop_assert!(next.attempt.is_none() || next.due_at().is_some_and(|due| due <= soon));
            let named = next.saved_cards().len();
            let usable = next.attempt.is_some() || next.waiting.is_some()
                || next.status == Status::Authorized;
            prop_assert!(named <= 1);
            prop_assert!(named == 1 || !usable, "{next:?}");
            let over = [Status::Canceled, Status::Expired, Status::CardExpired, Status::Closed];
            prop_assert!(named == 0 || !over.contains(&next.status));
            prop_assert!(next.events.len() >= intent.events.len());
            let read = serde_json::from_str(&serde_json::to_string(&next).expect("JSON"));
            prop_assert_eq!(&next, &read.expect("read back"));
            intent = next;
        }
        prop_assert!(unscheduled || charges <= 1);
    }
}
