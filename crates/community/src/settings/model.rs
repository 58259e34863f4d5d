//! The settings of a course or of the school: who may write, and what.

use entity::enums::{LinkPolicy, Writers};
use kernel::{CourseId, Timestamp, Uuid};
use sea_orm::FromQueryResult;

/// The rules for whoever writes in a course or in the school's feed. They do not apply to moderators.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Settings {
    /// Who may post.
    pub posting: Writers,
    /// Who may comment.
    pub commenting: Writers,
    /// How many seconds a writer waits between two texts; 0 for none.
    pub slow_mode_seconds: i64,
    /// How many seconds old a writer's account has to be.
    pub minimum_account_age_seconds: i64,
    /// Whose links are accepted.
    pub links: LinkPolicy,
    /// Words and phrases that are refused.
    #[sea_orm(skip)]
    pub words: Vec<String>,
    /// Grows by one with every change; 0 where the course has no settings of its own.
    pub version: i64,
    /// When the settings were last changed; `None` where the course has none of its own.
    pub updated_at: Option<Timestamp>,
    /// Whether these are the settings of the school, because the course has none of its own.
    #[sea_orm(skip)]
    pub is_inherited: bool,
}

/// The settings before anybody has changed them.
impl Default for Settings {
    fn default() -> Self {
        Self {
            posting: Writers::Everyone,
            commenting: Writers::Everyone,
            slow_mode_seconds: 0,
            minimum_account_age_seconds: 0,
            links: LinkPolicy::Allowed,
            words: Vec::new(),
            version: 0,
            updated_at: None,
            is_inherited: false,
        }
    }
}

/// What changes in the settings: `None` keeps what is there.
#[derive(Clone, Debug, Default)]
pub struct SettingsChange {
    /// See [`Settings::posting`].
    pub posting: Option<Writers>,
    /// See [`Settings::commenting`].
    pub commenting: Option<Writers>,
    /// See [`Settings::slow_mode_seconds`].
    pub slow_mode_seconds: Option<i64>,
    /// See [`Settings::minimum_account_age_seconds`].
    pub minimum_account_age_seconds: Option<i64>,
    /// See [`Settings::links`].
    pub links: Option<LinkPolicy>,
    /// See [`Settings::words`].
    pub words: Option<Vec<String>>,
}

/// The key of the settings: the id of the course, or the nil UUID for the school.
pub(crate) fn scope_id(course_id: Option<CourseId>) -> Uuid {
    course_id.map_or_else(Uuid::nil, Into::into)
}
