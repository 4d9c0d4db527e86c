//! How people are stored, and what they are found by.

use tatami_core::account::AnyScope;
use tatami_core::people::{AuditEntry, Company, Link, Session, User, normalized};
use tatami_core::time::Timestamp;

use super::audit;
use crate::ports::documents::{Aggregate, DocumentKind, IndexValue};

/// The company of a location.
pub(super) const LOCATION: &str = "location";
/// The user with an address.
pub(super) const EMAIL: &str = "email";

impl Aggregate for Company {
    const KIND: DocumentKind = DocumentKind::Company;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::Installation
    }

    fn status(&self) -> &'static str {
        "active"
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn values(&self) -> Vec<IndexValue> {
        let locations = self.locations.iter();
        locations
            .map(|id| IndexValue::unique(LOCATION, id.as_str()))
            .collect()
    }
}

impl Aggregate for User {
    const KIND: DocumentKind = DocumentKind::User;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::Installation
    }

    fn owner(&self) -> Option<&str> {
        Some(self.company.as_str())
    }

    fn status(&self) -> &'static str {
        match self.password {
            Some(_) => "active",
            None => "invited",
        }
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn values(&self) -> Vec<IndexValue> {
        vec![IndexValue::unique(EMAIL, normalized(&self.email))]
    }
}

impl Aggregate for Session {
    const KIND: DocumentKind = DocumentKind::PortalSession;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::Installation
    }

    fn owner(&self) -> Option<&str> {
        Some(self.user.as_str())
    }

    fn status(&self) -> &'static str {
        match self.is_signed_in() {
            true => "signed-in",
            false => "unproven",
        }
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// It is deleted then.
    fn due_at(&self) -> Option<Timestamp> {
        Some(self.ends_at())
    }
}

impl Aggregate for Link {
    const KIND: DocumentKind = DocumentKind::PortalLink;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::Installation
    }

    fn owner(&self) -> Option<&str> {
        Some(self.user.as_str())
    }

    fn status(&self) -> &'static str {
        "open"
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// It is deleted then.
    fn due_at(&self) -> Option<Timestamp> {
        Some(self.ends_at())
    }
}

impl Aggregate for AuditEntry {
    const KIND: DocumentKind = DocumentKind::AuditEntry;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::Installation
    }

    fn owner(&self) -> Option<&str> {
        Some(self.company.as_str())
    }

    fn status(&self) -> &'static str {
        "written"
    }

    fn created_at(&self) -> Timestamp {
        self.at
    }

    fn values(&self) -> Vec<IndexValue> {
        audit::values(self)
    }
}
