use database::Tx;
use enrollment::Access;
use kernel::{Code, CommentId, CourseId, LessonId, PostId, Result, ThreadId, UserId, Uuid};

use crate::{place, post::PostStatus};

/// Under what comments stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// A post.
    Post(PostId),
    /// A lesson.
    Lesson(LessonId),
    /// Another comment.
    Comment(CommentId),
}

/// All that decides whether somebody may read and write in a thread.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// The post.
    pub(crate) post_id: Option<PostId>,
    /// The lesson.
    pub(crate) lesson_id: Option<LessonId>,
    /// Where it stands.
    pub(crate) course_id: Option<CourseId>,
    /// Of the post.
    pub(crate) status: PostStatus,
    /// Of the post.
    pub(crate) is_locked: bool,
    /// Of the post.
    pub(crate) author_id: Option<UserId>,
}

/// A thread that the caller may read.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    /// What it hangs on.
    pub(crate) head: Head,
    /// Whether the caller moderates there.
    pub(crate) staff: bool,
}

impl Head {
    /// The thread of a lesson.
    pub(crate) fn of_lesson(lesson_id: LessonId, course_id: Option<CourseId>) -> Self {
        Self {
            post_id: None,
            lesson_id: Some(lesson_id),
            course_id,
            status: PostStatus::Published,
            is_locked: false,
            author_id: None,
        }
    }

    /// The post's id or the lesson's.
    pub(crate) fn thread_id(&self) -> ThreadId {
        let lesson_id = self.lesson_id.map(Uuid::from);
        let id = self.post_id.map(Uuid::from).or(lesson_id);
        id.unwrap_or_default().into()
    }
}

impl Thread {
    /// The decision: that of the lesson, or of the post's place.
    ///
    /// # Errors
    /// [`Code::NotFound`], and see [`enrollment::lesson_access`] and [`enrollment::course_access`].
    pub(crate) async fn enter(tx: &Tx, head: Head) -> Result<Self> {
        if let Some(lesson_id) = head.lesson_id {
            let (lesson, access) = enrollment::lesson_access(tx, lesson_id).await?;
            return Ok(Self {
                head: Head::of_lesson(lesson_id, Some(lesson.course_id)),
                staff: access == Access::Staff,
            });
        }
        // A draft has no conversation.
        if head.status == PostStatus::Draft {
            return Err(Code::NotFound.into());
        }
        let staff = place::enter(tx, head.course_id).await?;
        Ok(Self { head, staff })
    }

    /// Refuses where nobody writes any more.
    ///
    /// # Errors
    /// [`Code::ContentDeleted`], [`Code::ThreadLocked`].
    pub(crate) fn require_open(&self) -> Result<()> {
        if !self.head.status.is_there() {
            return Err(Code::ContentDeleted.into());
        }
        if self.head.is_locked {
            return Err(Code::ThreadLocked.into());
        }
        Ok(())
    }
}
