#![doc = include_str!("../README.md")]

mod access;
mod attachment;
mod enrollment;
mod explanation;
mod grant;
mod learner;
mod manual_grant;
mod purchase;
mod sharing;
mod viewer;
mod wishlist;

pub use access::{
    Access, AccessScope, ReadableChapter, ReadableCourses, ReadableLesson, course_access, decide, has_access,
    has_lasting_access, holders, lesson_access, read_chapter, read_lesson, readable_courses,
};
pub use attachment::{course_attachments, lesson_attachments, read_attachment};
pub use enrollment::{
    Enrollment, EnrollmentFilter, complete, count_learners, enroll, enrollment, list_enrollments,
};
pub use entity::enums::{GrantSource, GrantStatus};
pub use explanation::{Explanation, LessonVerdict, Unlock, Verdict, explain, explain_at, verdicts};
pub use grant::ACCESS_EXTENDED;
pub use grant::model::{Grant, GrantEvent, GrantFilter, GrantHistory, Learner};
pub use learner::{EnrolledLearner, LearnerCount, learner, learner_count, learners};
pub use manual_grant::{NewManualGrant, extend_grant, grant, grant_access, list_grants, revoke_grant};
pub use purchase::{PurchaseState, Purchased, apply_purchase_state};
pub use sharing::sharing_course;
pub use viewer::{CourseViewer, viewer, viewer_columns};
pub use wishlist::wish;
