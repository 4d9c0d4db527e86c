//! Connections for statements that are transactions of their own. Each is
//! shared: statements queue on the server's side, so that no caller waits for a
//! round trip of another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::link::Link;
use super::server::Server;
use super::session::Session;
use crate::failure::Failure;

/// The connections.
pub struct Pool<const CONNECTIONS: usize> {
    links: [Link; CONNECTIONS],
    busy: [AtomicUsize; CONNECTIONS],
}

/// A connection in use.
pub struct Lent<'a> {
    session: Arc<Session>,
    _busy: Busy<'a>,
}

impl std::ops::Deref for Lent<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// Counts a use of a connection, until it ends or is given up.
struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<const CONNECTIONS: usize> Pool<CONNECTIONS> {
    /// Connections to a server, made as they are needed.
    pub fn of(server: &Arc<Server>) -> Self {
        Self {
            links: std::array::from_fn(|_| Link::new(Arc::clone(server), &[])),
            busy: std::array::from_fn(|_| AtomicUsize::new(0)),
        }
    }

    /// The connection with the least to do.
    pub async fn session(&self) -> Result<Lent<'_>, Failure> {
        let mut least = 0;
        for n in 1..CONNECTIONS {
            let load = |n: usize| self.busy[n].load(Ordering::Relaxed);
            if load(n) < load(least) {
                least = n;
            }
        }
        self.busy[least].fetch_add(1, Ordering::Relaxed);
        let busy = Busy(&self.busy[least]);
        Ok(Lent {
            session: self.links[least].session().await?,
            _busy: busy,
        })
    }
}
