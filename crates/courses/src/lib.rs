#![doc = include_str!("../README.md")]

mod attachment;
mod body;
mod catalogue;
mod category;
mod chapter;
mod content;
mod course;
mod deletion;
mod editor;
mod lesson;
mod ordering;
mod outline;
mod permission;
mod picture;
mod publication;
mod slug;
mod transfer;
mod tree;
mod wishlist;

pub use attachment::{
    Attachment, AttachmentOwner, NewAttachment, Source, attach_to_course, attach_to_lesson, attachment,
    attachments, remove_attachment, rename_attachment,
};
pub use body::{Body, BodyChange};
pub use catalogue::{
    CataloguePage, CourseFilter, CourseSort, Facets, OUTLINE_CHANGED, PagePosition, PriceRange, facets,
    list_courses, refresh_category, set_popularity,
};
pub use category::{
    Category, CategoryChange, NewCategory, categories, category, change_category, create_category,
    delete_category,
};
pub use chapter::{
    Chapter, ChapterChange, NewChapter, PlacedChapter, change_chapter, chapter_body, create_chapter,
    delete_chapter, order_chapters, placed_chapter, publish_chapter, unpublish_chapter,
};
pub use course::{
    Author, Course, CourseChange, CourseDetail, CourseRef, NewCourse, OFFER_CHANGED, archive_course,
    change_course, course, course_ref, course_refs, courses_by_ids, create_course, delete_course, is_free,
    list_own_courses, publish_check, publish_course, unpublish_course, visible_courses,
};
pub use editor::{Trainer, TrainerRole, add_editor, is_staff, remove_editor, trainers};
pub use entity::enums::{ContentFormat, Level};
pub use lesson::{
    Lesson, LessonChange, NewLesson, PlacedLesson, change_lesson, create_lesson, delete_lesson,
    described_lesson, lesson_body, list_lessons, move_lesson, order_lessons, placed_lesson, publish_lesson,
    unpublish_lesson,
};
pub use outline::{CourseOutline, OutlineChapter, OutlineLesson, outline, outlines};
pub use transfer::{
    ChapterDocument, CourseDocument, CourseExport, Import, ImportCheck, LessonDocument, check_import,
    duplicate_course, export_course, import_course,
};
pub use tree::{CourseTree, TreeChapter, course_tree};
pub use wishlist::{Wish, is_wished_expression, unwish, unwish_for, wish, wishlist};
