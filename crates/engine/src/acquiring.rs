//! What calls to acquirers share, whatever they are about.

use tatami_core::account::Scope;
use tatami_core::card::CardSummary;
use tatami_core::id::AttemptId;
use tatami_core::payment_intent::{Challenge, Outcome};
use tatami_core::saved_card::Keeping;

use crate::ports::acquirer::{AcquirerAnswer, Resolution, Route};
use crate::ports::outside::CallError;
use crate::{Failure, Shared};

impl Shared {
    /// The acquirer of a merchant.
    pub(crate) async fn route(&self, scope: &Scope) -> Result<Route, CallError> {
        let unreachable = |failure: Failure| CallError::Unreachable(failure.to_string());
        let account = self.account(&scope.account).await.map_err(unreachable)?;
        let acquirers = &self.parts.acquirers;
        let route = acquirers.route(&account, scope.environment).await;
        route.ok_or_else(|| unreachable(Failure::NoAcquirer))
    }

    /// Asks the acquirer what became of a reference; no answer if it is void.
    pub(crate) async fn resolved(
        &self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Option<AcquirerAnswer>, CallError> {
        let acquirer = self.route(scope).await?.acquirer;
        Ok(match acquirer.resolve(scope, reference).await? {
            Resolution::Answered(answer) => Some(answer),
            Resolution::Voided => None,
        })
    }

    /// Whether a request of an account may begin what ends in a call to an acquirer. To
    /// be asked before anything is done.
    ///
    /// # Errors
    /// [`Failure::Busy`] if too many calls are under way.
    pub(crate) fn may_call(&self, scope: &Scope) -> Result<(), Failure> {
        if self.admission().may_call(&scope.account) {
            return Ok(());
        }
        metrics::counter!("tatami_http_turned_away_total", "why" => "acquirer").increment(1);
        Err(Failure::Busy)
    }
}

/// What an answer comes to. Only what takes money from a card, or verifies one, can be
/// challenged: that card of that reference; anything else has not been done then.
pub(crate) fn outcome_of(
    answer: AcquirerAnswer,
    challenged: Option<(&AttemptId, &CardSummary, Option<Keeping>)>,
) -> Outcome {
    match (answer, challenged) {
        (AcquirerAnswer::Approved(approval), _) => Outcome::Approved(approval),
        (AcquirerAnswer::Declined(decline), _) => Outcome::Declined(decline),
        (AcquirerAnswer::Challenge(c), Some((reference, card, keeping))) => {
            Outcome::Challenged(Challenge {
                keeping,
                choice: None,
                session: None,
                reference: reference.clone(),
                transaction_id: c.transaction_id,
                acs_url: c.acs_url,
                payload: c.payload,
                card: card.clone(),
            })
        }
        (AcquirerAnswer::Challenge(_), None) => Outcome::NotDone,
    }
}
