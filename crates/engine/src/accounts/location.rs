//! The names of locations in the addresses of their tables. Nobody can guess one, and
//! none is stored.

use tatami_core::account::{AnyScope, Scope};

use super::Accounts;

const PURPOSE: &str = "table-location";

impl Accounts<'_> {
    /// The name of a scope's location.
    pub fn location(self, scope: &Scope) -> String {
        self.0.parts.key.token(PURPOSE, &scope.to_string())
    }

    /// The scope whose location has that name, if it is served.
    pub fn of_location(self, location: &str) -> Option<Scope> {
        let named = self.0.parts.key.read_token(PURPOSE, location).ok()?;
        let scope = AnyScope::parse(&named)?;
        let scope = scope.account()?.clone();
        self.0.serves(scope.environment).then_some(scope)
    }
}
