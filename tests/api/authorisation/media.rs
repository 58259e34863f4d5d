//! Files, attachments, access, videos.

use serde_json::{Value, json};

use super::{ADMINS, MEMBERS, Row};

pub(super) fn rows() -> Vec<Row> {
    let none = Value::Null;
    vec![
        (
            "createUpload",
            "POST /uploads",
            json!({ "purpose": "ATTACHMENT", "name": "x.pdf", "contentType": "application/pdf", "sizeBytes": 3 }),
            [401, 403, 403, 201, 201, 201],
        ),
        (
            "createUpload",
            "POST /uploads",
            json!({ "purpose": "IMAGE", "name": "x.png", "contentType": "image/png", "sizeBytes": 3 }),
            [401, 201, 201, 201, 201, 201],
        ),
        ("getUploadLimits", "GET /uploads/limits", none.clone(), [200; 6]),
        ("getUpload", "GET /uploads/{upload}", none.clone(), [401, 404, 404, 404, 200, 200]),
        ("putUploadContent", "PUT /uploads/{upload}/content?ticket=x", none.clone(), [403; 6]),
        ("completeUpload", "POST /uploads/{upload}/complete", none.clone(), [401, 404, 404, 404, 409, 409]),
        ("getImage", "GET /images/{other}/320", none.clone(), [404; 6]),
        ("getFile", "GET /files/x", none.clone(), [403; 6]),
        (
            "listCourseAttachments",
            "GET /courses/{course}/attachments",
            none.clone(),
            [401, 403, 200, 403, 200, 200],
        ),
        (
            "createCourseAttachment",
            "POST /courses/{course}/attachments",
            json!({ "name": "x", "url": "https://example.com/x" }),
            [401, 403, 403, 403, 201, 201],
        ),
        (
            "listLessonAttachments",
            "GET /lessons/{lesson}/attachments",
            none.clone(),
            [401, 403, 200, 403, 200, 200],
        ),
        (
            "createLessonAttachment",
            "POST /lessons/{lesson}/attachments",
            json!({ "name": "x", "url": "https://example.com/x" }),
            [401, 403, 403, 403, 201, 201],
        ),
        ("getAttachment", "GET /attachments/{attachment}", none.clone(), [404, 404, 200, 404, 200, 200]),
        (
            "downloadAttachment",
            "POST /attachments/{attachment}/download",
            none.clone(),
            [404, 404, 200, 404, 200, 200],
        ),
        (
            "updateAttachment",
            "PATCH /attachments/{attachment}",
            json!({ "name": "y" }),
            [401, 404, 404, 404, 200, 200],
        ),
        (
            "deleteAttachment",
            "DELETE /attachments/{attachment}",
            none.clone(),
            [401, 404, 404, 404, 204, 404],
        ),
        ("enrollInCourse", "POST /courses/{course}/enroll", none.clone(), [401, 201, 200, 201, 201, 201]),
        ("getMyCourseAccess", "GET /me/access/courses/{course}", none.clone(), MEMBERS),
        ("getMyCourseAccess", "GET /me/access/courses/{draft}", none.clone(), [401, 404, 404, 404, 200, 200]),
        ("getUserCourseAccess", "GET /admin/users/{author}/access/courses/{course}", none.clone(), ADMINS),
        ("listCourseGrants", "GET /courses/{course}/grants", none.clone(), [401, 404, 404, 404, 200, 200]),
        (
            "createGrant",
            "POST /courses/{course}/grants",
            json!({ "userId": "0198c0de-0000-7000-8000-000000000001" }),
            [401, 404, 404, 404, 422, 422],
        ),
        // Given by hand to the learner who is enrolled.
        ("getGrant", "GET /grants/{grant}", none.clone(), [401, 404, 200, 404, 200, 200]),
        (
            "extendGrant",
            "POST /grants/{grant}/extend",
            json!({ "endsAt": null }),
            [401, 404, 403, 404, 200, 200],
        ),
        ("revokeGrant", "POST /grants/{grant}/revoke", json!({}), [401, 404, 403, 404, 200, 200]),
        (
            "createVideoUpload",
            "POST /video-uploads",
            json!({ "contentType": "video/mp4", "sizeBytes": 1000, "name": "x.mp4" }),
            [401, 403, 403, 201, 201, 201],
        ),
        ("listMyVideoAssets", "GET /me/video-assets", none.clone(), MEMBERS),
        ("getVideoAsset", "GET /video-assets/{video}", none.clone(), [401, 404, 404, 404, 200, 200]),
        // Nothing was sent yet.
        (
            "completeVideoUpload",
            "POST /video-assets/{video}/complete",
            none.clone(),
            [401, 404, 404, 404, 409, 409],
        ),
        (
            "playVideoAsset",
            "POST /video-assets/{video}/playback",
            none.clone(),
            [401, 404, 404, 404, 409, 409],
        ),
        // Everybody has enrolled by now, and there is no video.
        ("playLesson", "POST /lessons/{lesson}/playback", none.clone(), [401, 404, 404, 404, 404, 404]),
        ("playChapter", "POST /chapters/{chapter}/playback", none.clone(), [401, 404, 404, 404, 404, 404]),
        ("playCoursePreview", "POST /courses/{course}/preview-playback", none.clone(), [404; 6]),
        (
            "putVideoCaptions",
            "PUT /video-assets/{video}/captions/en",
            json!({ "label": "English", "fileId": "0198c0de-0000-7000-8000-000000000001" }),
            [401, 404, 404, 404, 422, 422],
        ),
        (
            "deleteVideoCaptions",
            "DELETE /video-assets/{video}/captions/en",
            none.clone(),
            [401, 404, 404, 404, 404, 404],
        ),
        ("deleteVideoAsset", "DELETE /video-assets/{video}", none.clone(), [401, 404, 404, 404, 204, 404]),
        // Mux signs; a token helps nobody.
        (
            "receiveMuxHook",
            "POST /hooks/mux",
            json!({ "type": "video.asset.ready", "id": "x", "data": {} }),
            [400; 6],
        ),
        ("deleteLesson", "DELETE /lessons/{lesson}", none.clone(), [401, 403, 403, 403, 409, 409]),
        ("deleteChapter", "DELETE /chapters/{chapter}", none.clone(), [401, 403, 403, 403, 409, 409]),
    ]
}
