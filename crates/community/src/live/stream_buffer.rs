//! The events that wait in an open stream for its reader.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use kernel::{SessionId, UserId};

use super::model::{LiveEvent, PAGE_SIZE};

/// Where a stream starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamStart {
    /// After this number, which is the last of the log: the client reads the state once, and then receives every change.
    Latest(i64),
    /// After the event that the client named.
    Resumed,
    /// After this number, because events after the one that the client named are lost: the client has to read the state again.
    Reset(i64),
}

/// What a stream has for its reader.
#[derive(Clone, Debug)]
pub enum StreamItem {
    /// The first item of a stream.
    Start(StreamStart),
    /// Events in their order, at most a page.
    Events(Vec<LiveEvent>),
    /// A sign that the connection is open, where nothing was sent for a while.
    KeepAlive,
}

/// The buffer of one open stream, between the task that fills all buffers and the connection that empties this one.
pub(crate) struct StreamBuffer {
    pub(crate) user_id: UserId,
    pub(crate) session: SessionId,
    slot: Mutex<Slot>,
}

struct Slot {
    /// The number of the last event that the reader has, or will have once the item is taken. `None` before the stream starts.
    after: Option<i64>,
    item: Option<StreamItem>,
    /// Whether the log has more events than were put into the buffer.
    has_more: bool,
    is_closed: bool,
    opened_at: Instant,
    /// When the reader last took an item.
    taken_at: Instant,
    reader: Option<Waker>,
}

impl StreamBuffer {
    pub(crate) fn new(user_id: UserId, session: SessionId) -> Self {
        let now = Instant::now();
        Self {
            user_id,
            session,
            slot: Mutex::new(Slot {
                after: None,
                item: None,
                has_more: false,
                is_closed: false,
                opened_at: now,
                taken_at: now,
                reader: None,
            }),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the stream after this number: from now on, the buffer is filled.
    pub(crate) fn start(&self, start: StreamStart, after: i64) {
        let mut slot = self.slot();
        slot.item = Some(StreamItem::Start(start));
        slot.after = Some(after);
        slot.wake();
    }

    /// The number after which the buffer takes events. `None` while its reader has not taken the last item: then it is noted that there
    /// is more, and the reader asks for it by taking the item.
    pub(crate) fn wants_after(&self) -> Option<i64> {
        let mut slot = self.slot();
        if slot.is_closed || slot.item.is_some() {
            slot.has_more = true;
            return None;
        }
        slot.after
    }

    /// Takes those of the events that are new for this reader.
    pub(crate) fn fill(&self, events: &[LiveEvent]) {
        let mut slot = self.slot();
        let (Some(after), None, false) = (slot.after, &slot.item, slot.is_closed) else {
            return;
        };
        let new: Vec<LiveEvent> = events
            .iter()
            .filter(|event| event.number > after && event.number <= after + PAGE_SIZE)
            .cloned()
            .collect();
        let Some(last) = new.last() else { return };
        slot.has_more |= last.number == after + PAGE_SIZE;
        slot.after = Some(last.number);
        slot.item = Some(StreamItem::Events(new));
        slot.wake();
    }

    /// Whether the reader was sent nothing for so long.
    pub(crate) fn is_silent(&self, since: Duration) -> bool {
        let slot = self.slot();
        slot.after.is_some() && slot.item.is_none() && slot.taken_at.elapsed() >= since
    }

    pub(crate) fn keep_alive(&self) {
        let mut slot = self.slot();
        if slot.item.is_none() && !slot.is_closed {
            slot.item = Some(StreamItem::KeepAlive);
            slot.wake();
        }
    }

    pub(crate) fn is_older(&self, than: Duration) -> bool {
        self.slot().opened_at.elapsed() >= than
    }

    /// Ends the stream, once its reader has taken the item in the buffer.
    pub(crate) fn close(&self) {
        let mut slot = self.slot();
        slot.is_closed = true;
        slot.wake();
    }

    /// Takes the item in the buffer, and answers whether the log has more events; `None` at the end of the stream.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Option<(StreamItem, bool)>> {
        let mut slot = self.slot();
        if let Some(item) = slot.item.take() {
            slot.taken_at = Instant::now();
            return Poll::Ready(Some((item, std::mem::take(&mut slot.has_more))));
        }
        if slot.is_closed {
            return Poll::Ready(None);
        }
        let is_known = slot.reader.as_ref().is_some_and(|reader| reader.will_wake(context.waker()));
        if !is_known {
            slot.reader = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Slot {
    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Uuid;

    use super::*;

    fn events(numbers: std::ops::RangeInclusive<i64>) -> Vec<LiveEvent> {
        let event = |number| LiveEvent {
            user_id: Uuid::nil().into(),
            number,
            kind: "test".to_owned(),
            data: serde_json::Value::Null,
        };
        numbers.map(event).collect()
    }

    fn take(buffer: &StreamBuffer) -> Option<(Vec<i64>, bool)> {
        match buffer.poll(&Context::from_waker(Waker::noop())) {
            Poll::Ready(Some((StreamItem::Events(events), more))) => {
                Some((events.iter().map(|event| event.number).collect(), more))
            }
            Poll::Ready(Some((_, more))) => Some((Vec::new(), more)),
            _ => None,
        }
    }

    #[test]
    fn a_slow_reader_has_a_page_and_hears_that_there_is_more() {
        let buffer = StreamBuffer::new(Uuid::nil().into(), Uuid::nil().into());
        assert_eq!(buffer.wants_after(), None);
        buffer.start(StreamStart::Latest(3), 3);
        assert_eq!(buffer.wants_after(), None, "the start was not taken yet");
        assert_eq!(take(&buffer), Some((vec![], true)));
        assert_eq!(buffer.wants_after(), Some(3));
        buffer.fill(&events(2..=5));
        // While those wait, nothing is added to them.
        buffer.fill(&events(6..=9));
        assert_eq!(buffer.wants_after(), None);
        assert_eq!(take(&buffer), Some((vec![4, 5], true)));
        assert_eq!(take(&buffer), None);
        assert_eq!(buffer.wants_after(), Some(5));
        buffer.fill(&events(6..=80));
        assert_eq!(take(&buffer), Some(((6..=55).collect(), true)));
        buffer.fill(&events(56..=80));
        assert_eq!(take(&buffer), Some(((56..=80).collect(), false)));
    }

    #[test]
    fn what_is_in_the_buffer_is_taken_before_the_end() {
        let buffer = StreamBuffer::new(Uuid::nil().into(), Uuid::nil().into());
        buffer.start(StreamStart::Resumed, 0);
        assert_eq!(take(&buffer), Some((vec![], false)));
        buffer.fill(&events(1..=1));
        buffer.close();
        buffer.fill(&events(2..=2));
        assert_eq!(take(&buffer), Some((vec![1], false)));
        assert!(matches!(buffer.poll(&Context::from_waker(Waker::noop())), Poll::Ready(None)));
    }
}
