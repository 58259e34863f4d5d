//! The reads that follow from a create.

/// A create and the read that follows from it, for `links`.
pub(super) const LINKS: &[(&str, &str, &str, &str)] = &[
    ("register", "getUser", "user", "$response.body#/user/id"),
    ("register", "getUserAccount", "user_id", "$response.body#/user/id"),
    ("createCategory", "getCategory", "category", "$response.body#/id"),
    ("createCourse", "getCourse", "course", "$response.body#/id"),
    ("duplicateCourse", "getCourse", "course", "$response.body#/id"),
    ("importCourse", "getCourse", "course", "$response.body#/id"),
    ("createChapter", "getChapter", "chapter_id", "$response.body#/id"),
    ("createLesson", "getLesson", "lesson_id", "$response.body#/id"),
    ("createUpload", "getUpload", "upload_id", "$response.body#/id"),
    ("createCoupon", "getCoupon", "coupon_id", "$response.body#/id"),
    ("createCheckout", "getPayment", "payment_id", "$response.body#/payment/id"),
    ("createRefund", "getPayment", "payment_id", "$response.body#/paymentId"),
    ("createCourseAttachment", "getAttachment", "attachment_id", "$response.body#/id"),
    ("createLessonAttachment", "getAttachment", "attachment_id", "$response.body#/id"),
    ("createVideoUpload", "getVideoAsset", "video_asset_id", "$response.body#/videoAsset/id"),
    ("enrollInCourse", "getCourseProgress", "course_id", "$response.body#/courseId"),
    ("createGrant", "getGrant", "grant_id", "$response.body#/id"),
    ("createPost", "getPost", "post_id", "$response.body#/id"),
    ("createPostComment", "getComment", "comment_id", "$response.body#/id"),
    ("createLessonComment", "getComment", "comment_id", "$response.body#/id"),
    ("createReport", "getReport", "report_id", "$response.body#/id"),
    ("createAnnouncement", "listCourseAnnouncements", "course_id", "$response.body#/courseId"),
    ("openConversation", "getConversation", "conversation_id", "$response.body#/id"),
    ("sendMessage", "getMessage", "message_id", "$response.body#/id"),
];
