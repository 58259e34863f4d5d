//! Who may read and write in a thread of comments.

use database::Tx;
use enrollment::Access;
use entity::enums::PostStatus;
use kernel::{Code, Result};

use super::model::{Thread, ThreadRoot};
use crate::{access, post::model::has_text};

/// Refuses a caller who may not read the thread: the lesson decides, or where the post stands.
///
/// # Errors
/// [`Code::NotFound`], and see [`enrollment::lesson_access`] and [`enrollment::course_access`].
pub(super) async fn require_readable(tx: &Tx, root: ThreadRoot) -> Result<Thread> {
    match root {
        ThreadRoot::Lesson { lesson_id, .. } => {
            let (lesson, access) = enrollment::lesson_access(tx, lesson_id).await?;
            Ok(Thread {
                root: ThreadRoot::Lesson { lesson_id, course_id: Some(lesson.course_id) },
                is_moderator: access == Access::Staff,
            })
        }
        // A draft has no comments.
        ThreadRoot::Post { status: PostStatus::Draft, .. } => Err(Code::NotFound.into()),
        ThreadRoot::Post { course_id, .. } => {
            Ok(Thread { root, is_moderator: access::require_readable(tx, course_id).await? })
        }
    }
}

/// Refuses where comments are neither written nor changed any more.
///
/// # Errors
/// [`Code::ContentDeleted`], [`Code::ThreadLocked`].
pub(super) fn require_open(thread: Thread) -> Result<()> {
    match thread.root {
        ThreadRoot::Post { status, .. } if !has_text(status) => Err(Code::ContentDeleted.into()),
        ThreadRoot::Post { is_locked: true, .. } => Err(Code::ThreadLocked.into()),
        ThreadRoot::Post { .. } | ThreadRoot::Lesson { .. } => Ok(()),
    }
}
