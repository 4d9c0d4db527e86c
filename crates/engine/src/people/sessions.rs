//! Sessions: begun, looked up, listed and ended.

use base64::Engine as _;
use tatami_core::id::UserId;
use tatami_core::people::{Company, Session, Stage, User};
use tatami_core::problem::Refusal;
use zeroize::Zeroizing;

use super::letters::Letter;
use super::{Authentication, BASE64, Begun, Origin, SignIn, Visitor, digest};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;

/// How many sessions a user has; the one that was not used for the longest time gives way.
const MOST_SESSIONS: usize = 20;
/// How much of the name of a browser is kept.
const AGENT_CHARS: usize = 200;

/// The token of a session, which only the browser keeps.
pub type Token = Zeroizing<String>;

/// What a session is begun from.
#[derive(Clone, Copy)]
pub(super) enum From<'u> {
    /// The right password of a user.
    Password(&'u User),
    /// A second factor, with the user as changed by it: a code is valid once.
    Proof(&'u Stored<User>),
}

impl<'u> From<'u> {
    const fn user(self) -> &'u User {
        match self {
            Self::Password(user) => user,
            Self::Proof(stored) => &stored.value,
        }
    }
}

impl Authentication<'_> {
    /// Who a session's token belongs to, if it is signed in and not over.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn visitor(self, token: &str, origin: Origin) -> Result<Option<Visitor>, Failure> {
        let Some(mut session) = self.live_session(token).await? else {
            return Ok(None);
        };
        if !session.value.is_signed_in() {
            return Ok(None);
        }
        let user = self
            .people()
            .stored::<User>(session.value.user.as_str())
            .await?;
        let Some(user) = user.map(|user| user.value) else {
            return Ok(None);
        };
        let company = self
            .people()
            .stored::<Company>(user.company.as_str())
            .await?;
        let Some(company) = company.map(|company| company.value) else {
            return Ok(None);
        };
        if session.value.see(self.people().now()) {
            let writes = vec![DocumentWrite::put(&session.value, Some(session.version))?];
            // Another request of the same session may have noted it.
            self.0
                .make_durable_if_current(self.people().commit(writes))
                .await?;
        }
        Ok(Some(Visitor {
            session: session.value,
            user,
            company,
            origin,
        }))
    }

    /// The visitor of a session that is not over. This does not count as use of the session.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn still(self, visitor: &Visitor) -> Result<Option<Visitor>, Failure> {
        let people = self.people();
        let session = people.stored::<Session>(&visitor.session.id).await?;
        let user = people.stored::<User>(visitor.user.id.as_str()).await?;
        let company = people
            .stored::<Company>(visitor.company.id.as_str())
            .await?;
        let (Some(session), Some(user), Some(company)) = (session, user, company) else {
            return Ok(None);
        };
        let is_good = session.value.is_signed_in() && !session.value.is_over(people.now());
        Ok(is_good.then(|| Visitor {
            session: session.value,
            user: user.value,
            company: company.value,
            origin: visitor.origin.clone(),
        }))
    }

    /// The session of a token that is not over.
    pub(super) async fn live_session(
        self,
        token: &str,
    ) -> Result<Option<Stored<Session>>, Failure> {
        let session = self.people().stored::<Session>(&digest(token)).await?;
        Ok(session.filter(|session| !session.value.is_over(self.people().now())))
    }

    /// A session in place of the visitor's, with a new token, after the password was
    /// entered again.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn renew_session(self, visitor: &Visitor) -> Result<SignIn, Failure> {
        let (user, earlier) = (From::Password(&visitor.user), &visitor.session.id);
        self.begin_session_at(Stage::SignedIn, user, &visitor.origin, Some(earlier))
            .await
    }

    /// Begins a session of a user whose password was right, in place of an earlier one of
    /// the same browser, which is named by its digest: the token is new.
    pub(super) async fn begin_session(
        self,
        user: &User,
        origin: &Origin,
        earlier: Option<&str>,
    ) -> Result<SignIn, Failure> {
        let stage = match user.has_second_factor() {
            true => Stage::Unproven { tries: 0 },
            false => Stage::SignedIn,
        };
        self.begin_session_at(stage, From::Password(user), origin, earlier)
            .await
    }

    pub(super) async fn begin_session_at(
        self,
        stage: Stage,
        from: From<'_>,
        origin: &Origin,
        earlier: Option<&str>,
    ) -> Result<SignIn, Failure> {
        let token = Zeroizing::new(BASE64.encode(self.people().random::<32>()));
        let now = self.people().now();
        let user = from.user();
        let session = Session {
            id: digest(&token),
            user: user.id.clone(),
            stage,
            csrf: BASE64.encode(self.people().random::<24>()),
            address: origin.address.clone(),
            agent: origin.agent.chars().take(AGENT_CHARS).collect(),
            created_at: now,
            seen_at: now,
        };
        // Without a password there is none that others could guess.
        let is_known = origin.known_browser(user, now).is_some() || user.password.is_none();
        let browser = (session.is_signed_in() && !is_known)
            .then(|| Zeroizing::new(BASE64.encode(self.people().random::<32>())));
        let new = browser.as_ref().map(|token| digest(token));
        let (session, new) = (&session, new.as_deref());
        let begun = self.0.change(user.id.as_str(), || async move {
            let mut writes = self.room_for_session(user, earlier).await?;
            writes.push(DocumentWrite::put(session, None)?);
            if session.is_signed_in() {
                let user = self.current(from).await?;
                writes.extend(self.signed_in(user, from, new, origin)?);
            }
            Ok(Decided::change(self.people().commit(writes), ()))
        });
        begun.await?;
        Ok(SignIn::Begun(Begun {
            token,
            stage,
            browser,
        }))
    }

    /// The writes that end an earlier session of the browser, and the session that exceeds
    /// the limit of the user.
    async fn room_for_session(
        self,
        user: &User,
        earlier: Option<&str>,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let mut others = self.people().owned::<Session>(user.id.as_str()).await?;
        others.sort_by_key(|session| session.value.seen_at);
        let beyond = (others.len() + 1).saturating_sub(MOST_SESSIONS);
        let ended = others
            .iter()
            .enumerate()
            .filter(|(n, other)| *n < beyond || Some(other.value.id.as_str()) == earlier);
        Ok(ended
            .map(|(_, other)| DocumentWrite::delete(other))
            .collect())
    }

    /// The user as stored, or as a proof leaves it.
    async fn current(self, from: From<'_>) -> Result<Stored<User>, Failure> {
        let stored = self
            .people()
            .stored::<User>(from.user().id.as_str())
            .await?;
        let stored = stored.ok_or(Refusal::NotFound("user"))?;
        match from {
            From::Password(_) => Ok(stored),
            From::Proof(proved) if proved.version == stored.version => Ok(proved.clone()),
            From::Proof(_) => Err(Refusal::Conflict("Sign in again.".to_owned()).into()),
        }
    }

    /// The writes about a user who is signed in now: the entry of the trail, the browser,
    /// and a mail if it is a new one beside others.
    fn signed_in(
        self,
        mut user: Stored<User>,
        from: From<'_>,
        new: Option<&str>,
        origin: &Origin,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let entry = self
            .people()
            .entry_of(&user.value, origin, "session.begin", &user.value.email);
        let mut writes = vec![DocumentWrite::put(&entry, None)?];
        if new.is_some() && !user.value.browsers.is_empty() {
            let letter = Letter::new_browser(origin, entry.at);
            writes.push(self.people().mail(&user.value, &letter)?);
        }
        let browser = new.or_else(|| origin.known_browser(&user.value, entry.at));
        let browser = browser.map(str::to_owned);
        let is_seen = browser.is_some_and(|id| user.value.see_browser(&id, entry.at));
        if is_seen || matches!(from, From::Proof(_)) {
            writes.push(DocumentWrite::put(&user.value, Some(user.version))?);
        }
        Ok(writes)
    }

    /// The sessions of a user, the one that was used last first.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn sessions(self, visitor: &Visitor) -> Result<Vec<Session>, Failure> {
        let now = self.people().now();
        let sessions = self
            .people()
            .owned::<Session>(visitor.user.id.as_str())
            .await?;
        let sessions = sessions.into_iter().map(|session| session.value);
        let mut sessions: Vec<_> = sessions
            .filter(|it| it.is_signed_in() && !it.is_over(now))
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.seen_at));
        Ok(sessions)
    }

    /// Ends a session of a user: their own or another.
    ///
    /// # Errors
    /// If the user has no such session, or storage fails.
    pub async fn end_session(self, visitor: &Visitor, id: &str) -> Result<(), Failure> {
        self.0
            .change(visitor.user.id.as_str(), || async move {
                let found = self.people().stored::<Session>(id).await?;
                let found = found.filter(|found| found.value.user == visitor.user.id);
                let found = found.ok_or(Refusal::NotFound("session"))?;
                let entry = self
                    .people()
                    .entry(visitor, "session.end", &found.value.agent);
                let writes = vec![
                    DocumentWrite::delete(&found),
                    DocumentWrite::put(&entry, None)?,
                ];
                Ok(Decided::change(self.people().commit(writes), ()))
            })
            .await?;
        Ok(())
    }

    /// Ends all sessions of a user of the visitor's company.
    ///
    /// # Errors
    /// If the visitor may not, there is no such user, or storage fails.
    pub async fn end_sessions_of(self, visitor: &Visitor, id: &UserId) -> Result<(), Failure> {
        visitor.must_manage()?;
        self.0
            .change(id.as_str(), || async move {
                let found = self.people().stored::<User>(id.as_str()).await?;
                let found = found.filter(|it| it.value.company == visitor.company.id);
                let user = found.ok_or(Refusal::NotFound("user"))?.value;
                let mut writes = self.ends_of_sessions(&user, None).await?;
                let entry = self
                    .people()
                    .entry(visitor, "user.end-sessions", &user.email);
                writes.push(DocumentWrite::put(&entry, None)?);
                Ok(Decided::change(self.people().commit(writes), ()))
            })
            .await?;
        Ok(())
    }

    /// The writes that end all sessions of a user but one.
    pub(super) async fn ends_of_sessions(
        self,
        user: &User,
        but: Option<&str>,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let sessions = self.people().owned::<Session>(user.id.as_str()).await?;
        let ended = sessions
            .iter()
            .filter(|session| Some(session.value.id.as_str()) != but);
        Ok(ended.map(DocumentWrite::delete).collect())
    }
}
