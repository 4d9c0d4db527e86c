//! Terminals and sessions as documents.

use tatami_core::account::AnyScope;
use tatami_core::terminal::Terminal;
use tatami_core::terminal_session::Session;
use tatami_core::time::{Timestamp, ticks};

use crate::ports::documents::{Aggregate, DocumentKind, IndexValue};
use crate::transactions::{GIVEN_BACK, JOURNAL};

impl Aggregate for Terminal {
    const KIND: DocumentKind = DocumentKind::Terminal;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        Terminal::status(self).name()
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

impl Aggregate for Session {
    const KIND: DocumentKind = DocumentKind::TerminalSession;

    fn id(&self) -> &str {
        self.story.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn owner(&self) -> Option<&str> {
        Some(self.story.terminal.as_str())
    }

    fn status(&self) -> &str {
        self.story.status.name()
    }

    fn created_at(&self) -> Timestamp {
        self.story.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        Session::due_at(self)
    }

    fn values(&self) -> Vec<IndexValue> {
        let transaction = self.transaction().into_iter();
        let values = transaction.flat_map(|it| {
            let given = format!("{} {}", ticks(it.at), it.id);
            [
                IndexValue::new(JOURNAL, it.line()),
                IndexValue::new(GIVEN_BACK, given),
            ]
        });
        values.collect()
    }
}
