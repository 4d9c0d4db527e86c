//! A visit of a page: who, where, and with what.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tatami_core::account::{Account, Scope};
use tatami_core::id::Environment;
use tatami_core::problem::Refusal;
use tatami_engine::{Failure, Visitor};

use crate::fields::Fields;
use crate::sections::Section;

/// A location in one of its environments.
#[derive(Clone)]
pub struct Place {
    pub account: Arc<Account>,
    pub scope: Scope,
}

/// The word for an environment in paths.
pub(crate) const fn mode(environment: Environment) -> &'static str {
    match environment {
        Environment::Sandbox => "test",
        Environment::Production => "live",
    }
}

/// Where the pages of a scope are.
pub fn path_of(scope: &Scope) -> String {
    format!("/portal/{}/{}", scope.account, mode(scope.environment))
}

pub struct Visit {
    pub visitor: Visitor,
    /// The locations that the visitor has a role at.
    pub locations: Vec<Arc<Account>>,
    /// The one that the path names.
    pub place: Option<Place>,
    /// The query, or the form that was sent.
    pub fields: Fields,
    pub(crate) has_sandbox: bool,
    pub(crate) has_terms: bool,
    /// Sections of pages of other crates.
    pub(crate) added: &'static [Section],
}

impl Visit {
    /// The environment that pages begin with.
    pub(crate) fn first_environment(&self) -> Environment {
        match self.has_sandbox {
            true => Environment::Sandbox,
            false => Environment::Production,
        }
    }

    /// The location that the path names.
    ///
    /// # Errors
    /// If it names none.
    pub fn location(&self) -> Result<&Place, Failure> {
        Ok(self.place.as_ref().ok_or(Refusal::NotFound("location"))?)
    }

    /// The location of this page, or the first one.
    pub fn some_scope(&self) -> Option<Scope> {
        let here = self.place.as_ref().map(|place| place.scope.clone());
        here.or_else(|| {
            self.locations.first().map(|account| Scope {
                account: account.id.clone(),
                environment: self.first_environment(),
            })
        })
    }
}

/// What the guard made of a request. A route without a guard has none: it answers 500.
#[derive(Clone)]
pub struct Here(pub Arc<Visit>);

impl Deref for Here {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Here {
    type Rejection = http::StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, http::StatusCode> {
        let visit = parts.extensions.get::<Arc<Visit>>().cloned();
        visit
            .map(Self)
            .ok_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// The head of a request, for pages that anyone may see.
pub(crate) struct Head(pub(crate) Parts);

impl<S: Send + Sync> FromRequestParts<S> for Head {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.clone()))
    }
}
