//! A stream that gives up on a peer that takes what it asked for too slowly.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tatami_http::{Connection, Pace};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A stream to a peer that must take what is written to it at some pace.
pub struct Paced<S> {
    stream: S,
    connection: Connection,
    /// Ends when the connection is to be closed; nothing once it was.
    closed: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    pace: Pace,
    /// How long writing waited for the peer, less what it has earned by taking.
    waited: Duration,
    /// Since when writing waits, and when it gives up.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Paced<S> {
    /// The stream of that connection.
    pub fn new(stream: S, connection: Connection, pace: Pace) -> Self {
        let of = connection.clone();
        Self {
            stream,
            connection,
            closed: Some(Box::pin(async move { of.closed().await })),
            pace,
            waited: Duration::ZERO,
            waiting: None,
        }
    }

    /// Fails if the connection is to be closed, which an upgraded one learns here alone.
    fn is_open(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let closed = self.closed.as_mut();
        if closed.is_some_and(|closed| closed.as_mut().poll(cx).is_pending()) {
            return Ok(());
        }
        self.closed = None;
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// Judges what came of writing.
    fn judged(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                if let Some((since, _)) = self.waiting.take() {
                    self.waited += since.elapsed();
                }
                self.waited = self.waited.saturating_sub(self.pace.earned(bytes));
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                let (grace, waited) = (self.pace.grace, self.waited);
                let (_, end) = self.waiting.get_or_insert_with(|| {
                    let now = Instant::now();
                    let end = now + grace.saturating_sub(waited);
                    (now, Box::pin(sleep_until(end)))
                });
                ready!(end.as_mut().poll(cx));
                metrics::counter!("tatami_http_connections_closed_total", "why" => "slow")
                    .increment(1);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            failed => failed,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        paced.is_open(cx)?;
        Pin::new(&mut paced.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let paced = self.get_mut();
        paced.is_open(cx)?;
        let written = Pin::new(&mut paced.stream).poll_write(cx, bytes);
        paced.judged(written, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let paced = self.get_mut();
        paced.is_open(cx)?;
        let written = Pin::new(&mut paced.stream).poll_write_vectored(cx, parts);
        paced.judged(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        // It is asked for when all that there was is written.
        paced.connection.taken();
        Pin::new(&mut paced.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_http::{Connections, Room};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    async fn paced() -> (Paced<DuplexStream>, DuplexStream) {
        let room = Room {
            connections: 1,
            bytes: 0,
        };
        let peer = ([192, 0, 2, 1], 1).into();
        let connection = Connections::new(room).admit(peer).await;
        let (here, there) = duplex(64);
        (Paced::new(here, connection, Pace::default()), there)
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (mut paced, _there) = paced().await;
        let started = Instant::now();
        let error = paced.write_all(&[0; 65]).await.expect_err("given up");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed(), Pace::default().grace);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_must_keep_to_the_least_rate() {
        for (rate, served) in [(1_u64, false), (100, false), (400, true)] {
            let (mut paced, mut there) = paced().await;
            let reading = tokio::spawn(async move {
                let every = Duration::from_secs(1) / u32::try_from(rate).expect("few");
                let mut byte = [0; 1];
                while there.read(&mut byte).await.is_ok_and(|n| n == 1) {
                    tokio::time::sleep(every).await;
                }
            });
            let written = paced.write_all(&[0; 100_000]).await;
            assert_eq!(written.is_ok(), served, "{rate} a second");
            drop(paced);
            reading.await.expect("read");
        }
    }
}
