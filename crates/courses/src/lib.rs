#![doc = include_str!("../README.md")]

mod attachment;
mod category;
mod chapter;
mod course;
mod lesson;
mod publish;
mod rich_text;
mod slug;
mod store;

pub use attachment::{
    Attachment, AttachmentOwner, NewAttachment, Source, attach_to_course, attach_to_lesson, attachment,
    attachments, remove_attachment, rename_attachment,
};
pub use category::{Category, NewCategory, categories, category, create_category};
pub use chapter::{
    Chapter, ChapterBody, ChapterChange, NewChapter, change_chapter, chapter, create_chapter,
    publish_chapter, unpublish_chapter,
};
pub use course::{
    Course, CourseChange, CourseDetail, CourseFilter, CourseOutline, CourseRef, Direction, NewCourse,
    OutlineChapter, OutlineLesson, change_course, course, course_ref, courses_by_ids, create_course,
    list_courses, list_own_courses, outline, publish_check, publish_course, unpublish_course,
};
pub use lesson::{
    Lesson, LessonBody, LessonChange, NewLesson, PlacedLesson, change_lesson, create_lesson, lesson_body,
    placed_lesson, publish_lesson, unpublish_lesson,
};
