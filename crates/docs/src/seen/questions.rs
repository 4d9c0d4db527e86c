//! When an account did something last.

use tatami_core::pay_at_table::{PartStage, TablePayment};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::terminal_session::{Purpose, Session};
use tatami_core::time::Timestamp;
use tatami_epos::capability::Capability;

use super::sessions::is_sale;
use super::traffic::Traffic;

impl Traffic {
    pub(super) fn intent(&self, is: impl Fn(&PaymentIntent) -> bool) -> Option<Timestamp> {
        let found = self.intents.iter().filter(|intent| is(intent));
        found.map(|intent| intent.updated_at).max()
    }

    pub(super) fn session(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        let found = self.sessions.iter().filter(|session| is(session));
        found.map(|session| session.story.updated_at).max()
    }

    /// A sale that a till asked for.
    pub(super) fn sale(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        self.session(|s| is_sale(s) && !s.manual && !self.is_at_table(s) && is(s))
    }

    pub(super) fn hold(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        self.session(|s| is_sale(s) && s.manual && is(s))
    }

    pub(super) fn unlinked(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        self.session(|s| matches!(s.story.purpose, Purpose::UnlinkedRefund { .. }) && is(s))
    }

    pub(super) fn matched(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        self.session(|s| matches!(s.story.purpose, Purpose::MatchedRefund { .. }) && is(s))
    }

    pub(super) fn part(&self, is: impl Fn(&TablePayment) -> bool) -> Option<Timestamp> {
        let found = self.parts.iter().filter(|part| is(part));
        found.map(|part| part.updated_at).max()
    }

    pub(super) fn recorded(&self, is: impl Fn(&TablePayment) -> bool) -> Option<Timestamp> {
        self.part(|part| part.stage == PartStage::Recorded && is(part))
    }

    /// Whether others paid of the same order.
    pub(super) fn is_shared(&self, part: &TablePayment) -> bool {
        let of_order = |it: &&TablePayment| it.order == part.order;
        let parts = self.parts.iter().filter(of_order);
        parts.filter(|it| it.stage == PartStage::Recorded).count() > 1
    }

    pub(super) fn is_at_table(&self, session: &Session) -> bool {
        let paid = session.story.purpose.payment_intent();
        self.parts.iter().any(|part| Some(&part.intent) == paid)
    }

    /// When a test of the POS of that name succeeded last.
    pub(super) fn flow(&self, name: &str) -> Option<Timestamp> {
        let found = self.flows.iter();
        let found = found.filter(|flow| flow.name == name && flow.succeeded());
        found.map(|flow| flow.started_at).max()
    }

    /// Since when the POS has a capability.
    pub(super) fn capability(&self, capability: Capability) -> Option<Timestamp> {
        let found = self.integrations.iter();
        let found = found.filter_map(|integration| integration.serves(capability));
        found.map(|(_, since)| since).max()
    }
}
