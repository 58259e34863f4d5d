//! Settings of a course or of the school, which its editors change.

pub(crate) mod model;
pub(crate) mod store;

use database::{Tx, audit};
use kernel::{Code, CourseId, Result};
use serde_json::json;

pub use model::{Settings, SettingsChange};

/// The settings of a course, for its editors; those of the school, where `course_id` is `None`, for admins.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn settings(tx: &Tx, course_id: Option<CourseId>) -> Result<Settings> {
    require_editor(tx, course_id).await?;
    store::effective(tx, course_id).await
}

/// Changes the settings, if their version is still one that `matches` accepts. A course without settings gets its own, which begin
/// as a copy of the school's.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::PreconditionFailed`].
pub async fn change_settings(
    tx: &Tx,
    course_id: Option<CourseId>,
    matches: impl Fn(i64) -> bool,
    change: SettingsChange,
) -> Result<Settings> {
    require_editor(tx, course_id).await?;
    let before = store::effective(tx, course_id).await?;
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
    let after =
        Settings { version: before.version + 1, updated_at: Some(tx.now()), is_inherited: false, ..after };
    if !store::write(tx, course_id, &after).await? {
        return Err(Code::PreconditionFailed.into());
    }
    let subject = model::scope_id(course_id);
    audit::record(tx, "community.settings_changed", subject, json!({})).await?;
    Ok(after)
}

async fn require_editor(tx: &Tx, course_id: Option<CourseId>) -> Result<()> {
    let is_editor = match course_id {
        None => tx.actor().is_admin(),
        Some(id) => courses::course_ref(tx, id).await?.staff,
    };
    if is_editor { Ok(()) } else { Err(Code::Forbidden.into()) }
}
