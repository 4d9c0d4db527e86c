//! Random histories: the money is right whatever is pressed.

use proptest::prelude::*;

use super::super::fleet::FLEET;
use super::*;

fn any_press() -> impl Strategy<Value = Press> {
    let card = prop::sample::select(vec!["pin", "signature"]);
    prop_oneof![
        3 => card.clone().prop_map(|card| Press::Insert(Shop::card(card))),
        1 => card.clone().prop_map(|card| Press::Tap(Shop::card(card))),
        1 => card.clone().prop_map(|card| Press::Swipe(Shop::card(card))),
        1 => card.prop_map(|card| Press::KeyIn(Shop::card(card))),
        3 => Just(Press::Pin("1234".to_owned().into())),
        1 => Just(Press::Pin("9".to_owned().into())),
        1 => Just(Press::RemoveCard),
        1 => Just(Press::Cancel),
        1 => Just(Press::Ok),
        1 => Just(Press::Sign),
        1 => any::<bool>().prop_map(Press::Signature),
        1 => Just(Press::Menu),
        1 => Just(Press::LeaveMenu),
        1 => Just(Press::PowerOff),
        2 => Just(Press::PowerOn),
        1 => Just(Press::LoseLine),
        2 => Just(Press::RestoreLine),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Press(Press),
    Sell,
    Cancel,
    Sign(bool),
    Wait(i64),
    Approve(bool),
    /// Somebody asks what became of the open attempt.
    Settle,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any_press().prop_map(Step::Press),
        3 => Just(Step::Sell),
        1 => Just(Step::Cancel),
        1 => any::<bool>().prop_map(Step::Sign),
        1 => (1..120_i64).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Approve),
        1 => Just(Step::Settle),
    ]
}

proptest! {
    #[test]
    fn whatever_is_pressed_the_money_is_right(
        readable: bool,
        manual: bool,
        ending in prop::sample::select(FLEET.to_vec()),
        steps in prop::collection::vec(any_step(), 1..40),
    ) {
        let mut shop = Shop::new(ending, manual, 1000);
        if readable {
            shop.machine.pace = Pace::Readable;
        }
        for step in steps {
            // What is refused changes nothing, which the check shows.
            let _refused = match step {
                Step::Press(press) => shop.press(press),
                Step::Sell => match shop.terminal.busy {
                    true => Ok(()),
                    false => {
                        let before = shop.session.take();
                        let sold = shop.sell();
                        if shop.session.is_none() {
                            shop.session = before;
                        }
                        sold
                    }
                },
                Step::Cancel => shop.decide(|counter, facts| counter.cancel(facts)),
                Step::Sign(accepted) => {
                    shop.decide(|counter, facts| counter.verify_signature(accepted, facts))
                }
                Step::Wait(seconds) => {
                    shop.now += SignedDuration::from_secs(seconds);
                    Ok(())
                }
                Step::Approve(approves) => {
                    shop.approves = approves;
                    Ok(())
                }
                Step::Settle => {
                    let tells = shop.session.as_ref().is_some_and(|session| {
                        let attempt = shop.intent.attempt.as_ref();
                        let way = attempt.and_then(|attempt| attempt.in_person.as_ref());
                        way.is_some_and(|way| way.session == session.story.id)
                    });
                    if tells {
                        shop.answer();
                    }
                    Ok(())
                }
            };
            shop.run();
            shop.check();
        }
    }
}
