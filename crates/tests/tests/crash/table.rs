//! The program is killed in the middle of a payment at a table.

use tatami_tests::{App, Kind, Line, Restaurant, Step, TRANSPORTS, Tatami, Till};

/// The program is killed at each step, with a POS of either transport.
async fn killed_at(step: Step) {
    for transport in TRANSPORTS {
        let mut server = Tatami::start_on_kind(Kind::Sqlite, &[]);
        let line = Line::to(&server).await;
        let mut app = App::on(&server);
        app.base.clone_from(&line.base);
        let till = Till { app };
        till.pace("immediate").await;
        let mut place = Restaurant::with(till, transport, &[]);
        place.comes_to(step).await;
        server.kill9();
        server.again();
        line.lead_to(&server);
        place.till.app = place.till.app.moved_to(&server);
        place.goes_on_after(step).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_an_order_is_locked_leaves_no_lock() {
    killed_at(Step::Lock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_a_part_is_paid_loses_no_payment() {
    killed_at(Step::Pay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_a_payment_is_recorded_records_it_once() {
    killed_at(Step::Record).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_an_order_is_unlocked_leaves_no_lock() {
    killed_at(Step::Unlock).await;
}
