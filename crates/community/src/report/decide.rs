use database::{Tx, audit, outbox};
use identity::{UserChange, UserStatus};
use kernel::{Actor, Code, Error, FieldError, ReportId, Result, Timestamp};
use serde_json::json;

use super::{Report, ReportStatus, moderated_report};
use crate::{
    content::{self, Subject},
    moderation::{self, Action},
    mute,
    notification::DECIDED,
    store,
};

/// The longest that somebody is muted; for longer there is suspending.
const LONGEST: chrono::Duration = chrono::Duration::days(366);

/// What a moderator decides.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The version of the report that they have seen.
    pub version: i64,
    /// What is to be done.
    pub action: Action,
    /// Whether the content goes too, where its author is warned or muted.
    pub remove_content: bool,
    /// Until when, of muting.
    pub muted_until: Option<Timestamp>,
    /// Why; its author reads it.
    pub note: Option<String>,
}

/// Decides about a report and every other open one of the same, with all that follows from it. Suspending is for admins, and runs
/// as the auth role. What was taken away can be given back.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`]; [`Code::ReportAlreadyDecided`] where somebody was faster, [`Code::PreconditionFailed`]
/// for a version that is not the present one, [`Code::NothingToRestore`], [`Code::ValidationFailed`] for parts that do not belong
/// together; [`Code::LastAdmin`].
pub async fn decide_report(tx: &Tx, id: ReportId, decision: Decision) -> Result<Report> {
    check(tx, &decision)?;
    let seen = moderated_report(tx, id).await?;
    // Two who decide about the same stand in line, whichever of its reports they look at.
    tx.advisory_lock(&format!("reports of {}", seen.subject_id))
        .await?;
    let report = store::report::one(tx, id, true).await?.ok_or(Code::NotFound)?;
    match (report.status == ReportStatus::Open.as_str(), decision.action) {
        (true, Action::Restore) => return Err(Code::NothingToRestore.into()),
        (true, _) => {}
        (false, Action::Restore) if report.removed => {}
        (false, Action::Restore) => return Err(Code::NothingToRestore.into()),
        (false, _) => return Err(Code::ReportAlreadyDecided.into()),
    }
    if decision.version != report.version {
        return Err(Code::PreconditionFailed.into());
    }
    let removed = act(tx, &report, &decision).await?;
    store::report::close(tx, &report, &decision, removed).await?;
    let log_id = moderation::record(tx, &report, &decision, removed).await?;
    let detail = json!({ "action": decision.action.as_str(), "logId": log_id, "userId": report.author_id });
    audit::record(tx, "report.decided", id, detail).await?;
    for outcome in outcomes(decision.action, removed) {
        let payload = json!({ "reportId": id, "logId": log_id, "outcome": outcome, "mutedUntil": decision.muted_until });
        outbox::send(tx, DECIDED, payload).await?;
    }
    moderated_report(tx, id).await
}

fn check(tx: &Tx, decision: &Decision) -> Result<()> {
    let mut reasons = Vec::new();
    let mut refuse = |pointer, code, detail| reasons.push(FieldError::new(pointer, code, detail));
    match (decision.action, decision.muted_until) {
        (Action::Mute, None) => refuse("/mutedUntil", "required", "Until when?"),
        (Action::Mute, Some(until)) if until <= tx.now() => {
            refuse("/mutedUntil", "not_in_future", "This is an instant to come.");
        }
        (Action::Mute, Some(until)) if until > tx.now() + LONGEST => {
            refuse("/mutedUntil", "too_late", "At most a year.");
        }
        (Action::Mute, Some(_)) | (_, None) => {}
        (_, Some(_)) => refuse("/mutedUntil", "not_together", "Only muting has an end."),
    }
    if decision.remove_content && !matches!(decision.action, Action::Warn | Action::Mute) {
        refuse("/removeContent", "not_together", "Only with a warning or muting.");
    }
    if !reasons.is_empty() {
        return Err(Error::invalid(reasons));
    }
    if decision.action == Action::Suspend && !tx.actor().is_admin() {
        return Err(Code::Forbidden.into());
    }
    match tx.actor() {
        Actor::User { .. } => Ok(()),
        Actor::Anonymous => Err(Code::Unauthenticated.into()),
        Actor::System => Err(Code::Forbidden.into()),
    }
}

/// Does what was decided; answers whether the content is away by it.
async fn act(tx: &Tx, report: &Report, decision: &Decision) -> Result<bool> {
    let subject = match report.subject_kind.as_str() {
        "POST" => Subject::Post(report.subject_id.into()),
        "COMMENT" => Subject::Comment(report.subject_id.into()),
        _ => Subject::Message(report.subject_id.into()),
    };
    let removes = decision.remove_content || decision.action == Action::Remove;
    // What its author has deleted in the meantime is away already, and never comes back.
    let removed = removes && done_or_gone(content::remove(tx, subject).await)?;
    match decision.action {
        Action::Dismiss | Action::Remove | Action::Warn => {}
        Action::Restore => drop(done_or_gone(content::restore(tx, subject).await)?),
        Action::Mute => {
            let (until, why) = (decision.muted_until, decision.note.clone());
            mute::impose(tx, report.author_id, report.course_id, until, why).await?;
        }
        Action::Suspend => {
            let change = UserChange {
                role: None,
                status: Some(UserStatus::Suspended),
            };
            identity::change_user(tx, report.author_id, |_| true, change).await?;
        }
    }
    Ok(removed)
}

fn done_or_gone<T>(done: Result<T>) -> Result<bool> {
    match done {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.code(), Code::NotFound | Code::ContentDeleted) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What the author is told.
fn outcomes(action: Action, removed: bool) -> Vec<&'static str> {
    let about_them = match action {
        Action::Warn => Some("WARNED"),
        Action::Mute => Some("MUTED"),
        Action::Restore => Some("RESTORED"),
        Action::Dismiss | Action::Remove | Action::Suspend => None,
    };
    removed
        .then_some("REMOVED")
        .into_iter()
        .chain(about_them)
        .collect()
}
