//! The moderation log: who decided what about whose content, when and why.

pub(crate) mod model;
pub(crate) mod scope;
pub(crate) mod store;

use database::Tx;
use kernel::{CourseId, Cursor, Limit, Page, Result};

pub use model::ModerationEntry;

/// The entries of the moderation log, newest first: all for admins; for trainers those of the courses that they edit.
///
/// # Errors
/// [`kernel::Code::Forbidden`] for anybody else.
pub async fn moderation_log(
    tx: &Tx,
    course_id: Option<CourseId>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<ModerationEntry>> {
    let rows = store::list(tx, course_id, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}
