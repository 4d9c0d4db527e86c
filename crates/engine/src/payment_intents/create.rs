//! Creating a payment intent.

use tatami_core::payment_intent::{Decision, Draft, create};
use tatami_core::problem::{Refusal, Violation};

use super::PaymentIntents;
use super::operate::Says;
use crate::command::answered;
use crate::ports::answers::Answer;
use crate::{Call, Failure};

/// A decision, unless the rules that a rule of the core does not know are
/// broken too: all of them are named.
fn with_rules(
    decided: Result<Decision, Refusal>,
    broken: Vec<Violation>,
) -> Result<Decision, Refusal> {
    match decided {
        Err(Refusal::Invalid(mut all)) => {
            all.extend(broken);
            Err(Refusal::Invalid(all))
        }
        Ok(_) if !broken.is_empty() => Err(Refusal::Invalid(broken)),
        decided => decided,
    }
}

impl PaymentIntents<'_> {
    /// Creates a payment intent.
    ///
    /// # Errors
    /// With every rule the draft breaks.
    pub async fn create(self, call: &Call, draft: Draft) -> Result<Answer, Failure> {
        self.create_for_customer(call, draft, None).await
    }

    /// Creates a payment intent of a customer whose saved cards the secret
    /// opens to all who have the payment link.
    ///
    /// # Errors
    /// With every rule the draft breaks.
    pub async fn create_for_customer(
        self,
        call: &Call,
        draft: Draft,
        customer_secret: Option<&str>,
    ) -> Result<Answer, Failure> {
        self.0
            .respond(call, None, || async {
                let mut draft = draft.clone();
                self.0
                    .charges()
                    .check_setup_intent(call, &mut draft)
                    .await?;
                let broken = self
                    .0
                    .customers()
                    .check_named(&call.scope, &draft.details, customer_secret)
                    .await?;
                let created = self.0.with_facts(&call.scope, |facts| {
                    create(call.scope.clone(), draft, facts)
                });
                let mut decision = with_rules(created, broken)?;
                if let Some(secret) = customer_secret {
                    self.0
                        .customers()
                        .seal_secret(decision.intent_mut(), secret);
                }
                let cards = self.0.customers().named_card(&decision.intent).await?;
                let done = self.said(&decision.intent, Says::Intent);
                let mut commit = self.commit_of(decision, None).await?;
                commit.documents.extend(cards);
                answered(self.0, call, commit, &done).await
            })
            .await
    }
}
