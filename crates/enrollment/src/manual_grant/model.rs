//! Access to be given by hand.

use kernel::{Timestamp, UserId};

/// Access to be given by hand.
#[derive(Clone, Debug)]
pub struct NewManualGrant {
    /// Who gets it.
    pub user_id: UserId,
    /// When it begins; now where it is `None` or past.
    pub starts_at: Option<Timestamp>,
    /// When it ends; `None` is without end.
    pub ends_at: Option<Timestamp>,
    /// Why; the learner reads it.
    pub reason: Option<String>,
}
