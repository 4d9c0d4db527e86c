//! What a machine prints.

use serde::{Deserialize, Serialize};

use super::{EntryMode, Purpose, Session, Stage, Status, Verification};
use crate::card::Scheme;
use crate::money::Money;
use crate::time::Timestamp;

/// How many characters fit on a line.
const WIDTH: usize = 24;
/// The copy that is kept, and signed if a signature is asked for.
const MERCHANT_COPY: &str = "MERCHANT COPY";

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub text: String,
    /// Whether it stands out: large and bold.
    pub heading: bool,
    /// Whether it is bold.
    pub bold: bool,
}

/// Both copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    /// The customer's.
    pub customer: Vec<Line>,
    /// The merchant's.
    pub merchant: Vec<Line>,
    /// When they were printed.
    pub at: Timestamp,
}

fn plain(text: impl Into<String>) -> Line {
    Line {
        text: text.into(),
        heading: false,
        bold: false,
    }
}

fn bold(text: impl Into<String>) -> Line {
    Line {
        bold: true,
        ..plain(text)
    }
}

fn heading(text: impl Into<String>) -> Line {
    Line {
        heading: true,
        ..bold(text)
    }
}

fn amount(name: &str, money: Money) -> String {
    let value = money.to_string();
    let gap = WIDTH
        .saturating_sub(name.len() + value.chars().count())
        .max(1);
    format!("{name}{}{value}", " ".repeat(gap))
}

/// The application that a scheme's chips name.
const fn application(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Visa => "A0000000031010",
        Scheme::Mastercard => "A0000000041010",
        Scheme::Maestro => "A0000000043060",
        Scheme::Discover | Scheme::Dci => "A0000001523010",
        Scheme::Amex => "A00000002501",
        Scheme::Unknown => "A0000000000000",
    }
}

const fn entry(entry: EntryMode) -> &'static str {
    match entry {
        EntryMode::Contactless => "CONTACTLESS",
        EntryMode::ContactChip => "ICC_CHIP",
        EntryMode::Magstripe => "SWIPED",
        EntryMode::ManualEntry => "KEYED",
    }
}

const fn verified(by: Verification) -> Option<&'static str> {
    match by {
        Verification::Pin => Some("PIN VERIFIED"),
        Verification::Signature => Some("SIGNATURE VERIFIED"),
        Verification::Device => Some("DEVICE VERIFIED"),
        Verification::None => None,
    }
}

impl Session {
    /// Whether there is paper for what the session came to: the slip to sign, and
    /// once the receipts of how it ended.
    pub(crate) fn has_to_print(&self) -> bool {
        if self.card.is_none() {
            return false;
        }
        let accepted = Status::SignatureVerificationAccepted;
        match self.story.status {
            Status::SignatureVerificationRequired => true,
            // A signed sale is paid already, and the till is answered with its
            // receipts. Whether a signed refund is made, the acquirer has yet to say.
            Status::SignatureVerificationAccepted => !self.is_refund(),
            Status::Authorized | Status::Captured | Status::Expired => {
                self.is_refund() || self.story.statuses.iter().all(|e| e.status != accepted)
            }
            Status::Canceled | Status::SignatureVerificationRejected | Status::Declined => true,
            Status::InitiateRequested | Status::Initiated | Status::CancelRequested => false,
        }
    }

    /// The receipts of how it stands now.
    pub(crate) fn print(&mut self, trader: &str, tid: &str, now: Timestamp) {
        let lines = |copy: &str| {
            let mut lines = self.lines(trader, tid, now, copy == MERCHANT_COPY);
            lines.push(plain(format!("{copy:^WIDTH$}").trim_end()));
            lines.push(plain(
                format!("{:^WIDTH$}", "PLEASE RETAIN RECEIPT").trim_end(),
            ));
            lines
        };
        self.receipts = Some(Receipts {
            customer: lines("CUSTOMER COPY"),
            merchant: lines(MERCHANT_COPY),
            at: now,
        });
    }

    fn lines(&self, trader: &str, tid: &str, now: Timestamp, merchant: bool) -> Vec<Line> {
        let shown: String = tid
            .chars()
            .skip(tid.chars().count().saturating_sub(7))
            .collect();
        let mut lines = vec![heading(trader), plain(format!("TID:****{shown}"))];
        lines.extend(self.card_lines());
        lines.push(plain(match self.story.purpose {
            Purpose::Sale { .. } if self.manual => "PRE-AUTHORISATION",
            Purpose::Sale { .. } => "SALE",
            Purpose::MatchedRefund { .. } | Purpose::UnlinkedRefund { .. } => "REFUND",
        }));
        let nothing = Money::zero(self.bill.amount.currency);
        lines.push(plain(amount("AMOUNT", self.bill.amount)));
        if let Some(charge) = self.bill.service_charge {
            lines.push(plain(amount("SERVICE CHARGE", charge)));
        }
        if !self.is_refund() {
            lines.push(plain(amount("GRATUITY", self.bill.tips.unwrap_or(nothing))));
            lines.push(plain(amount(
                "CASHBACK",
                self.bill.cashback.unwrap_or(nothing),
            )));
        }
        lines.push(heading(amount("TOTAL", self.bill.total())));
        lines.extend(self.result_lines(merchant));
        lines.push(plain(format!("{now:.0}")));
        if let Some(payment) = &self.story.payment {
            lines.push(plain(format!("AUTH CODE:{}", payment.auth_code)));
        }
        lines
    }

    fn card_lines(&self) -> Vec<Line> {
        let Some(presented) = &self.card else {
            return Vec::new();
        };
        let card = &presented.card;
        let mut lines = vec![heading(card.scheme.name())];
        lines.push(plain(format!("************{}", card.last4)));
        if presented.entry == EntryMode::ContactChip {
            lines.push(plain(format!("AID: {}", application(card.scheme))));
            lines.push(plain("PAN SEQ NO. 01"));
        }
        lines.push(plain(entry(presented.entry)));
        lines
    }

    fn result_lines(&self, merchant: bool) -> Vec<Line> {
        if matches!(self.stage, Stage::Signing) {
            let sign: &[&str] = match merchant {
                true => &["PLEASE SIGN BELOW", "", "X______________________"],
                false => &["SIGN THE MERCHANT COPY"],
            };
            return sign.iter().copied().map(plain).collect();
        }
        let money_moved = self.story.payment.is_some();
        let word = match self.story.status {
            Status::Authorized | Status::Captured | Status::SignatureVerificationAccepted => {
                "SUCCESSFUL"
            }
            Status::Declined => "DECLINED",
            Status::SignatureVerificationRejected => "SIGNATURE REJECTED",
            Status::Expired if money_moved => "SUCCESSFUL",
            Status::Expired if self.stage == Stage::Unknown => "RESULT NOT KNOWN",
            Status::Expired => "NOT COMPLETED",
            _ => "CANCELLED",
        };
        let mut lines = vec![bold(word)];
        match word {
            "SUCCESSFUL" => {
                let by = self
                    .card
                    .as_ref()
                    .and_then(|card| verified(card.verification));
                lines.extend(by.map(plain));
                lines.push(plain("Thank You"));
            }
            "RESULT NOT KNOWN" => lines.push(plain("ASK BEFORE YOU TRY AGAIN")),
            "SIGNATURE REJECTED" if !self.is_refund() => lines.push(plain("PAYMENT REVERSED")),
            _ => lines.push(plain("NO MONEY WAS MOVED")),
        }
        lines
    }
}
