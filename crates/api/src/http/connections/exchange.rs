//! One request and its answer on a connection, as the connection has to know of it.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;
use tokio::time::Instant;

/// An answer is copied into the connection's buffer in pieces of at most this many bytes: what is kept once for everybody,
/// such as the document, is not copied whole for each reader.
const PIECE: usize = 16 * 1024;

/// Whether the connection is between two requests or works on one. Connection and application share it, on one thread.
#[derive(Clone, Default)]
pub struct Exchange(Rc<Shared>);

#[derive(Default)]
struct Shared {
    phase: Cell<Phase>,
    /// Since when the head of a request is being sent.
    head_since: Cell<Option<Instant>>,
    /// Bytes that were read while the last request was not answered.
    pipelined: Cell<usize>,
    /// Whoever stopped reading until the answer is sent.
    reader: Cell<Option<Waker>>,
}

/// What the next byte from the client belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// The head of the next request.
    #[default]
    Head,
    /// The body of the request that is worked on.
    Body,
    /// A request that is sent before the last one was answered.
    Pipelined,
}

impl Exchange {
    pub(super) fn phase(&self) -> Phase {
        self.0.phase.get()
    }

    pub(super) fn head_since(&self) -> Option<Instant> {
        self.0.head_since.get()
    }

    pub(super) fn pipelined(&self) -> usize {
        self.0.pipelined.get()
    }

    /// Notes that so many bytes were read.
    pub(super) fn count(&self, bytes: usize) {
        match self.phase() {
            Phase::Head if self.0.head_since.get().is_none() => self.0.head_since.set(Some(Instant::now())),
            Phase::Head | Phase::Body => {}
            Phase::Pipelined => self.0.pipelined.set(self.0.pipelined.get() + bytes),
        }
    }

    /// Wakes this reader when the answer is sent.
    pub(super) fn wake_when_answered(&self, reader: &Waker) {
        self.0.reader.set(Some(reader.clone()));
    }

    /// The head of a request is complete: its own deadline ends, and what comes next is its body or waits for its answer.
    #[must_use]
    pub fn begin(&self, has_body: bool) -> Answering {
        self.0.phase.set(if has_body { Phase::Body } else { Phase::Pipelined });
        self.0.head_since.set(None);
        self.0.pipelined.set(0);
        Answering(self.clone())
    }
}

/// Lasts from a complete head until its answer is sent, or given up.
pub struct Answering(Exchange);

impl Drop for Answering {
    fn drop(&mut self) {
        let Self(Exchange(shared)) = self;
        shared.phase.set(Phase::Head);
        if let Some(reader) = shared.reader.take() {
            reader.wake();
        }
    }
}

/// The body of an answer, sent in pieces; when it ends, so does the exchange.
pub struct ExchangeBody {
    body: BoxBody,
    /// What of the body's last chunk is not sent yet.
    rest: Bytes,
    _answering: Option<Answering>,
}

impl ExchangeBody {
    /// The body of the answer to the request of this exchange; tests have no connection, and none of these.
    pub fn new(body: BoxBody, answering: Option<Answering>) -> Self {
        Self { body, rest: Bytes::new(), _answering: answering }
    }
}

impl MessageBody for ExchangeBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => self.rest = chunk,
                end => return end,
            }
        }
        let piece = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(self.rest.split_to(piece))))
    }
}
