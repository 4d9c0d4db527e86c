//! Idempotency keys: a request that was carried out is answered again, never
//! carried out again.

use base64::Engine as _;
use tatami_core::account::{AnyScope, Scope};
use tatami_core::payment_intent::RequestRef;

use crate::ports::answers::Answer;
use crate::ports::store::IdempotencyWrite;
use crate::{Call, Failure, Shared};

const PURPOSE: &str = "idempotent-answer";

impl Shared {
    /// The stored answer to a request that was carried out before.
    pub(crate) async fn replay(&self, call: Option<&Call>) -> Result<Option<Answer>, Failure> {
        let Some(call) = call else {
            return Ok(None);
        };
        let Some((key, fingerprint)) = &call.idempotency else {
            return Ok(None);
        };
        let Some(record) = self
            .store()
            .idempotency(&AnyScope::from(&call.scope), key)
            .await?
        else {
            return Ok(None);
        };
        if record.fingerprint != *fingerprint {
            return Err(Failure::KeyReused);
        }
        let (status, sealed) = record.answer.ok_or(Failure::StillRunning)?;
        let body = self
            .parts
            .key
            .open(PURPOSE, &place(&call.scope, key), &sealed)
            .map_err(|e| Failure::Unavailable(e.to_string()))?;
        Ok(Some(Answer {
            status,
            body: body.to_vec(),
        }))
    }

    /// Takes the key and stores the answer in the commit that it goes with.
    pub(crate) fn store_answer(&self, call: &Call, answer: &Answer) -> Option<IdempotencyWrite> {
        let (key, fingerprint) = call.idempotency.clone()?;
        let sealed = sealed(self, &call.scope, &key, answer);
        Some(IdempotencyWrite::Store {
            key,
            fingerprint,
            status: answer.status,
            sealed,
        })
    }

    /// Stores the answer of a claimed key.
    pub(crate) fn complete(
        &self,
        scope: &Scope,
        request: &RequestRef,
        answer: &Answer,
    ) -> IdempotencyWrite {
        let sealed = sealed(self, scope, &request.key, answer);
        IdempotencyWrite::Complete {
            key: request.key.clone(),
            status: answer.status,
            sealed,
        }
    }
}

fn sealed(engine: &Shared, scope: &Scope, key: &str, answer: &Answer) -> Vec<u8> {
    let mut nonce = [0; 12];
    (engine.parts.entropy)().fill(&mut nonce);
    engine
        .parts
        .key
        .seal(PURPOSE, &place(scope, key), nonce, &answer.body)
}

fn place(scope: &Scope, key: &str) -> String {
    let key = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(key);
    format!("{}/{}/{key}", scope.account, scope.environment.word())
}

/// Takes the key before the acquirer is called.
pub(crate) fn claim(request: Option<&RequestRef>) -> Option<IdempotencyWrite> {
    let RequestRef {
        key, fingerprint, ..
    } = request?.clone();
    Some(IdempotencyWrite::Claim { key, fingerprint })
}
