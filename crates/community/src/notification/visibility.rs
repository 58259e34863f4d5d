//! The condition under which a notification is shown: one for the list, the count and the mails.

use database::Tx;
use enrollment::ReadableCourses;
use sea_orm::Value;

/// The condition for notifications whose subject the recipient may read now, and its values.
///
/// Decisions about the recipient and access to courses are always shown. Everything else is shown only where no block separates
/// recipient and actor, where the content exists, and where the recipient has the course; the lessons of a free chapter are readable
/// for everybody. The notification of a conversation is shown to its members, and while it is unread only where a message is.
pub(super) fn visible(tx: &Tx, courses: &ReadableCourses) -> (String, Vec<(&'static str, Value)>) {
    let (in_course, values) = match courses {
        ReadableCourses::All => ("1 = 1".to_owned(), Vec::new()),
        ReadableCourses::These(ids) if ids.is_empty() => ("n.course_id IS NULL".to_owned(), Vec::new()),
        ReadableCourses::These(ids) => {
            let (any_of, ids) = tx.any_of("courses", ids);
            (format!("(n.course_id IS NULL OR n.course_id {any_of})"), vec![("courses", ids)])
        }
    };
    let condition = format!(
        "(n.kind IN ('MODERATION', 'ACCESS') OR (NOT EXISTS (SELECT 1 FROM blocks b \
           WHERE (b.blocker_id = n.user_id AND b.blocked_id = n.actor_id) \
           OR (b.blocker_id = n.actor_id AND b.blocked_id = n.user_id)) \
         AND CASE WHEN n.kind = 'MESSAGE' THEN EXISTS (SELECT 1 FROM conversation_members m \
             WHERE m.conversation_id = n.conversation_id AND m.user_id = n.user_id AND m.left_at IS NULL \
             AND (n.read_at IS NOT NULL OR EXISTS (SELECT 1 FROM messages g WHERE g.conversation_id = m.conversation_id \
               AND g.number > m.read_number AND g.sender_id <> n.user_id AND g.deleted_at IS NULL \
               AND g.removed_at IS NULL))) \
           WHEN n.lesson_id IS NOT NULL THEN c.id IS NOT NULL AND EXISTS (SELECT 1 FROM lessons l \
             JOIN chapters h ON h.id = l.chapter_id JOIN courses k ON k.id = l.course_id WHERE l.id = n.lesson_id \
             AND l.is_published AND h.is_published AND k.is_published AND (h.is_free OR {in_course})) \
           WHEN n.announcement_id IS NOT NULL THEN a.id IS NOT NULL AND {in_course} \
           WHEN n.comment_id IS NOT NULL THEN c.id IS NOT NULL AND p.id IS NOT NULL AND {in_course} \
           ELSE p.id IS NOT NULL AND {in_course} END))"
    );
    (condition, values)
}
