use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use kernel::{SessionId, UserId};
use sea_orm::FromQueryResult;
use serde_json::Value;

/// How many events are handed over at once. What a reader did not take yet is never more than this; the rest waits in the log.
pub(crate) const PAGE: i64 = 50;

/// An event of somebody's log.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Told {
    /// Whose.
    pub(crate) user_id: UserId,
    /// Which: one more than the event before it.
    pub number: i64,
    /// Such as `message.created`.
    pub kind: String,
    /// Ids and numbers.
    pub data: Value,
}

/// How a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Behind this event, the last of the log: whoever listens reads the state once, and is told of what changes.
    Now(i64),
    /// Where the reader stood.
    Resumed,
    /// Behind this event, since there is no going on from where the reader says they stood: the state has to be read anew.
    Reset(i64),
}

/// What a stream has for its reader.
#[derive(Clone, Debug)]
pub enum News {
    /// First of all.
    Begins(Beginning),
    /// What happened, in order; at most a page.
    Events(Vec<Told>),
    /// Nothing, for a while: that somebody is still there.
    Beat,
}

/// One open stream, between the task that fills all of them and the connection that empties this one.
pub(crate) struct Line {
    pub(crate) user_id: UserId,
    pub(crate) session: SessionId,
    slot: Mutex<Slot>,
}

struct Slot {
    /// Behind which event its reader stands, or will once the news is taken. `None` until that is known.
    after: Option<i64>,
    news: Option<News>,
    /// Whether there was more than was handed over.
    behind: bool,
    closed: bool,
    opened_at: Instant,
    /// When the reader last took something.
    taken_at: Instant,
    reader: Option<Waker>,
}

impl Line {
    pub(crate) fn new(user_id: UserId, session: SessionId) -> Self {
        let now = Instant::now();
        Self {
            user_id,
            session,
            slot: Mutex::new(Slot {
                after: None,
                news: None,
                behind: false,
                closed: false,
                opened_at: now,
                taken_at: now,
                reader: None,
            }),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it is filled, from behind this event.
    pub(crate) fn begin(&self, beginning: Beginning, after: i64) {
        let mut slot = self.slot();
        slot.news = Some(News::Begins(beginning));
        slot.after = Some(after);
        slot.wake();
    }

    /// Behind which event it wants more. A reader who has not taken the last yet wants nothing now: it is noted, and they ask
    /// by themselves once they have.
    pub(crate) fn wants(&self) -> Option<i64> {
        let mut slot = self.slot();
        if slot.closed || slot.news.is_some() {
            slot.behind = true;
            return None;
        }
        slot.after
    }

    /// Hands over what of `events` is new for this reader.
    pub(crate) fn fill(&self, events: &[Told]) {
        let mut slot = self.slot();
        let (Some(after), None, false) = (slot.after, &slot.news, slot.closed) else {
            return;
        };
        let new: Vec<Told> = events
            .iter()
            .filter(|told| told.number > after && told.number <= after + PAGE)
            .cloned()
            .collect();
        let Some(last) = new.last() else { return };
        slot.behind |= last.number == after + PAGE;
        slot.after = Some(last.number);
        slot.news = Some(News::Events(new));
        slot.wake();
    }

    /// Whether nothing was said for so long.
    pub(crate) fn is_silent(&self, since: Duration) -> bool {
        let slot = self.slot();
        slot.after.is_some() && slot.news.is_none() && slot.taken_at.elapsed() >= since
    }

    pub(crate) fn beat(&self) {
        let mut slot = self.slot();
        if slot.news.is_none() && !slot.closed {
            slot.news = Some(News::Beat);
            slot.wake();
        }
    }

    pub(crate) fn is_older(&self, than: Duration) -> bool {
        self.slot().opened_at.elapsed() >= than
    }

    /// Ends it, once its reader has taken what is there.
    pub(crate) fn close(&self) {
        let mut slot = self.slot();
        slot.closed = true;
        slot.wake();
    }

    /// What there is, and whether there is more in the log; the end once it is closed.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Option<(News, bool)>> {
        let mut slot = self.slot();
        if let Some(news) = slot.news.take() {
            slot.taken_at = Instant::now();
            return Poll::Ready(Some((news, std::mem::take(&mut slot.behind))));
        }
        if slot.closed {
            return Poll::Ready(None);
        }
        let known = slot
            .reader
            .as_ref()
            .is_some_and(|reader| reader.will_wake(context.waker()));
        if !known {
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

    fn told(numbers: std::ops::RangeInclusive<i64>) -> Vec<Told> {
        let told = |number| Told {
            user_id: Uuid::nil().into(),
            number,
            kind: "test".to_owned(),
            data: Value::Null,
        };
        numbers.map(told).collect()
    }

    fn taken(line: &Line) -> Option<(Vec<i64>, bool)> {
        match line.poll(&Context::from_waker(Waker::noop())) {
            Poll::Ready(Some((News::Events(events), more))) => {
                Some((events.iter().map(|told| told.number).collect(), more))
            }
            Poll::Ready(Some((_, more))) => Some((Vec::new(), more)),
            _ => None,
        }
    }

    #[test]
    fn a_slow_reader_has_a_page_and_is_told_that_there_is_more() {
        let line = Line::new(Uuid::nil().into(), Uuid::nil().into());
        assert_eq!(line.wants(), None);
        line.begin(Beginning::Now(3), 3);
        assert_eq!(line.wants(), None, "the beginning was not taken yet");
        assert_eq!(taken(&line), Some((vec![], true)));
        assert_eq!(line.wants(), Some(3));
        line.fill(&told(2..=5));
        // While those wait, nothing is added to them.
        line.fill(&told(6..=9));
        assert_eq!(line.wants(), None);
        assert_eq!(taken(&line), Some((vec![4, 5], true)));
        assert_eq!(taken(&line), None);
        assert_eq!(line.wants(), Some(5));
        line.fill(&told(6..=80));
        assert_eq!(taken(&line), Some(((6..=55).collect(), true)));
        line.fill(&told(56..=80));
        assert_eq!(taken(&line), Some(((56..=80).collect(), false)));
    }

    #[test]
    fn what_was_handed_over_is_taken_before_the_end() {
        let line = Line::new(Uuid::nil().into(), Uuid::nil().into());
        line.begin(Beginning::Resumed, 0);
        assert_eq!(taken(&line), Some((vec![], false)));
        line.fill(&told(1..=1));
        line.close();
        line.fill(&told(2..=2));
        assert_eq!(taken(&line), Some((vec![1], false)));
        assert!(matches!(
            line.poll(&Context::from_waker(Waker::noop())),
            Poll::Ready(None)
        ));
    }
}
