//! What an attempt of a payment intent is to its acquirer: the request, and what its
//! answer means.

use tatami_core::card::CardEntry;
use tatami_core::money::Money;
use tatami_core::payment_intent::{
    Attempt, AttemptKind, CaptureMode, InPerson, Outcome, PaymentIntent,
};

use super::attempts::Means;
use crate::acquiring::outcome_of;
use crate::ports::acquirer::{
    AcquirerAnswer, Authentication, Authorize, CardRefund, Channel, FollowUp, Presented, Route,
};
use crate::ports::outside::CallError;

fn unreachable(why: &str) -> CallError {
    CallError::Unreachable(why.to_owned())
}

pub(super) fn open_attempt(intent: &PaymentIntent) -> Result<&Attempt, CallError> {
    let attempt = intent.attempt.as_deref();
    attempt.ok_or_else(|| unreachable("no attempt is open"))
}

/// Makes the call of the open attempt.
pub(super) async fn send(
    route: &Route,
    intent: &PaymentIntent,
    means: Means,
) -> Result<AcquirerAnswer, CallError> {
    let request = Request {
        route,
        intent,
        attempt: open_attempt(intent)?,
    };
    let acquirer = &route.acquirer;
    let authorized = intent.authorization.as_ref().map_or(0, |a| a.amount.minor);
    match (&request.attempt.kind, means) {
        (AttemptKind::Pay { amount, .. }, Means::Card(card)) => {
            let channel = match intent.details.card_holder_not_present {
                true => Channel::Moto,
                false => Channel::Ecommerce { three_ds: true },
            };
            acquirer
                .authorize(request.authorize(*amount, card, channel))
                .await
        }
        (AttemptKind::Pay { amount, .. }, Means::Wallet { card, proof }) => {
            let three_ds = proof.is_none();
            let channel = Channel::Ecommerce { three_ds };
            let authorize = Authorize {
                authentication: proof.map(Authentication::from),
                ..request.authorize(*amount, card, channel)
            };
            acquirer.authorize(authorize).await
        }
        (AttemptKind::Pay { .. }, Means::Proof(proof)) => {
            acquirer
                .complete(&intent.scope, &request.attempt.id, &proof)
                .await
        }
        (AttemptKind::Pay { amount, .. }, Means::Presented(card)) => {
            let channel = Channel::InPerson(request.presented()?);
            acquirer
                .authorize(request.authorize(*amount, card, channel))
                .await
        }
        (AttemptKind::Charge { amount, .. }, Means::Kept { card, original }) => {
            let channel = Channel::MerchantInitiated { original };
            acquirer
                .authorize(request.authorize(*amount, card, channel))
                .await
        }
        (AttemptKind::Refund { amount, .. }, Means::Presented(card)) => {
            let refund = request.follow_up(*amount)?;
            let request = CardRefund {
                scope: refund.scope,
                merchant: refund.merchant,
                reference: refund.reference,
                authorization: Some(refund.authorization),
                amount: refund.amount,
                card,
                presented: request.presented()?,
            };
            acquirer.refund_card(request).await
        }
        (AttemptKind::Pay { .. } | AttemptKind::Charge { .. }, _) => {
            Err(unreachable("a payment needs its card"))
        }
        (AttemptKind::Increment { additional, .. }, _) => {
            acquirer
                .increment(request.follow_up(additional.minor)?)
                .await
        }
        (AttemptKind::Capture { amount, tips, .. }, _) => {
            let amount = amount + tips.unwrap_or(0);
            acquirer.capture(request.follow_up(amount)?).await
        }
        (AttemptKind::Refund { amount, .. }, _) => {
            acquirer.refund(request.follow_up(*amount)?).await
        }
        (AttemptKind::Reverse { .. }, _) => acquirer.reverse(request.follow_up(authorized)?).await,
        (AttemptKind::Release, _) => acquirer.release(request.follow_up(intent.held())?).await,
        (AttemptKind::TakeBack, _) => acquirer.reverse(request.take_back()?).await,
    }
}

/// What requests are made of.
struct Request<'a> {
    route: &'a Route,
    intent: &'a PaymentIntent,
    attempt: &'a Attempt,
}

impl Request<'_> {
    fn authorize(&self, amount: Money, card: CardEntry, channel: Channel) -> Authorize {
        let asks_address = !matches!(channel, Channel::InPerson(_));
        let address = self.intent.details.billing_address.clone();
        let is_charge = matches!(self.attempt.kind, AttemptKind::Charge { .. });
        Authorize {
            scope: self.intent.scope.clone(),
            merchant: self.route.merchant.clone(),
            reference: self.attempt.id.clone(),
            amount,
            capture: is_charge || self.intent.capture_mode == CaptureMode::Auto,
            card,
            address: address.filter(|_| asks_address),
            channel,
            authentication: None,
        }
    }

    /// A call about what is authorized.
    fn follow_up(&self, minor: i64) -> Result<FollowUp, CallError> {
        let authorization = self.intent.authorization.as_ref();
        let authorization = authorization.ok_or_else(|| unreachable("nothing is authorized"))?;
        Ok(FollowUp {
            scope: self.intent.scope.clone(),
            merchant: self.route.merchant.clone(),
            reference: self.attempt.id.clone(),
            authorization: authorization.reference.clone(),
            network_reference: authorization.network_reference.clone(),
            amount: Money::new(minor, self.intent.amount.currency),
        })
    }

    fn take_back(&self) -> Result<FollowUp, CallError> {
        let unsigned = self.intent.unsigned.as_ref();
        let unsigned = unsigned.ok_or_else(|| unreachable("nothing is unsigned"))?;
        Ok(FollowUp {
            scope: self.intent.scope.clone(),
            merchant: self.route.merchant.clone(),
            reference: self.attempt.id.clone(),
            authorization: unsigned.reference.clone(),
            network_reference: unsigned.approval.network_reference.clone(),
            amount: unsigned.amount,
        })
    }

    fn presented(&self) -> Result<Presented, CallError> {
        let way = self.attempt.in_person.as_ref();
        let way: &InPerson = way.ok_or_else(|| unreachable("no machine read a card"))?;
        Ok(Presented {
            terminal: way.terminal.clone(),
            entry: way.entry,
            verification: way.verification,
            emv: None,
        })
    }
}

/// What an answer means to the open attempt.
pub(super) fn outcome(intent: &PaymentIntent, answer: AcquirerAnswer) -> Outcome {
    match intent.attempt.as_deref() {
        Some(Attempt {
            id,
            kind: AttemptKind::Pay { card, keeping, .. },
            ..
        }) => outcome_of(answer, Some((id, card, keeping.clone()))),
        _ => outcome_of(answer, None),
    }
}
