use kernel::{Timestamp, Uuid};
use sea_orm::FromQueryResult;

/// A row of the ledger: by what, from when and until when somebody may see a course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Grant {
    /// The grant's id.
    pub id: Uuid,
    /// Who may see it.
    pub user_id: Uuid,
    /// What.
    pub course_id: Uuid,
    /// `FREE`, `PURCHASE` or `MANUAL`.
    pub source: String,
    /// What it follows from: the payment's id for `PURCHASE`. With the source unique for each user and course.
    pub source_id: String,
    /// See [`GrantStatus`].
    pub status: String,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when; `None` is without end.
    pub ends_at: Option<Timestamp>,
    /// Why it has this status, in words.
    pub status_reason: Option<String>,
    /// Since when it has this status.
    pub status_changed_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Grant {
    /// Whether it gives access at this instant.
    #[must_use]
    pub fn is_active(&self, at: Timestamp) -> bool {
        self.status == GrantStatus::Active.as_str()
            && self.starts_at <= at
            && self.ends_at.is_none_or(|end| end > at)
    }

    /// Since when it gives access no more; `None` while it does, or will.
    #[must_use]
    pub fn ended_at(&self, at: Timestamp) -> Option<Timestamp> {
        if self.status == GrantStatus::Active.as_str() {
            self.ends_at.filter(|end| *end <= at)
        } else {
            Some(self.status_changed_at)
        }
    }
}

/// What a grant follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The course was free when its learner enrolled.
    Free,
    /// A payment.
    Purchase,
    /// The course's owner or an admin gave it.
    Manual,
}

impl Source {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "FREE",
            Self::Purchase => "PURCHASE",
            Self::Manual => "MANUAL",
        }
    }
}

/// How it stands with a grant, apart from the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantStatus {
    /// It gives access from its start until its end.
    Active,
    /// Not for now: the payment is disputed.
    Suspended,
    /// The money went back.
    Refunded,
    /// Withdrawn by hand.
    Revoked,
    /// For good: the dispute was lost.
    Ended,
}

impl GrantStatus {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Refunded => "REFUNDED",
            Self::Revoked => "REVOKED",
            Self::Ended => "ENDED",
        }
    }
}
