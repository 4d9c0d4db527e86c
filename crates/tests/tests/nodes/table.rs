//! Orders of a POS that are paid at the machines of one program while the POS is connected
//! to another.

use tatami_tests::{App, Restaurant, Step, TRANSPORTS, Till};

use crate::Nodes;

/// The program that a machine uses is killed at each step, and another goes on.
async fn killed_at(step: Step) {
    for transport in TRANSPORTS {
        let mut nodes = Nodes::start();
        let other = nodes.another();
        let one = App::on(&nodes.first);
        let two = one.moved_to(&other);
        let till = Till { app: two.clone() };
        till.pace("immediate").await;
        let mut place = Restaurant::with(till, transport, &[]);
        place.till.app = one;
        place.comes_to(step).await;
        nodes.first.kill9();
        place.till.app = two;
        place.goes_on_after(step).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_while_an_order_is_locked_leaves_no_lock() {
    killed_at(Step::Lock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_a_program_that_is_killed_is_recorded_by_another() {
    killed_at(Step::Pay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_while_it_records_records_once() {
    killed_at(Step::Record).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_while_it_unlocks_leaves_no_lock() {
    killed_at(Step::Unlock).await;
}
