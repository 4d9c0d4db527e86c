//! Every state by every command.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Verify,
    Refresh,
    Delete,
    DeleteAuthorized,
    Charge,
    /// Long after it, and the card, expired.
    Expire,
}

const COMMANDS: [Command; 6] = [
    Command::Verify,
    Command::Refresh,
    Command::Delete,
    Command::DeleteAuthorized,
    Command::Charge,
    Command::Expire,
];

/// What a command leads to: the status, or nothing if it is refused.
fn after(intent: &SetupIntent, command: Command) -> Option<Status> {
    let now = at(START);
    let next = match command {
        Command::Verify => {
            let begun = with_facts(now, 8, |f| intent.begin_verification(given(now, 9), f));
            begun.map(|begun| concluded(&begun, approved())).ok()
        }
        Command::Refresh => with_facts(now, 8, |f| intent.refresh_session(f)).ok(),
        Command::Delete => intent.delete(false, now).ok(),
        Command::DeleteAuthorized => intent.delete(true, now).ok(),
        Command::Charge => {
            let begun = charging(intent, now);
            begun.map(|begun| charged(&begun, &approved(), now)).ok()
        }
        Command::Expire => intent.expire(at("2030-01-01T00:00:00Z")),
    };
    next.map(|next| next.status)
}

#[test]
fn every_state_by_every_command() {
    use Status::{Authorized, Canceled, CardExpired, Closed, Completed, Created, Expired};
    let now = at(START);
    let late = at("2030-01-01T00:00:00Z");
    let no_show = created(TransactionType::NoShow);
    let kept = authorized(TransactionType::NoShow);
    let rows: [(&str, SetupIntent, [Option<Status>; 6]); 9] = [
        (
            "created",
            no_show.clone(),
            [
                Some(Authorized),
                Some(Created),
                Some(Canceled),
                Some(Canceled),
                None,
                Some(Expired),
            ],
        ),
        (
            "authorized",
            kept.clone(),
            [
                None,
                None,
                None,
                Some(Closed),
                Some(Completed),
                Some(CardExpired),
            ],
        ),
        (
            "canceled",
            no_show.delete(false, now).expect("canceled"),
            [None; 6],
        ),
        ("expired", no_show.expire(late).expect("expired"), [None; 6]),
        (
            "card expired",
            kept.expire(late).expect("expired"),
            [None; 6],
        ),
        ("closed", kept.delete(true, now).expect("closed"), [None; 6]),
        (
            "completed, once",
            completed(TransactionType::NoShow),
            [None; 6],
        ),
        (
            "completed, and again",
            completed(TransactionType::Unscheduled),
            [
                None,
                None,
                None,
                Some(Closed),
                Some(Completed),
                Some(Completed),
            ],
        ),
        ("verifying", verifying(&no_show), [None; 6]),
    ];
    for (name, intent, wanted) in rows {
        for (command, wanted) in COMMANDS.into_iter().zip(wanted) {
            assert_eq!(after(&intent, command), wanted, "{command:?} when {name}");
        }
    }
    let busy = charging(&kept, now).expect("begun");
    for command in COMMANDS {
        assert_eq!(
            after(&busy, command),
            None,
            "{command:?} while it is charged"
        );
    }
}

#[test]
fn names_are_those_published() {
    let names = Status::ALL.map(Status::name);
    assert_eq!(
        names,
        [
            "Created",
            "Authorized",
            "Canceled",
            "Completed",
            "Expired",
            "CardExpired",
            "Closed"
        ]
    );
    assert_eq!(
        TransactionType::from_name("noshow"),
        Some(TransactionType::NoShow)
    );
    assert_eq!(TransactionType::from_name("Weekly"), None);
}
