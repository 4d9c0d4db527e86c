//! A simulated acquirer: books in memory, and a line to it that loses requests,
//! loses answers, and delivers late.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_core::payment_intent::{Approval, Decline, DeclineReason};
use tatami_engine::ports::acquirer::{
    Acquirer, AcquirerAnswer, Authorize, CardRefund, ChallengeAnswer, Channel, FollowUp,
    Resolution, Verify,
};

use tatami_engine::ports::outside::CallError;

use crate::dice::Dice;
use crate::power::Power;

/// What the acquirer holds of one authorization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Minor units authorized, increments included.
    pub authorized: i64,
    /// Minor units taken.
    pub captured: i64,
    /// Minor units given back.
    pub refunded: i64,
    /// Whether it was undone.
    pub reversed: bool,
    /// Whether what was not captured was let go.
    pub released: bool,
}

#[derive(Default)]
struct Books {
    answers: BTreeMap<AttemptId, Option<AcquirerAnswer>>,
    authorizations: BTreeMap<AttemptId, Book>,
    challenged: BTreeMap<AttemptId, Option<Book>>,
    /// Minor units given to cards without reference to a payment.
    credited: i64,
    /// How often each reference was sent; going on after a challenge is not counted.
    sent: BTreeMap<AttemptId, u32>,
    /// Requests still on their way, with how many others overtake them first.
    late: Vec<(u64, AttemptId, Request)>,
}

/// The acquirer. Copies share their books.
#[derive(Clone)]
pub struct SimulatedAcquirer {
    books: Arc<Mutex<Books>>,
    dice: Dice,
    faults: bool,
    /// Of the process that calls.
    power: Power,
}

#[derive(Clone)]
enum Request {
    Authorize {
        amount: i64,
        capture: bool,
        last4: String,
        holder_there: bool,
    },
    Verify {
        last4: String,
    },
    Complete {
        passed: bool,
    },
    Increment(FollowUp),
    Capture(FollowUp),
    Refund(FollowUp),
    Reverse(FollowUp),
    Release(FollowUp),
    /// To a card that was read, and is of no payment.
    Credit {
        amount: i64,
        last4: String,
    },
}

fn approved(word: &str) -> AcquirerAnswer {
    AcquirerAnswer::Approved(Approval {
        transaction_id: "t".to_owned(),
        auth_code: "000000".to_owned(),
        message: word.to_owned(),
        funding: None,
        avs_result: None,
        network_reference: Some("n".to_owned()),
    })
}

fn declined() -> AcquirerAnswer {
    AcquirerAnswer::Declined(Decline {
        reason: DeclineReason::DoNotHonour,
        message: "declined".to_owned(),
        transaction_id: "t".to_owned(),
    })
}

impl Books {
    /// Carries a request out, once for each reference.
    fn carry_out(&mut self, reference: &AttemptId, request: &Request) -> AcquirerAnswer {
        match self.answers.get(reference) {
            Some(None) => return declined(),
            Some(Some(answer)) if !matches!(answer, AcquirerAnswer::Challenge(_)) => {
                return answer.clone();
            }
            Some(Some(answer)) if !matches!(request, Request::Complete { .. }) => {
                return answer.clone();
            }
            Some(_) | None => {}
        }
        let answer = self.decide(reference, request);
        self.answers.insert(reference.clone(), Some(answer.clone()));
        answer
    }

    /// Lets what is on its way come one step nearer, and arrive.
    fn deliver_late(&mut self) {
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(n, ..)| *n == 0);
        self.late = later
            .into_iter()
            .map(|(n, reference, request)| (n - 1, reference, request))
            .collect();
        for (_, reference, request) in now {
            self.carry_out(&reference, &request);
        }
    }

    fn decide(&mut self, reference: &AttemptId, request: &Request) -> AcquirerAnswer {
        let open = |amount: i64, capture: bool| Book {
            authorized: amount,
            captured: if capture { amount } else { 0 },
            ..Book::default()
        };
        match request {
            Request::Authorize { last4, .. } | Request::Verify { last4 } if last4 == "0002" => {
                declined()
            }
            Request::Authorize {
                amount,
                capture,
                last4,
                holder_there: true,
            } if last4 == "1096" => self.challenge(reference, Some(open(*amount, *capture))),
            Request::Verify { last4 } if last4 == "1096" => self.challenge(reference, None),
            Request::Verify { .. } => approved("VERIFIED"),
            Request::Authorize {
                amount, capture, ..
            } => {
                self.authorizations
                    .insert(reference.clone(), open(*amount, *capture));
                approved("AUTHORIZED")
            }
            Request::Complete { passed } => match self.challenged.get(reference) {
                Some(book) if *passed => {
                    if let Some(book) = book {
                        self.authorizations.insert(reference.clone(), book.clone());
                    }
                    approved("AUTHORIZED")
                }
                _ => declined(),
            },
            Request::Increment(f) => self.follow(f, |b, m| {
                b.authorized += m;
                !b.released
            }),
            Request::Capture(f) => self.follow(f, |b, m| {
                b.captured += m;
                b.captured <= b.authorized && !b.released
            }),
            Request::Refund(f) => self.follow(f, |b, m| {
                b.refunded += m;
                b.refunded <= b.captured
            }),
            Request::Reverse(f) => self.follow(f, |b, _| {
                let undone = !b.reversed && b.refunded == 0;
                b.reversed = true;
                undone
            }),
            Request::Credit { last4, .. } if last4 == "0002" => declined(),
            Request::Credit { amount, .. } => {
                self.credited += amount;
                approved("REFUNDED")
            }
            Request::Release(f) => self.follow(f, |b, m| {
                let right = !b.released && m == b.authorized - b.captured;
                b.released = true;
                right
            }),
        }
    }

    /// Asks the holder of a payment, or of a verification, which has no money.
    fn challenge(&mut self, reference: &AttemptId, book: Option<Book>) -> AcquirerAnswer {
        self.challenged.insert(reference.clone(), book);
        AcquirerAnswer::Challenge(ChallengeAnswer {
            transaction_id: reference.to_string(),
            acs_url: "/acs".to_owned(),
            payload: "p".to_owned(),
        })
    }

    fn follow(
        &mut self,
        f: &FollowUp,
        rule: impl FnOnce(&mut Book, i64) -> bool,
    ) -> AcquirerAnswer {
        let Some(book) = self.authorizations.get_mut(&f.authorization) else {
            return declined();
        };
        let mut next = book.clone();
        if book.reversed || !rule(&mut next, f.amount.minor) {
            return declined();
        }
        *book = next;
        approved("DONE")
    }
}

impl SimulatedAcquirer {
    /// An acquirer with empty books.
    pub fn new(dice: Dice) -> Self {
        Self {
            books: Arc::default(),
            dice,
            faults: true,
            power: Power::default(),
        }
    }

    /// The same acquirer over a line that loses nothing.
    pub fn calm(&self) -> Self {
        Self {
            faults: false,
            ..self.clone()
        }
    }

    /// The same acquirer, called by another process.
    pub fn called_by(&self, power: &Power) -> Self {
        Self {
            power: power.clone(),
            ..self.clone()
        }
    }

    /// A reference that was sent more than once, if there is one.
    pub fn sent_twice(&self) -> Option<AttemptId> {
        let books = self.lock();
        let mut sent = books.sent.iter();
        sent.find(|(_, times)| **times > 1)
            .map(|(reference, _)| reference.clone())
    }

    /// Its books, by the reference of the authorization.
    pub fn books(&self) -> BTreeMap<AttemptId, Book> {
        self.lock().authorizations.clone()
    }

    /// Minor units that it gave to cards without reference to a payment.
    pub fn credited(&self) -> i64 {
        self.lock().credited
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn line(
        &self,
        reference: &AttemptId,
        request: Request,
    ) -> Result<AcquirerAnswer, CallError> {
        let lost = || CallError::NoAnswer("the line is silent".to_owned());
        if !matches!(request, Request::Complete { .. }) {
            *self.lock().sent.entry(reference.clone()).or_default() += 1;
        }
        self.wait().await;
        self.lock().deliver_late();
        if !self.faults {
            return Ok(self.lock().carry_out(reference, &request));
        }
        match self.dice.roll(20) {
            0 => Err(CallError::Unreachable("no line".to_owned())),
            // Lost on the way there.
            1 => Err(lost()),
            // Done, and the answer lost.
            2 => {
                self.lock().carry_out(reference, &request);
                Err(lost())
            }
            // Still on its way when we give up; it may arrive after somebody
            // asked what became of it.
            3 => {
                let overtaken = self.dice.roll(30);
                self.lock()
                    .late
                    .push((overtaken, reference.clone(), request));
                Err(lost())
            }
            // Delivered twice.
            4 => {
                self.lock().carry_out(reference, &request);
                Ok(self.lock().carry_out(reference, &request))
            }
            _ => {
                let answer = self.lock().carry_out(reference, &request);
                self.wait().await;
                Ok(answer)
            }
        }
    }

    async fn wait(&self) {
        self.power.is_on().await;
        tokio::time::sleep(Duration::from_millis(self.dice.roll(40))).await;
        self.power.is_on().await;
    }
}

#[async_trait]
impl Acquirer for SimulatedAcquirer {
    async fn authorize(&self, request: Authorize) -> Result<AcquirerAnswer, CallError> {
        let asked = Request::Authorize {
            amount: request.amount.minor,
            capture: request.capture,
            last4: request.card.number.last4(),
            holder_there: matches!(request.channel, Channel::Ecommerce { three_ds: true }),
        };
        self.line(&request.reference, asked).await
    }

    async fn verify(&self, request: Verify) -> Result<AcquirerAnswer, CallError> {
        let asked = Request::Verify {
            last4: request.card.number.last4(),
        };
        self.line(&request.reference, asked).await
    }

    async fn complete(
        &self,
        _scope: &Scope,
        reference: &AttemptId,
        proof: &str,
    ) -> Result<AcquirerAnswer, CallError> {
        self.line(
            reference,
            Request::Complete {
                passed: proof == "passed",
            },
        )
        .await
    }

    async fn increment(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.line(&request.reference.clone(), Request::Increment(request))
            .await
    }

    async fn capture(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.line(&request.reference.clone(), Request::Capture(request))
            .await
    }

    async fn refund(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.line(&request.reference.clone(), Request::Refund(request))
            .await
    }

    async fn refund_card(&self, request: CardRefund) -> Result<AcquirerAnswer, CallError> {
        let asked = match request.authorization {
            Some(authorization) => Request::Refund(FollowUp {
                scope: request.scope,
                merchant: request.merchant,
                network_reference: None,
                reference: request.reference.clone(),
                authorization,
                amount: request.amount,
            }),
            None => Request::Credit {
                amount: request.amount.minor,
                last4: request.card.number.last4(),
            },
        };
        self.line(&request.reference, asked).await
    }

    async fn reverse(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.line(&request.reference.clone(), Request::Reverse(request))
            .await
    }

    async fn release(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.line(&request.reference.clone(), Request::Release(request))
            .await
    }

    async fn resolve(
        &self,
        _scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Resolution, CallError> {
        self.wait().await;
        self.lock().deliver_late();
        if self.faults && self.dice.chance(1, 4) {
            return Err(CallError::NoAnswer("the line is silent".to_owned()));
        }
        let mut books = self.lock();
        match books.answers.get(reference) {
            Some(Some(answer)) if !matches!(answer, AcquirerAnswer::Challenge(_)) => {
                Ok(Resolution::Answered(answer.clone()))
            }
            _ => {
                books.answers.insert(reference.clone(), None);
                Ok(Resolution::Voided)
            }
        }
    }
}
