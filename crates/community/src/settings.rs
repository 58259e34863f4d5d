use database::{Tx, audit};
use kernel::{Code, CourseId, Result, Timestamp, Uuid};
use serde_json::json;

use crate::store;

/// Who may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// Whoever may read.
    Everyone,
    /// The editors of the course; in the school's feed, trainers.
    Editors,
}

impl Writers {
    /// The name in JSON and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "EVERYONE",
            Self::Editors => "EDITORS",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        if name == "EDITORS" {
            Self::Editors
        } else {
            Self::Everyone
        }
    }
}

/// Whose links are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// Everybody's.
    Allowed,
    /// Of accounts that have been there for a month.
    Trusted,
    /// Nobody's.
    Refused,
}

impl Links {
    /// The name in JSON and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "ALLOWED",
            Self::Trusted => "TRUSTED",
            Self::Refused => "REFUSED",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "TRUSTED" => Self::Trusted,
            "REFUSED" => Self::Refused,
            _ => Self::Allowed,
        }
    }
}

/// The rules of a course or of the school. They bind everybody but those who moderate there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who posts.
    pub posting: Writers,
    /// Who comments.
    pub commenting: Writers,
    /// How long somebody waits between two texts.
    pub slow_mode_seconds: i64,
    /// How old the account of a writer has to be.
    pub minimum_account_age_seconds: i64,
    /// Whose links are taken.
    pub links: Links,
    /// Words that are not taken.
    pub words: Vec<String>,
    /// Grows with every change; 0 where the course has none of its own.
    pub version: i64,
    /// When they were last changed.
    pub updated_at: Option<Timestamp>,
    /// Whether these are the school's, since the course has none of its own.
    pub is_inherited: bool,
}

/// What holds where nobody has said anything.
impl Default for Settings {
    fn default() -> Self {
        Self {
            posting: Writers::Everyone,
            commenting: Writers::Everyone,
            slow_mode_seconds: 0,
            minimum_account_age_seconds: 0,
            links: Links::Allowed,
            words: Vec::new(),
            version: 0,
            updated_at: None,
            is_inherited: false,
        }
    }
}

/// What changes: `None` keeps.
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
    pub links: Option<Links>,
    /// See [`Settings::words`].
    pub words: Option<Vec<String>>,
}

/// The rules of a course, for its editors; without one, the school's, for admins.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn settings(tx: &Tx, course_id: Option<CourseId>) -> Result<Settings> {
    makers_only(tx, course_id).await?;
    store::settings::effective(tx, course_id).await
}

/// Changes them, if their version is still one that `matches` accepts. A course that had none gets its own, which begin as the
/// school's are now.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::PreconditionFailed`].
pub async fn change_settings(
    tx: &Tx,
    course_id: Option<CourseId>,
    matches: impl Fn(i64) -> bool,
    change: SettingsChange,
) -> Result<Settings> {
    makers_only(tx, course_id).await?;
    let before = store::settings::effective(tx, course_id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let words = change.words.map(|words| {
        let mut words: Vec<String> = words.iter().map(|word| kernel::one_line(word)).collect();
        words.retain(|word| !word.is_empty());
        words.sort();
        words.dedup();
        words
    });
    let after = Settings {
        posting: change.posting.unwrap_or(before.posting),
        commenting: change.commenting.unwrap_or(before.commenting),
        slow_mode_seconds: change.slow_mode_seconds.unwrap_or(before.slow_mode_seconds),
        minimum_account_age_seconds: change
            .minimum_account_age_seconds
            .unwrap_or(before.minimum_account_age_seconds),
        links: change.links.unwrap_or(before.links),
        words: words.unwrap_or_else(|| before.words.clone()),
        ..before.clone()
    };
    if after == before {
        return Ok(before);
    }
    let after = Settings {
        version: before.version + 1,
        updated_at: Some(tx.now()),
        is_inherited: false,
        ..after
    };
    if !store::settings::write(tx, course_id, &after).await? {
        return Err(Code::PreconditionFailed.into());
    }
    let subject = course_id.map_or(Uuid::nil(), Uuid::from);
    audit::record(tx, "community.settings_changed", subject, json!({})).await?;
    Ok(after)
}

async fn makers_only(tx: &Tx, course_id: Option<CourseId>) -> Result<()> {
    let makes = match course_id {
        None => tx.actor().is_admin(),
        Some(id) => courses::course_ref(tx, id).await?.staff,
    };
    if makes {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}
