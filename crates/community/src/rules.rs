//! Who may write what, where and how often: the settings of a course or of the school, and mutes.

use std::time::Duration;

use database::Tx;
use kernel::{Actor, Code, CourseId, Error, Result, Role, Timestamp, UserId, Uuid};

use crate::{
    mute,
    settings::{Links, Settings, Writers},
    store, text, words,
};

/// How old an account is whose links are taken where only trusted ones' are.
const TRUSTED_AFTER: Duration = Duration::from_secs(30 * 24 * 3600);

/// What somebody is about to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// A post.
    Post,
    /// A comment.
    Comment,
    /// Another text for a post or a comment that is there.
    Edit,
    /// A message to somebody: only what may not be said at all is refused.
    Message,
}

/// Where somebody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// In this course, or in the school.
    pub course_id: Option<CourseId>,
    /// Whether the writer moderates there: no rule binds them.
    pub staff: bool,
    /// What.
    pub writing: Writing,
}

/// Refuses a text that the caller may not write there now. Where a time passes, the refusal says how long it is. In a place with
/// slow mode this is also what the next text has to wait for.
///
/// # Errors
/// [`Code::Muted`], [`Code::PostingRestricted`], [`Code::AccountTooNew`], [`Code::LinksRefused`], [`Code::WordsRefused`],
/// [`Code::SlowMode`].
pub async fn may_write(tx: &Tx, scope: Scope, text: &str) -> Result<()> {
    let user_id = tx.user_id()?;
    if scope.staff {
        return Ok(());
    }
    if let Some(mute) = mute::active(tx, user_id, scope.course_id).await? {
        let refusal = Error::new(Code::Muted);
        return Err(match mute.ends_at {
            Some(end) => until(refusal, tx.now(), end),
            None => refusal,
        });
    }
    let trains = matches!(
        tx.actor(),
        Actor::User {
            role: Role::Trainer,
            ..
        }
    );
    if scope.course_id.is_none() && trains {
        return Ok(());
    }
    let settings = store::settings::effective(tx, scope.course_id).await?;
    let writers = match scope.writing {
        Writing::Post => settings.posting,
        Writing::Comment => settings.commenting,
        Writing::Edit | Writing::Message => Writers::Everyone,
    };
    if writers == Writers::Editors {
        return Err(Code::PostingRestricted.into());
    }
    let is_new = matches!(scope.writing, Writing::Post | Writing::Comment);
    check_account(tx, user_id, &settings, is_new, text).await?;
    if words::any_in(&settings.words, &text::plain(text)) {
        return Err(Code::WordsRefused.into());
    }
    if is_new && settings.slow_mode_seconds > 0 {
        wait_for_turn(tx, scope.course_id, user_id, settings.slow_mode_seconds).await?;
    }
    Ok(())
}

/// What depends on how old the account is.
async fn check_account(
    tx: &Tx,
    user_id: UserId,
    settings: &Settings,
    is_new: bool,
    text: &str,
) -> Result<()> {
    let links = settings.links != Links::Allowed && text::has_link(text);
    if links && settings.links == Links::Refused {
        return Err(Code::LinksRefused.into());
    }
    let youngest = if is_new {
        settings.minimum_account_age_seconds
    } else {
        0
    };
    if youngest == 0 && !links {
        return Ok(());
    }
    let since = store::settings::account_since(tx, user_id).await?;
    let old_enough = since + Duration::from_secs(u64::try_from(youngest).unwrap_or_default());
    if old_enough > tx.now() {
        return Err(until(Error::new(Code::AccountTooNew), tx.now(), old_enough));
    }
    let trusted = since + TRUSTED_AFTER;
    if links && trusted > tx.now() {
        return Err(until(Error::new(Code::LinksRefused), tx.now(), trusted));
    }
    Ok(())
}

/// Of two texts at once, one takes the turn.
async fn wait_for_turn(tx: &Tx, course_id: Option<CourseId>, user_id: UserId, seconds: i64) -> Result<()> {
    let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    let scope_id = course_id.map_or(Uuid::nil(), Uuid::from);
    if store::settings::take_turn(tx, scope_id, user_id, tx.now() - pause).await? {
        return Ok(());
    }
    let last = store::settings::wrote_at(tx, scope_id, user_id).await?;
    let next = last.unwrap_or_else(|| tx.now()) + pause;
    Err(until(Error::new(Code::SlowMode), tx.now(), next))
}

fn until(refusal: Error, now: Timestamp, end: Timestamp) -> Error {
    let wait = (end - now).to_std().unwrap_or_default();
    // Whole seconds, and never too early.
    let wait = Duration::from_secs(wait.as_secs() + 1);
    refusal
        .detail(format!("Until {}.", end.format("%Y-%m-%dT%H:%M:%SZ")))
        .retry_after(wait)
}
