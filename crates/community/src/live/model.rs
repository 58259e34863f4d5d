//! Live events and tickets.

use kernel::{SessionId, Timestamp, UserId};
use sea_orm::FromQueryResult;
use serde_json::Value;

/// The most events that a reader is handed at once. Events that follow stay in the log until these are taken.
pub(crate) const PAGE_SIZE: i64 = 50;

/// An event in somebody's log.
#[derive(Clone, Debug, FromQueryResult)]
pub struct LiveEvent {
    /// Whose log it is.
    pub(crate) user_id: UserId,
    /// The number in the log: one more than that of the event before it.
    pub number: i64,
    /// The kind, such as `message.created`.
    pub kind: String,
    /// Ids and numbers of what the event is about.
    pub data: Value,
}

/// How far a log reaches.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct LogExtent {
    /// The number of the first event that is still kept; `None` where none is.
    pub(crate) first: Option<i64>,
    /// The number of the last event that was ever written; 0 before the first.
    pub(crate) last: i64,
}

impl LogExtent {
    /// Whether all events after this number are still kept.
    pub(crate) fn reaches(self, number: i64) -> bool {
        number == self.last || number < self.last && self.first.is_some_and(|first| first <= number + 1)
    }
}

/// What opens a stream once where no header can be set, as with a browser's `EventSource`.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// 256 random bits in base64url, of which only the hash is stored.
    pub ticket: String,
    /// When the ticket expires.
    pub expires_at: Timestamp,
}

/// A ticket that was redeemed.
#[derive(FromQueryResult)]
pub(crate) struct RedeemedTicket {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::LogExtent;

    #[test]
    fn a_log_reaches_from_its_first_event_to_its_last() {
        let extent = LogExtent { first: Some(5), last: 7 };
        let reached: Vec<i64> = (0..10).filter(|number| extent.reaches(*number)).collect();
        assert_eq!(reached, [4, 5, 6, 7]);
        let swept = LogExtent { first: None, last: 7 };
        assert!(swept.reaches(7) && !swept.reaches(6) && !swept.reaches(8));
        let empty = LogExtent { first: None, last: 0 };
        assert!(empty.reaches(0) && !empty.reaches(1));
    }
}
