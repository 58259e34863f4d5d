//! A moderator's decision about a report, and all that follows from it.

use database::{Tx, audit, outbox};
use entity::{
    enums::{ModerationAction, NotificationOutcome, ReportStatus},
    moderation_log,
};
use identity::{UserChange, UserStatus};
use kernel::{Actor, Code, Error, FieldError, ModerationEntryId, ReportId, Result};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{
    model::{Decision, Report},
    moderated_report, store,
};
use crate::{
    content::{self, Subject},
    moderation, mute,
};

/// The outbox message about a decision, by which the author of the content is notified.
pub(crate) const DECIDED: &str = "moderation.decided";
/// The longest mute; for longer, an account is suspended.
const MAX_MUTE: chrono::Duration = chrono::Duration::days(366);

/// Decides about a report and all other open reports of the same content, in one transaction with all that follows. Suspending is for
/// admins, and runs in the database's auth role. Removed content can be restored by a later decision.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`]; [`Code::ReportAlreadyDecided`] where another moderator was faster,
/// [`Code::PreconditionFailed`] for a version that is not the current one, [`Code::NothingToRestore`], [`Code::ValidationFailed`] for
/// parts that do not belong together; [`Code::LastAdmin`].
pub async fn decide_report(tx: &Tx, id: ReportId, decision: Decision) -> Result<Report> {
    check(tx, &decision)?;
    let seen = moderated_report(tx, id).await?;
    // Of two decisions about the same content, the second waits, whichever of its reports it names.
    tx.advisory_lock(&format!("reports of {}", seen.subject_id)).await?;
    let report = store::lock(tx, id).await?.ok_or(Code::NotFound)?;
    match (report.status == ReportStatus::Open, decision.action) {
        (true, ModerationAction::Restore) => return Err(Code::NothingToRestore.into()),
        (true, _) => {}
        (false, ModerationAction::Restore) if report.removed => {}
        (false, ModerationAction::Restore) => return Err(Code::NothingToRestore.into()),
        (false, _) => return Err(Code::ReportAlreadyDecided.into()),
    }
    if decision.version != report.version {
        return Err(Code::PreconditionFailed.into());
    }
    let removed = apply(tx, &report, &decision).await?;
    store::close(tx, &report, &decision, removed).await?;
    let entry_id = write_log(tx, &report, &decision, removed).await?;
    let detail = json!({ "action": decision.action, "logId": entry_id, "userId": report.author.id });
    audit::record(tx, "report.decided", id, detail).await?;
    for outcome in outcomes(decision.action, removed) {
        let payload = json!({
            "reportId": id, "logId": entry_id, "outcome": outcome, "mutedUntil": decision.muted_until,
        });
        outbox::send(tx, DECIDED, payload).await?;
    }
    moderated_report(tx, id).await
}

fn check(tx: &Tx, decision: &Decision) -> Result<()> {
    let mut reasons = Vec::new();
    let mut refuse = |pointer, code, detail| reasons.push(FieldError::new(pointer, code, detail));
    match (decision.action, decision.muted_until) {
        (ModerationAction::Mute, None) => refuse("/mutedUntil", "required", "Until when?"),
        (ModerationAction::Mute, Some(until)) if until <= tx.now() => {
            refuse("/mutedUntil", "not_in_future", "This is an instant to come.");
        }
        (ModerationAction::Mute, Some(until)) if until > tx.now() + MAX_MUTE => {
            refuse("/mutedUntil", "too_late", "At most a year.");
        }
        (ModerationAction::Mute, Some(_)) | (_, None) => {}
        (_, Some(_)) => refuse("/mutedUntil", "not_together", "Only muting has an end."),
    }
    if decision.remove_content && !matches!(decision.action, ModerationAction::Warn | ModerationAction::Mute)
    {
        refuse("/removeContent", "not_together", "Only with a warning or muting.");
    }
    if !reasons.is_empty() {
        return Err(Error::invalid(reasons));
    }
    if decision.action == ModerationAction::Suspend && !tx.actor().is_admin() {
        return Err(Code::Forbidden.into());
    }
    match tx.actor() {
        Actor::User { .. } => Ok(()),
        Actor::Anonymous => Err(Code::Unauthenticated.into()),
        Actor::System => Err(Code::Forbidden.into()),
    }
}

/// Does what was decided; answers whether the content is removed by it.
async fn apply(tx: &Tx, report: &Report, decision: &Decision) -> Result<bool> {
    let subject = Subject::new(report.subject_kind, report.subject_id);
    let removes = decision.remove_content || decision.action == ModerationAction::Remove;
    // Content that its author has deleted meanwhile is gone already, and cannot be restored.
    let removed = removes && is_done(content::remove(tx, subject).await)?;
    match decision.action {
        ModerationAction::Dismiss | ModerationAction::Remove | ModerationAction::Warn => {}
        ModerationAction::Restore => {
            is_done(content::restore(tx, subject).await)?;
        }
        ModerationAction::Mute => {
            let (until, reason) = (decision.muted_until, decision.note.clone());
            mute::impose(tx, report.author.id, report.course_id, until, reason).await?;
        }
        ModerationAction::Suspend => {
            let change = UserChange { role: None, status: Some(UserStatus::Suspended) };
            identity::change_user(tx, report.author.id, |_| true, change).await?;
        }
    }
    Ok(removed)
}

/// Whether it was done; not where the content is gone.
fn is_done(done: Result<()>) -> Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.code(), Code::NotFound | Code::ContentDeleted) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn write_log(
    tx: &Tx,
    report: &Report,
    decision: &Decision,
    removed: bool,
) -> Result<ModerationEntryId> {
    let id = tx.new_id();
    let entry = moderation_log::ActiveModel {
        id: Set(id),
        moderator_id: Set(tx.user_id()?),
        action: Set(decision.action),
        report_id: Set(report.id),
        course_id: Set(report.course_id),
        subject_kind: Set(report.subject_kind),
        subject_id: Set(report.subject_id),
        user_id: Set(report.author.id),
        removed: Set(removed),
        muted_until: Set(decision.muted_until),
        note: Set(decision.note.clone()),
        created_at: Set(tx.now()),
    };
    moderation::store::insert(tx, entry).await?;
    Ok(id)
}

/// What the author is notified of.
fn outcomes(action: ModerationAction, removed: bool) -> Vec<NotificationOutcome> {
    let about_the_author = match action {
        ModerationAction::Warn => Some(NotificationOutcome::Warned),
        ModerationAction::Mute => Some(NotificationOutcome::Muted),
        ModerationAction::Restore => Some(NotificationOutcome::Restored),
        ModerationAction::Dismiss | ModerationAction::Remove | ModerationAction::Suspend => None,
    };
    removed.then_some(NotificationOutcome::Removed).into_iter().chain(about_the_author).collect()
}
