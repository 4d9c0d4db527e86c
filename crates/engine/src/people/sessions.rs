//! Sessions: begun, looked up, listed and ended.

use base64::Engine as _;
use tatami_core::people::{Company, Session, Stage, User};
use tatami_core::problem::Refusal;
use zeroize::Zeroizing;

use super::{Authentication, BASE64, Origin, SignIn, Visitor, digest};
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

    /// The session of a token that is not over.
    pub(super) async fn live_session(
        self,
        token: &str,
    ) -> Result<Option<Stored<Session>>, Failure> {
        let session = self.people().stored::<Session>(&digest(token)).await?;
        Ok(session.filter(|session| !session.value.is_over(self.people().now())))
    }

    /// Begins a session of a user whose password was right, in place of an earlier one of
    /// the same browser: its token is new. `also` is written in the same commit.
    pub(super) async fn begin_session(
        self,
        user: &User,
        origin: &Origin,
        earlier: Option<&str>,
        also: Vec<DocumentWrite>,
    ) -> Result<SignIn, Failure> {
        let stage = match user.has_second_factor() {
            true => Stage::Unproven { tries: 0 },
            false => Stage::SignedIn,
        };
        self.begin_session_at(stage, user, origin, earlier, also)
            .await
    }

    pub(super) async fn begin_session_at(
        self,
        stage: Stage,
        user: &User,
        origin: &Origin,
        earlier: Option<&str>,
        also: Vec<DocumentWrite>,
    ) -> Result<SignIn, Failure> {
        let token = Zeroizing::new(BASE64.encode(self.people().random::<32>()));
        let now = self.people().now();
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
        let earlier = earlier.map(digest);
        let (session, earlier, also) = (&session, earlier.as_ref(), &also);
        let begun = self.0.change(user.id.as_str(), || async move {
            let mut writes = also.clone();
            writes.push(DocumentWrite::put(session, None)?);
            if session.is_signed_in() {
                let entry = self
                    .people()
                    .entry_of(user, origin, "session.begin", &user.email);
                writes.push(DocumentWrite::put(&entry, None)?);
            }
            let mut others = self.people().owned::<Session>(user.id.as_str()).await?;
            others.sort_by_key(|session| session.value.seen_at);
            let beyond = (others.len() + 1).saturating_sub(MOST_SESSIONS);
            for (n, other) in others.iter().enumerate() {
                if n < beyond || Some(&other.value.id) == earlier {
                    writes.push(DocumentWrite::delete(other));
                }
            }
            Ok(Decided::change(self.people().commit(writes), ()))
        });
        begun.await?;
        Ok(SignIn::Begun { token, stage })
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
