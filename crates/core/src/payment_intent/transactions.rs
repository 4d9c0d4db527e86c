//! The transactions of a payment.

use super::{
    Authorization, AutoExpireAction, CaptureMode, Details, PaymentEvent, PaymentEventKind,
    PaymentIntent, Status,
};
use crate::card::CardSummary;
use crate::money::Money;
use crate::terminal::EntryMode;
use crate::time::Timestamp;
use crate::transaction::{PaymentProduct, Transaction, TransactionStatus, TransactionType};

impl Details {
    /// What such a payment is made with, unless at a table or a card machine.
    fn product(&self) -> PaymentProduct {
        match self.page_source().replace(['_', ' '], "-").as_str() {
            "virtual-terminal" => PaymentProduct::VirtualTerminal,
            "payment-link" | "payment-links" => PaymentProduct::PaymentLinks,
            "booking" | "bookings" => PaymentProduct::DojoBookings,
            _ if self.is_not_online_checkout => PaymentProduct::Other,
            _ => PaymentProduct::OnlineCheckout,
        }
    }
}

impl PaymentIntent {
    /// Its transactions, in no order: the payment, declines before it, captures and refunds.
    pub fn transactions(&self) -> Vec<Transaction> {
        let mut all: Vec<_> = self
            .payment_events
            .iter()
            .filter_map(|event| self.undone(event))
            .collect();
        if let Some(authorization) = self.authorization.as_deref() {
            all.push(self.payment(authorization));
            all.extend(self.captures.iter().map(|capture| Transaction {
                tips: capture.tips.unwrap_or(0),
                ..self.follow_up(
                    authorization,
                    TransactionType::Collection,
                    PaymentEventKind::Captured,
                    (capture.id.as_str(), capture.at),
                    capture.amount.saturating_add(capture.tips.unwrap_or(0)),
                )
            }));
            all.extend(self.refunds.iter().map(|refund| {
                self.follow_up(
                    authorization,
                    TransactionType::Refund,
                    PaymentEventKind::Refunded,
                    (refund.id.as_str(), refund.at),
                    refund.amount,
                )
            }));
        }
        all
    }

    const fn paying(&self) -> TransactionType {
        match self.capture_mode {
            CaptureMode::Auto => TransactionType::Sale,
            CaptureMode::Manual => TransactionType::PreAuth,
        }
    }

    /// The payment that was approved.
    fn payment(&self, authorization: &Authorization) -> Transaction {
        let kind = self.paying();
        // Of a hold, tips and cashback are known when it is captured.
        let part = |money: Option<Money>| match kind {
            TransactionType::Sale => money.map_or(0, |money| money.minor),
            _ => 0,
        };
        Transaction {
            status: self.paid_status(authorization),
            tips: part(self.tips),
            cashback: part(self.cashback),
            first_total: authorization.first_amount,
            ..self.transaction(
                kind,
                (&authorization.transaction_id, authorization.at),
                authorization.amount,
                Some(&authorization.card),
                &authorization.auth_code,
            )
        }
    }

    fn paid_status(&self, authorization: &Authorization) -> TransactionStatus {
        let ends = authorization.hold_until;
        match (&self.reversal, self.capture_mode, self.auto_expire_action) {
            (Some(reversal), CaptureMode::Manual, action)
                if ends.is_some_and(|ends| ends <= reversal.at) =>
            {
                match action {
                    Some(AutoExpireAction::Release) => TransactionStatus::Released,
                    Some(AutoExpireAction::Capture) | None => TransactionStatus::Expired,
                }
            }
            (Some(_), ..) => TransactionStatus::Reversed,
            (None, CaptureMode::Manual, _) if self.status == Status::Authorized => {
                TransactionStatus::AwaitingCollection
            }
            (None, ..) => TransactionStatus::Authorized,
        }
    }

    /// A payment that was declined, or approved on a card machine and taken back when its
    /// signature was rejected.
    fn undone(&self, event: &PaymentEvent) -> Option<Transaction> {
        // Those of a later reversal are of the payment, which says so itself.
        let is_of_reversal = self.reversal.as_ref().is_some_and(|it| it.at == event.at);
        let status = match event.kind {
            PaymentEventKind::Declined => TransactionStatus::Declined,
            PaymentEventKind::Reversed if !is_of_reversal => TransactionStatus::Reversed,
            _ => return None,
        };
        Some(Transaction {
            status,
            is_done: false,
            ..self.transaction(
                self.paying(),
                (&event.transaction_id, event.at),
                event.amount.unwrap_or_else(|| self.total()),
                event.card.as_ref(),
                &event.auth_code,
            )
        })
    }

    /// What followed a payment.
    fn follow_up(
        &self,
        authorization: &Authorization,
        kind: TransactionType,
        recorded: PaymentEventKind,
        (id, at): (&str, Timestamp),
        minor: i64,
    ) -> Transaction {
        let mut events = self.payment_events.iter();
        let event = events.find(|event| event.kind == recorded && event.at == at);
        let total = Money {
            minor,
            ..authorization.amount
        };
        let code = event.map_or("", |event| event.auth_code.as_str());
        self.transaction(kind, (id, at), total, Some(&authorization.card), code)
    }

    fn transaction(
        &self,
        kind: TransactionType,
        (id, at): (&str, Timestamp),
        total: Money,
        card: Option<&CardSummary>,
        auth_code: &str,
    ) -> Transaction {
        let terminal = self.terminal_of(id, kind);
        let product = match (&terminal, self.at_table) {
            (Some(_), _) => PaymentProduct::Terminal,
            (None, true) => PaymentProduct::PayByQr,
            (None, false) => self.details.product(),
        };
        Transaction {
            id: id.to_owned(),
            at,
            payment_intent: Some(self.id.clone()),
            kind,
            status: TransactionStatus::Authorized,
            is_done: true,
            total,
            first_total: None,
            tips: 0,
            cashback: 0,
            reference: self.details.reference.clone(),
            card: card.cloned(),
            auth_code: auth_code.to_owned(),
            product,
            terminal,
        }
    }

    /// The machine of a transaction: of the session that names it; of a capture or a
    /// refund else, that of the payment.
    fn terminal_of(
        &self,
        id: &str,
        kind: TransactionType,
    ) -> Option<(crate::id::TerminalId, EntryMode)> {
        let mut sessions = self.terminal_sessions.iter();
        let named = sessions.find_map(|story| {
            let payment = story
                .payment
                .as_ref()
                .filter(|it| it.transaction_id == id)?;
            Some((story.terminal.clone(), payment.entry))
        });
        let is_payment = matches!(kind, TransactionType::Sale | TransactionType::PreAuth);
        let paid = self.authorization.as_ref();
        let paid = paid.filter(|it| !is_payment || it.transaction_id == id);
        let way = paid.and_then(|it| it.in_person.as_ref());
        named.or_else(|| way.map(|way| (way.terminal.clone(), way.entry)))
    }
}
