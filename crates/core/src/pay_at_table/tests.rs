use proptest::prelude::*;

use super::*;
use crate::account::Scope;
use crate::id::{AccountId, Environment, TerminalId};
use crate::money::{Currency, Money};
use crate::payment_intent::{AmountDraft, Details, Draft, PaymentIntent, Status, create};
use crate::problem::Refusal;
use crate::time::{DAY, SignedDuration, Timestamp};
use crate::{Entropy, Facts};

struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, out: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        out.fill(self.0);
    }
}

fn scope() -> Scope {
    Scope {
        account: AccountId::parse("acc_0123456789012345678901").expect("an id"),
        environment: Environment::Sandbox,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("a time")
}

const fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::Gbp)
}

fn order(total: i64, items: &[(i64, i64)]) -> Order {
    let item = |(quantity, price): &(i64, i64)| Item {
        name: "Item".to_owned(),
        quantity: *quantity,
        price: *price,
        note: None,
        parts: Vec::new(),
    };
    Order {
        id: "ord_1".to_owned(),
        total: Some(gbp(total)),
        due: Some(gbp(total)),
        is_payable: true,
        items: items.iter().map(item).collect(),
        ..Order::default()
    }
}

fn intent(amount: i64, number: u8) -> PaymentIntent {
    let draft = Draft {
        amount: Some(AmountDraft {
            value: amount,
            currency_code: "GBP".to_owned(),
        }),
        details: Box::new(Details {
            reference: "Table 1".to_owned(),
            ..Details::default()
        }),
        ..Draft::default()
    };
    let mut facts = Facts {
        now: at(0),
        entropy: &mut Counting(number),
    };
    let created = create(scope(), draft, &mut facts).expect("an intent");
    PaymentIntent::clone(&created.intent)
}

/// An order with the parts that were begun of it.
struct Table {
    order: Order,
    parts: Vec<TablePayment>,
    split: Option<EqualSplit>,
    splits: u32,
}

impl Table {
    fn of(order: Order) -> Self {
        Self {
            order,
            parts: Vec::new(),
            split: None,
            splits: 0,
        }
    }

    fn would_pay(&self, split: Split, tip: Option<Tip>) -> Result<Part, Refusal> {
        let bill = Bill {
            order: &self.order,
            parts: &self.parts,
            split: self.split,
            next_split: self.splits + 1,
        };
        bill.part(&PartWish { split, tip })
    }

    fn begin(&mut self, split: Split) -> Result<i64, Refusal> {
        let part = self.would_pay(split, None)?;
        let amount = part.amount.minor;
        if part.split.is_some_and(|split| split.number > self.splits) {
            self.splits += 1;
        }
        self.split = part.split;
        let number = u8::try_from(self.parts.len()).expect("few");
        let intent = intent(amount, number);
        let new = NewPart {
            scope: scope(),
            house: "house".to_owned(),
            order_id: "ord_1".to_owned(),
            order: "table_order".to_owned(),
            payer: PartPayer::Guest,
            waiter_id: None,
            lock_id: None,
            part,
        };
        self.parts.push(TablePayment::new(new, &intent, at(0)));
        Ok(amount)
    }

    /// The POS recorded all that was begun.
    fn record(&mut self) {
        for part in self
            .parts
            .iter_mut()
            .filter(|p| p.stage == PartStage::Waiting)
        {
            part.recorded(at(1));
            self.order.payments.push(part.intent.to_string());
            let due = self.order.due.as_mut().expect("due");
            due.minor -= part.amount.minor;
        }
    }
}

fn field(refused: Result<impl std::fmt::Debug, Refusal>) -> String {
    match refused.expect_err("refused") {
        Refusal::Invalid(broken) => broken[0].field.clone(),
        other => panic!("{other}"),
    }
}

fn named(names: &[&str]) -> Vec<Order> {
    let order = |name: &&str| Order {
        id: "ord".to_owned(),
        display_name: Some((*name).to_owned()),
        ..Order::default()
    };
    names.iter().map(order).collect()
}

#[test]
fn an_order_is_named_by_its_display_name_its_table_or_its_id() {
    let mut order = order(1, &[]);
    assert_eq!(names(std::slice::from_ref(&order)), ["ord_1"]);
    order.table_id = Some("12".to_owned());
    assert_eq!(names(std::slice::from_ref(&order)), ["12"]);
    order.display_name = Some(" ".to_owned());
    assert_eq!(names(std::slice::from_ref(&order)), ["12"]);
    order.display_name = Some("Garden".to_owned());
    assert_eq!(names(std::slice::from_ref(&order)), ["Garden"]);
}

#[test]
fn orders_of_one_name_are_numbered() {
    let all = names(&named(&["Table1", "Bar", "Table1", "Table1 - 1"]));
    assert_eq!(all, ["Table1 - 2", "Bar", "Table1 - 3", "Table1 - 1"]);
    let long = "The long table at the very end";
    assert_eq!(names(&named(&[long])), ["The long table at the ve"]);
    let other = "The long table at the ver\u{e4}nda";
    let both = names(&named(&[long, other]));
    assert_eq!(
        both,
        ["The long table at th - 1", "The long table at th - 2"]
    );
    let wide = "\u{e4}".repeat(30);
    assert_eq!(names(&named(&[&wide]))[0].chars().count(), MAX_NAME_CHARS);
}

#[test]
fn equal_parts_are_as_equal_as_they_can_be() {
    let mut table = Table::of(order(1000, &[]));
    let third = || Split::Equal { parts: 3 };
    assert_eq!(table.begin(third()), Ok(334));
    assert_eq!(table.begin(third()), Ok(333));
    table.record();
    assert_eq!(table.begin(third()), Ok(333));
    table.record();
    assert_eq!(table.order.due, Some(gbp(0)));
    assert!(matches!(table.begin(third()), Err(Refusal::Conflict(_))));
}

#[test]
fn a_part_that_nobody_paid_is_paid_again() {
    let mut table = Table::of(order(1000, &[]));
    let third = || Split::Equal { parts: 3 };
    assert_eq!(table.begin(third()), Ok(334));
    let mut canceled = intent(334, 0);
    canceled.status = Status::Canceled;
    assert!(table.parts[0].follow(&canceled, at(1)));
    assert_eq!(table.begin(third()), Ok(334));
    assert_eq!(table.begin(Split::Full), Ok(666));
}

#[test]
fn nobody_pays_what_others_are_paying() {
    let mut table = Table::of(order(1000, &[]));
    assert_eq!(table.begin(Split::Amount(gbp(600))), Ok(600));
    let too_much = table.begin(Split::Amount(gbp(401)));
    assert_eq!(field(too_much), "Split.Amount.Value");
    assert_eq!(table.begin(Split::Full), Ok(400));
    assert!(matches!(
        table.begin(Split::Full),
        Err(Refusal::Conflict(_))
    ));
    // Once the POS knows them they are not counted twice.
    table.order.payments = vec![table.parts[0].intent.to_string()];
    table.order.due = Some(gbp(400));
    assert_eq!(reserved(&table.order, &table.parts), 400);
}

#[test]
fn items_are_paid_with_their_share_of_the_whole() {
    // 12.5 % service charge on 4 × 2.50 and 1 × 10.00.
    let mut table = Table::of(order(2250, &[(4, 250), (1, 1000)]));
    let some = |index, quantity| Split::Items(vec![ChosenItem { index, quantity }]);
    assert_eq!(table.begin(some(0, 1)), Ok(281));
    assert_eq!(table.begin(some(0, 2)), Ok(563));
    assert_eq!(field(table.begin(some(0, 2))), "Split.Items[0].Quantity");
    assert_eq!(field(table.begin(some(2, 1))), "Split.Items[0].Index");
    assert_eq!(field(table.begin(some(1, 0))), "Split.Items[0].Quantity");
    let none = Split::Items(Vec::new());
    assert_eq!(field(table.begin(none)), "Split.Items");
    assert_eq!(table.begin(some(1, 1)), Ok(1125));
    // The last part is the rest.
    assert_eq!(table.begin(some(0, 1)), Ok(2250 - 281 - 563 - 1125));
}

#[test]
fn parts_that_make_no_sense_are_refused() {
    let table = Table::of(order(2, &[]));
    for parts in [0, 101, 3] {
        let refused = table.would_pay(Split::Equal { parts }, None);
        // Three parts of two pence are one, one and nothing.
        if parts != 3 {
            assert_eq!(field(refused), "Split.Parts", "{parts}");
        }
    }
    let euros = Split::Amount(Money::new(1, Currency::Eur));
    assert_eq!(
        field(table.would_pay(euros, None)),
        "Split.Amount.CurrencyCode"
    );
    for amount in [0, -1] {
        let refused = table.would_pay(Split::Amount(gbp(amount)), None);
        assert_eq!(field(refused), "Split.Amount.Value");
    }
    let mut closed = order(1000, &[]);
    closed.is_payable = false;
    let refused = Table::of(closed).would_pay(Split::Full, None);
    assert!(matches!(refused, Err(Refusal::Conflict(_))));
}

#[test]
fn tips_are_rounded_half_up() {
    let tip = |part, percent| Tip::Percent(percent).on(gbp(part));
    assert_eq!(tip(1000, 1250), Ok(Some(gbp(125))));
    assert_eq!(tip(1004, 1250), Ok(Some(gbp(126))));
    assert_eq!(tip(1003, 1250), Ok(Some(gbp(125))));
    assert_eq!(tip(1000, 0), Ok(None));
    assert_eq!(field(tip(1000, 10_001)), "Tip.Percent");
    assert_eq!(Tip::Amount(gbp(150)).on(gbp(1000)), Ok(Some(gbp(150))));
    for wrong in [-1, 1001] {
        assert_eq!(
            field(Tip::Amount(gbp(wrong)).on(gbp(1000))),
            "Tip.Amount.Value"
        );
    }
}

#[test]
fn a_pos_that_does_not_answer_is_asked_less_and_less() {
    let waits = [1, 2, 4, 8, 16, 32, 60, 300, 300];
    for (tries, wait) in (1..).zip(waits) {
        assert_eq!(
            wait_after(tries),
            SignedDuration::from_secs(wait),
            "{tries}"
        );
    }
}

fn paid_part() -> (TablePayment, PaymentIntent) {
    let mut table = Table::of(order(1000, &[]));
    table.begin(Split::Full).expect("a part");
    let mut part = table.parts.remove(0);
    let mut paid = intent(1000, 0);
    paid.status = Status::Captured;
    paid.tips = Some(gbp(100));
    assert!(part.follow(&paid, at(5)));
    (part, paid)
}

#[test]
fn a_paid_part_is_recorded_until_the_pos_answers() {
    let (mut part, paid) = paid_part();
    assert_eq!(
        (part.stage, part.tip),
        (PartStage::Recording, Some(gbp(100)))
    );
    assert_eq!(part.next_step(at(5)), Some(NextStep::Record));
    // It is being asked.
    assert_eq!(part.next_step(at(6)), None);
    part.ask_again(false, "down", at(6));
    assert!(!part.unanswered);
    assert_eq!(part.due_at(), Some(at(7)));
    assert_eq!(part.next_step(at(7)), Some(NextStep::Record));
    // Who asked died: the POS may have recorded it.
    assert_eq!(part.next_step(at(40)), Some(NextStep::Record));
    assert!(part.unanswered);
    part.recorded(at(41));
    assert!(!part.follow(&paid, at(42)));
    assert_eq!(part.due_at(), None);
}

#[test]
fn a_part_that_is_not_recorded_within_a_day_is_given_back() {
    let (mut part, mut paid) = paid_part();
    let late = at(5) + DAY;
    assert_eq!(part.next_step(late), Some(NextStep::GiveUp));
    part.refused("nobody answers", late);
    assert_eq!(part.next_step(late), Some(NextStep::GiveBack));
    part.give_back_later(true, late);
    assert!(part.reversal_declined);
    paid.status = Status::Refunded;
    assert!(part.follow(&paid, late));
    assert_eq!(part.stage, PartStage::GivenBack);
}

#[test]
fn locking_needs_both_ends_of_a_lock() {
    assert_eq!(Locking::of(true, true, true), Locking::Short);
    assert_eq!(Locking::of(true, true, false), Locking::Long);
    for (create, delete) in [(true, false), (false, true), (false, false)] {
        assert_eq!(Locking::of(create, delete, true), Locking::None);
    }
}

fn machine(number: u8) -> MachineAt {
    let mut facts = Facts {
        now: at(0),
        entropy: &mut Counting(number),
    };
    MachineAt {
        terminal: TerminalId::mint(Environment::Sandbox, &mut facts),
        tid: format!("VCM{number}"),
        waiter_id: None,
    }
}

#[test]
fn one_machine_is_at_an_order() {
    let mut table = TableOrder::new(&scope(), "house", order(1000, &[]), at(0));
    let (one, two) = (machine(1), machine(2));
    assert_eq!(table.take(one.clone(), at(0)), Ok(()));
    assert_eq!(table.take(one.clone(), at(0)), Ok(()));
    let refused = table.take(two.clone(), at(0)).expect_err("taken");
    assert!(refused.to_string().contains("VCM1"), "{refused}");
    table.leave(&two.terminal, at(1));
    assert!(table.machine.is_some());
    table.leave(&one.terminal, at(1));
    assert_eq!(table.take(two, at(1)), Ok(()));
}

fn locked(locking: Locking) -> TableOrder {
    let mut table = TableOrder::new(&scope(), "house", order(1000, &[]), at(0));
    table.take(machine(1), at(0)).expect("free");
    let id = "lock".to_owned();
    let mut lock = OrderLock::requested(id, locking, (None, None), at(0));
    lock.given();
    table.lock = Some(lock);
    table
}

#[test]
fn a_short_lock_is_extended_when_half_of_it_is_gone() {
    let mut table = locked(Locking::Short);
    assert_eq!(table.next_call(&[], at(59)), None);
    assert_eq!(
        table.next_call(&[], at(60)),
        Some(LockCall::Extend(at(180)))
    );
    assert_eq!(table.next_call(&[], at(61)), None, "it is being asked");
    let lock = table.lock.as_mut().expect("a lock");
    lock.was_extended(at(180));
    assert_eq!(table.due_at(), Some(at(120)));
}

#[test]
fn a_lock_is_deleted_when_nobody_pays_any_more() {
    for locking in [Locking::Short, Locking::Long] {
        let mut table = locked(locking);
        let terminal = table.machine.clone().expect("a machine").terminal;
        table.leave(&terminal, at(10));
        let (part, _) = paid_part();
        assert_eq!(table.next_call(&[part], at(10)), None, "one is recorded");
        assert_eq!(table.next_call(&[], at(11)), Some(LockCall::Delete));
        let lock = table.lock.as_mut().expect("a lock");
        lock.unanswered(at(12));
        assert_eq!(table.next_call(&[], at(12)), None);
        assert_eq!(table.next_call(&[], at(13)), Some(LockCall::Delete));
    }
    let mut long = locked(Locking::Long);
    assert_eq!(long.next_call(&[], at(1799)), None);
    assert_eq!(long.next_call(&[], at(1800)), Some(LockCall::Delete));
}

#[test]
fn a_lock_that_nobody_heard_of_is_deleted() {
    let mut table = TableOrder::new(&scope(), "house", order(1000, &[]), at(0));
    let id = "lock".to_owned();
    let lock = OrderLock::requested(id, Locking::Long, (None, None), at(0));
    table.lock = Some(lock);
    assert_eq!(table.next_call(&[], at(1)), None, "it is being asked");
    assert_eq!(table.next_call(&[], at(31)), Some(LockCall::Delete));
}

proptest! {
    #[test]
    fn parts_add_up_to_the_whole(total in 1_i64..100_000, parts in 1_u32..20) {
        let mut table = Table::of(order(total, &[]));
        let mut paid = Vec::new();
        while let Ok(amount) = table.begin(Split::Equal { parts }) {
            paid.push(amount);
            prop_assert!(paid.len() <= usize::try_from(parts).expect("few"));
        }
        prop_assert_eq!(paid.iter().sum::<i64>(), total);
        prop_assert!(paid.is_sorted_by(|a, b| a >= b));
        prop_assert!(paid.first().zip(paid.last()).is_some_and(|(a, b)| a - b <= 1));
    }

    #[test]
    fn items_add_up_to_the_whole(
        total in 1_000_i64..50_000,
        items in prop::collection::vec((1_i64..4, 100_i64..2_000), 1..6),
    ) {
        let mut table = Table::of(order(total, &items));
        let mut paid = 0;
        for (index, (quantity, _)) in items.iter().enumerate() {
            for _ in 0..*quantity {
                let one = Split::Items(vec![ChosenItem { index, quantity: 1 }]);
                paid += table.begin(one).expect("a part");
            }
        }
        prop_assert_eq!(paid, total);
    }

    #[test]
    fn names_are_short_and_different(
        all in prop::collection::vec("[ab]{1,2}( - [12])?|x{23,30}", 0..30),
    ) {
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let named = names(&named(&all));
        let mut unique = named.clone();
        unique.sort();
        unique.dedup();
        prop_assert_eq!(unique.len(), all.len());
        prop_assert!(named.iter().all(|name| name.chars().count() <= MAX_NAME_CHARS));
    }
}
