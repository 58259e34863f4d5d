//! Posts, comments, reports, announcements, notifications and settings.

use serde_json::{Value, json};

use super::{ADMINS, AUTHORS, INSIDERS, MEMBERS, MODERATORS, READERS, Row, TRAINERS, WRITERS};

pub(super) fn rows() -> Vec<Row> {
    let none = Value::Null;
    vec![
        ("listPosts", "GET /posts", none.clone(), MEMBERS),
        ("listPosts", "GET /posts?courseId={course}", none.clone(), READERS),
        ("createPost", "POST /posts", json!({ "title": "x" }), [401, 201, 201, 201, 201, 201]),
        (
            "createPost",
            "POST /posts",
            json!({ "title": "x", "courseId": "{course}" }),
            [401, 403, 201, 403, 201, 201],
        ),
        // What the learner who is enrolled wrote; the author has reported their comment.
        (
            "createReport",
            "POST /reports",
            json!({ "subjectKind": "POST", "subjectId": "{post}", "reason": "OTHER" }),
            [401, 404, 409, 404, 201, 201],
        ),
        ("getReport", "GET /reports/{report}", none.clone(), [401, 404, 404, 404, 200, 404]),
        ("listReports", "GET /moderation/reports", none.clone(), TRAINERS),
        (
            "getModeratedReport",
            "GET /moderation/reports/{report}",
            none.clone(),
            [401, 403, 403, 404, 200, 200],
        ),
        (
            "decideReport",
            "POST /moderation/reports/{report}/decision",
            json!({ "version": 1, "action": "DISMISS" }),
            [401, 403, 403, 404, 200, 409],
        ),
        (
            "decideReport",
            "POST /moderation/reports/{report}/decision",
            json!({ "version": 1, "action": "SUSPEND" }),
            [401, 403, 403, 403, 403, 409],
        ),
        ("listModerationLog", "GET /moderation/log", none.clone(), TRAINERS),
        ("listMutes", "GET /moderation/mutes", none.clone(), TRAINERS),
        ("liftMute", "DELETE /moderation/mutes/{other}", none.clone(), [401, 403, 403, 404, 404, 404]),
        (
            "listCourseAnnouncements",
            "GET /courses/{course}/announcements",
            none.clone(),
            [401, 403, 200, 403, 200, 200],
        ),
        (
            "createAnnouncement",
            "POST /courses/{course}/announcements",
            json!({ "title": "x", "body": "x" }),
            [401, 403, 403, 403, 201, 201],
        ),
        ("listMyNotifications", "GET /me/notifications", none.clone(), MEMBERS),
        ("getMyNotificationCount", "GET /me/notifications/count", none.clone(), MEMBERS),
        ("readMyNotifications", "POST /me/notifications/read", json!({ "upTo": "{other}" }), MEMBERS),
        ("getMyNotificationPreferences", "GET /me/notification-preferences", none.clone(), MEMBERS),
        (
            "updateMyNotificationPreferences",
            "PATCH /me/notification-preferences",
            json!({ "digest": "DAILY" }),
            MEMBERS,
        ),
        (
            "unsubscribeFromMail",
            "POST /notifications/unsubscribe?link=AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAABAAY8Qm3Vn0ABmMDeAABwAIAAAAAA",
            none.clone(),
            [422; 6],
        ),
        // By the learner who is enrolled, in the course and as a draft.
        ("getPost", "GET /posts/{post}", none.clone(), INSIDERS),
        ("getPost", "GET /posts/{draftPost}", none.clone(), [401, 404, 200, 404, 404, 404]),
        ("updatePost", "PATCH /posts/{post}", json!({ "title": "y" }), WRITERS),
        ("publishPost", "POST /posts/{post}/publish", none.clone(), WRITERS),
        ("unpublishPost", "POST /posts/{draftPost}/unpublish", none.clone(), [401, 404, 200, 404, 404, 404]),
        ("pinPost", "POST /posts/{post}/pin", none.clone(), MODERATORS),
        ("unpinPost", "POST /posts/{post}/unpin", none.clone(), MODERATORS),
        ("lockPost", "POST /posts/{post}/lock", none.clone(), MODERATORS),
        ("unlockPost", "POST /posts/{post}/unlock", none.clone(), MODERATORS),
        ("addPostReaction", "PUT /posts/{post}/reactions/like", none.clone(), INSIDERS),
        (
            "removePostReaction",
            "DELETE /posts/{post}/reactions/like",
            none.clone(),
            [401, 404, 204, 404, 204, 204],
        ),
        ("listPostComments", "GET /posts/{post}/comments", none.clone(), INSIDERS),
        (
            "createPostComment",
            "POST /posts/{post}/comments",
            json!({ "content": "x" }),
            [401, 404, 201, 404, 201, 201],
        ),
        ("listLessonComments", "GET /lessons/{lesson}/comments", none.clone(), READERS),
        (
            "createLessonComment",
            "POST /lessons/{lesson}/comments",
            json!({ "content": "x" }),
            [401, 403, 201, 403, 201, 201],
        ),
        // On the lesson, by the learner who is enrolled.
        ("getComment", "GET /comments/{comment}", none.clone(), [404, 404, 200, 404, 200, 200]),
        (
            "listCommentReplies",
            "GET /comments/{comment}/replies",
            none.clone(),
            [404, 404, 200, 404, 200, 200],
        ),
        ("updateComment", "PATCH /comments/{comment}", json!({ "content": "y" }), WRITERS),
        ("addCommentReaction", "PUT /comments/{comment}/reactions/like", none.clone(), INSIDERS),
        (
            "removeCommentReaction",
            "DELETE /comments/{comment}/reactions/like",
            none.clone(),
            [401, 404, 204, 404, 204, 204],
        ),
        // Once it is deleted, there is nothing more to delete.
        ("deleteComment", "DELETE /comments/{comment}", none.clone(), [401, 404, 204, 404, 404, 404]),
        ("deletePost", "DELETE /posts/{post}", none.clone(), [401, 404, 204, 404, 404, 404]),
        ("getCommunitySettings", "GET /community-settings", none.clone(), ADMINS),
        ("updateCommunitySettings", "PATCH /community-settings", json!({}), ADMINS),
        ("getCourseCommunitySettings", "GET /courses/{course}/community-settings", none.clone(), AUTHORS),
        ("updateCourseCommunitySettings", "PATCH /courses/{course}/community-settings", json!({}), AUTHORS),
    ]
}
