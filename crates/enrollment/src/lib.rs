#![doc = include_str!("../README.md")]

mod access;
mod attachment;
mod explain;
mod grant;
mod learner;
mod ledger;
mod manual_grant;
mod popularity;
mod purchase;
mod record;
mod sharing;
mod store;
mod wishlist;

pub use access::{
    Access, AccessScope, ReadableChapter, ReadableCourses, ReadableLesson, course_access, decide, has_access,
    holders, lesson_access, read_chapter, read_lesson, readable_courses,
};
pub use attachment::{course_attachments, lesson_attachments, read_attachment};
pub use explain::{Explanation, LessonVerdict, Unlock, Verdict, explain, explain_at};
pub use grant::{Grant, GrantEvent, GrantFilter, GrantHistory, GrantStatus, Learner, Source};
pub use learner::{EnrolledLearner, LearnerCount, learner, learner_count, learners};
pub use manual_grant::{NewManualGrant, extend_grant, grant, grant_access, list_grants, revoke_grant};
pub use popularity::count_learners;
pub use purchase::{Purchased, Standing, purchase_standing};
pub use record::{Enrollment, complete, enroll, enrollment, list_enrollments};
pub use sharing::sharing_course;
pub use wishlist::wish;
