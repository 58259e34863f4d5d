//! Who may write what, where and how often: the settings of a course or of the school, and mutes.

mod store;
mod word_filter;

use std::time::Duration;

use database::Tx;
use entity::enums::{LinkPolicy, Writers};
use kernel::{Code, CourseId, Error, Result, Timestamp, UserId};

use crate::{
    mute,
    settings::{self, model::Settings, store::Rules},
    text,
};

/// The age of an account from which on its links are accepted where only trusted ones are.
const TRUSTED_AFTER: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many posts and comments somebody may write in an hour whose e-mail address is not verified, wherever they write.
const UNVERIFIED_TEXTS: u64 = 20;
/// How many people such a text may mention.
const UNVERIFIED_MENTIONS: usize = 3;
const HOUR: Duration = Duration::from_secs(3600);

/// What is about to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteKind {
    /// A post.
    Post,
    /// A comment.
    Comment,
    /// Another text for a post or a comment that is there.
    Edit,
    /// A message: only words, links and mutes are checked.
    Message,
}

/// Where somebody writes, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriteContext {
    /// The course; `None` in the school.
    pub(crate) course_id: Option<CourseId>,
    /// Whether the writer moderates there: no rule applies to moderators.
    pub(crate) is_moderator: bool,
    /// What is written.
    pub(crate) kind: WriteKind,
}

/// Refuses a text that the caller may not write there now. Where the refusal ends, its `Retry-After` says when. With slow mode, the
/// caller's next text waits from this one on.
///
/// # Errors
/// [`Code::Muted`], [`Code::PostingRestricted`], [`Code::NewAccountLimit`], [`Code::TooManyMentions`], [`Code::AccountTooNew`],
/// [`Code::LinksRefused`], [`Code::WordsRefused`], [`Code::SlowMode`].
pub(crate) async fn check(tx: &Tx, context: WriteContext, text: &str) -> Result<()> {
    let user_id = tx.user_id()?;
    if context.is_moderator {
        return Ok(());
    }
    if let Some(mute) = mute::active(tx, user_id, context.course_id).await? {
        let refusal = Error::new(Code::Muted);
        return Err(match mute.ends_at {
            Some(end) => until(refusal, tx.now(), end),
            None => refusal,
        });
    }
    if context.course_id.is_none() && tx.actor().is_trainer() {
        return Ok(());
    }
    let Rules { settings, is_verified_writer } =
        settings::store::rules(tx, context.course_id, user_id).await?;
    let writers = match context.kind {
        WriteKind::Post => settings.posting,
        WriteKind::Comment => settings.commenting,
        WriteKind::Edit | WriteKind::Message => Writers::Everyone,
    };
    if writers == Writers::Editors {
        return Err(Code::PostingRestricted.into());
    }
    let is_new = matches!(context.kind, WriteKind::Post | WriteKind::Comment);
    if !is_verified_writer {
        check_unverified(tx, user_id, is_new, text).await?;
    }
    check_account(tx, user_id, &settings, is_new, text).await?;
    if word_filter::matches(&settings.words, &text::plain(text)) {
        return Err(Code::WordsRefused.into());
    }
    if is_new && settings.slow_mode_seconds > 0 {
        take_turn(tx, context.course_id, user_id, settings.slow_mode_seconds).await?;
    }
    Ok(())
}

/// Anybody can register with anybody's address: until it is verified, an account writes a little and mentions few.
async fn check_unverified(tx: &Tx, user_id: UserId, is_new: bool, html: &str) -> Result<()> {
    let mentioned = text::mentioned(html).len();
    if mentioned > UNVERIFIED_MENTIONS {
        let detail = format!(
            "A text mentions at most {UNVERIFIED_MENTIONS} people, until the e-mail address of its author is verified."
        );
        return Err(Error::new(Code::TooManyMentions).detail(detail));
    }
    if !is_new {
        return Ok(());
    }
    // The requests of one account wait for one another here, so that each counts those before it.
    tx.advisory_lock(&format!("texts of {user_id}")).await?;
    match store::nth_text_since(tx, user_id, UNVERIFIED_TEXTS, tx.now() - HOUR).await? {
        Some(first) => Err(until(Error::new(Code::NewAccountLimit), tx.now(), first + HOUR)),
        None => Ok(()),
    }
}

/// The rules that depend on the age of the account.
async fn check_account(
    tx: &Tx,
    user_id: UserId,
    settings: &Settings,
    is_new: bool,
    text: &str,
) -> Result<()> {
    let has_link = settings.links != LinkPolicy::Allowed && text::has_link(text);
    if has_link && settings.links == LinkPolicy::Refused {
        return Err(Code::LinksRefused.into());
    }
    let minimum_age = if is_new { settings.minimum_account_age_seconds } else { 0 };
    if minimum_age == 0 && !has_link {
        return Ok(());
    }
    let created_at = store::account_created_at(tx, user_id).await?;
    let old_enough_at = created_at + Duration::from_secs(u64::try_from(minimum_age).unwrap_or_default());
    if old_enough_at > tx.now() {
        return Err(until(Error::new(Code::AccountTooNew), tx.now(), old_enough_at));
    }
    let trusted_at = created_at + TRUSTED_AFTER;
    if has_link && trusted_at > tx.now() {
        return Err(until(Error::new(Code::LinksRefused), tx.now(), trusted_at));
    }
    Ok(())
}

/// Slow mode: of two texts at once, one takes the turn.
async fn take_turn(tx: &Tx, course_id: Option<CourseId>, user_id: UserId, seconds: i64) -> Result<()> {
    let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    let scope_id = settings::model::scope_id(course_id);
    if store::take_turn(tx, scope_id, user_id, tx.now() - pause).await? {
        return Ok(());
    }
    let last = store::last_turn(tx, scope_id, user_id).await?;
    let next = last.unwrap_or_else(|| tx.now()) + pause;
    Err(until(Error::new(Code::SlowMode), tx.now(), next))
}

fn until(refusal: Error, now: Timestamp, end: Timestamp) -> Error {
    let wait = (end - now).to_std().unwrap_or_default();
    // Whole seconds, and never too early.
    let wait = Duration::from_secs(wait.as_secs() + 1);
    refusal.detail(format!("Until {}.", end.format("%Y-%m-%dT%H:%M:%SZ"))).retry_after(wait)
}
