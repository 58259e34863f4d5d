//! A TCP connection that ends when its client is too slow.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::rt::net::TcpStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Place,
    exchange::{Exchange, Phase},
};

/// How many bytes are read before what is there is parsed: a client that sends faster than we read fills no more memory.
const BURST: usize = 32 * 1024;
/// How many bytes of further requests are taken before the last one is answered.
const PIPELINED: usize = 16 * 1024;
/// A reader that takes this many bytes within the time of a stalled answer is slow and not gone.
const PROGRESS: usize = 32 * 1024;

/// A connection with its place and its deadlines.
pub struct Stream {
    io: TcpStream,
    place: Place,
    exchange: Exchange,
    /// Bytes that were read since the connection was last found empty.
    burst: usize,
    /// Since when the client takes nothing more, and what it took since then.
    stalled: Option<(Instant, usize)>,
    /// Wakes the connection when a deadline may have passed. One that is set is left until it fires, and checked then: a
    /// busy connection sets it once in several seconds, not for each request.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(super) fn new(io: TcpStream, place: Place) -> Self {
        Self { io, place, exchange: Exchange::default(), burst: 0, stalled: None, alarm: None }
    }

    /// What the application tells the connection about its requests.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        self.exchange.clone()
    }

    /// Wakes this task at `deadline` at the latest.
    fn wake_at(&mut self, deadline: Instant, cx: &mut Context<'_>) {
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if alarm.is_elapsed() || alarm.deadline() > deadline {
            alarm.as_mut().reset(deadline);
        }
        if alarm.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    /// When the head that is being sent has to be complete.
    fn head_deadline(&self) -> Option<Instant> {
        let since = self.exchange.head_since().filter(|_| self.exchange.phase() == Phase::Head)?;
        Some(since + self.place.limits().head)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let deadline = this.head_deadline();
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            tracing::debug!("the head of a request took too long");
            // The end of the stream, as far as the parser sees: it closes the connection.
            return Poll::Ready(Ok(()));
        }
        if this.exchange.phase() == Phase::Pipelined && this.exchange.pipelined() >= PIPELINED {
            this.exchange.wake_when_answered(cx.waker());
            return Poll::Pending;
        }
        if this.burst >= BURST {
            this.burst = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let Poll::Ready(read) = Pin::new(&mut this.io).poll_read(cx, buf) else {
            this.burst = 0;
            if let Some(deadline) = deadline {
                this.wake_at(deadline, cx);
            }
            return Poll::Pending;
        };
        let bytes = buf.filled().len() - before;
        this.burst += bytes;
        if bytes > 0 {
            this.exchange.count(bytes);
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(cx, bytes);
        match (&written, &mut this.stalled) {
            (Poll::Ready(Ok(written)), Some((_, taken))) => {
                *taken += written;
                if *taken >= PROGRESS {
                    this.stalled = None;
                }
            }
            (Poll::Ready(_), _) => {}
            (Poll::Pending, stalled) => {
                let (since, _) = *stalled.get_or_insert_with(|| (Instant::now(), 0));
                let deadline = since + this.place.limits().stalled;
                if deadline <= Instant::now() {
                    tracing::debug!("an answer was not taken in time");
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                this.wake_at(deadline, cx);
            }
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Whoever flushes has nothing left that the client did not take.
        this.stalled = None;
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
