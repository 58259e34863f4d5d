use chrono::DateTime;
use kernel::{CourseId, GrantId, Timestamp, UserId};
use sea_orm::FromQueryResult;

/// A row of the ledger: by what, from when and until when somebody may see a course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Grant {
    /// The grant's id.
    pub id: GrantId,
    /// Who may see it.
    pub user_id: UserId,
    /// What.
    pub course_id: CourseId,
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

/// A change of a grant: what it has been since.
#[derive(Clone, Debug)]
pub struct GrantEvent {
    /// The event's id.
    pub id: GrantId,
    /// Its status from then on.
    pub status: String,
    /// From when it gives access.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Option<Timestamp>,
    /// Why it has this status, in words.
    pub reason: Option<String>,
    /// Who did it; `None` is Palestra itself, such as on a payment provider's word.
    pub actor_id: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// A grant and everything that became of it.
#[derive(Clone, Debug)]
pub struct GrantHistory {
    /// As the last of the events left it.
    pub grant: Grant,
    /// Oldest first.
    pub events: Vec<GrantEvent>,
}

impl GrantHistory {
    /// What happened next.
    pub(crate) fn add(&mut self, event: GrantEvent) {
        if self.grant.status != event.status {
            self.grant.status.clone_from(&event.status);
            self.grant.status_changed_at = event.created_at;
        }
        self.grant.starts_at = event.starts_at;
        self.grant.ends_at = event.ends_at;
        self.grant.status_reason.clone_from(&event.reason);
        self.events.push(event);
    }
}

/// Who holds a grant, as everybody may see them.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Learner {
    /// The account's id.
    #[sea_orm(from_alias = "user_id")]
    pub id: GrantId,
    /// Unique.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
}

/// Which grants of a course.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    /// Only this status.
    pub status: Option<GrantStatus>,
    /// Only this learner's.
    pub user_id: Option<UserId>,
    /// Only those that give access now, or only the others.
    pub is_active: Option<bool>,
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

/// An instant that somebody named, as both databases keep it and can compare it: cut to microseconds, from 1970 to 9999.
pub(crate) fn within(instant: Timestamp) -> Timestamp {
    const YEAR_9999: i64 = 253_402_300_799_000_000;
    DateTime::from_timestamp_micros(instant.timestamp_micros().clamp(0, YEAR_9999)).unwrap_or(instant)
}
