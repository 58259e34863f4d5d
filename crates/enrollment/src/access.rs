use courses::{Lesson, LessonBody, PlacedLesson};
use database::Tx;
use kernel::{Code, Error, Result, Timestamp, Uuid};

use crate::store::{self, Grant};

/// Why somebody may see a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// The author of the course, or an admin.
    Staff,
    /// The chapter is free for everybody.
    FreePreview,
    /// By this grant, until then; `None` is without end.
    Granted {
        /// The grant that lasts longest.
        grant_id: Uuid,
        /// When it ends.
        until: Option<Timestamp>,
    },
}

impl Access {
    /// The reason code, as clients see it.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::FreePreview => "free_preview",
            Self::Granted { .. } => "granted",
        }
    }
}

/// A lesson that may be read, with what it teaches and why.
#[derive(Clone, Debug)]
pub struct ReadableLesson {
    /// The lesson.
    pub lesson: Lesson,
    /// What it teaches.
    pub body: LessonBody,
    /// Why it may be read.
    pub access: Access,
}

/// May the caller see this lesson, and why? In this order: staff; a free chapter; an active grant; otherwise the reason of
/// the refusal. What is not published is not there, which [`courses::placed_lesson`] has already decided.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in, [`Code::NotGranted`], [`Code::GrantExpired`],
/// [`Code::GrantRefunded`], [`Code::GrantSuspended`].
pub async fn decide(tx: &Tx, placed: &PlacedLesson) -> Result<Access> {
    if tx.actor().manages(placed.author_id) {
        return Ok(Access::Staff);
    }
    if placed.is_free {
        return Ok(Access::FreePreview);
    }
    let grants = store::grants(tx, tx.user_id()?, placed.lesson.course_id).await?;
    by_grants(&grants, tx.now())
}

/// A lesson with its body, if the caller may see it.
///
/// # Errors
/// [`Code::NotFound`], and see [`decide`].
pub async fn read_lesson(tx: &Tx, id: Uuid) -> Result<ReadableLesson> {
    let placed = courses::placed_lesson(tx, id).await?;
    let access = decide(tx, &placed).await?;
    let body = courses::lesson_body(tx, id).await?;
    Ok(ReadableLesson {
        lesson: placed.lesson,
        body,
        access,
    })
}

pub(crate) fn by_grants(grants: &[Grant], now: Timestamp) -> Result<Access> {
    let active = grants.iter().filter(|grant| grant.is_active(now));
    // The one without end outlasts every other.
    if let Some(grant) = active.max_by_key(|grant| (grant.ends_at.is_none(), grant.ends_at)) {
        return Ok(Access::Granted {
            grant_id: grant.id,
            until: grant.ends_at,
        });
    }
    // The newest grant explains the refusal.
    let code = match grants.first() {
        None => Code::NotGranted,
        Some(grant) => match grant.status.as_str() {
            "SUSPENDED" => Code::GrantSuspended,
            "REFUNDED" => Code::GrantRefunded,
            "ACTIVE" if grant.ends_at.is_some_and(|end| end <= now) => Code::GrantExpired,
            _ => Code::NotGranted,
        },
    };
    Err(Error::new(code))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration};

    use super::*;

    fn grant(status: &str, ends_in: Option<i64>) -> (Grant, Timestamp) {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let grant = Grant {
            id: Uuid::nil(),
            status: status.to_owned(),
            starts_at: now - Duration::days(30),
            ends_at: ends_in.map(|days| now + Duration::days(days)),
        };
        (grant, now)
    }

    #[test]
    fn any_active_grant_opens_and_the_newest_explains_a_refusal() {
        let (endless, now) = grant("ACTIVE", None);
        let (expired, _) = grant("ACTIVE", Some(0));
        let (refunded, _) = grant("REFUNDED", None);
        let (suspended, _) = grant("SUSPENDED", None);
        let code = |grants: &[Grant]| by_grants(grants, now).unwrap_err().code();
        assert!(by_grants(&[refunded.clone(), endless], now).is_ok());
        assert_eq!(code(&[]), Code::NotGranted);
        assert_eq!(code(&[expired.clone(), refunded.clone()]), Code::GrantExpired);
        assert_eq!(code(&[refunded, expired]), Code::GrantRefunded);
        assert_eq!(code(&[suspended]), Code::GrantSuspended);
    }
}
