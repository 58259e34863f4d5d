#![doc = include_str!("../README.md")]

mod attachment;
mod body;
mod catalogue;
mod category;
mod chapter;
mod course;
mod duplicate;
mod editor;
mod lesson;
mod order;
mod publish;
mod rich_text;
mod slug;
mod store;
mod tangle;
mod transfer;
mod tree;
mod wishlist;

pub use attachment::{
    Attachment, AttachmentOwner, NewAttachment, Source, attach_to_course, attach_to_lesson, attachment,
    attachments, remove_attachment, rename_attachment,
};
pub use body::{Body, BodyChange};
pub use catalogue::{
    OUTLINE_CHANGED,
    CataloguePage, CourseFilter, CourseSort, Facets, From, PriceRange, facets, list_courses,
    refresh_category, set_popularity,
};
pub use category::{
    Category, CategoryChange, NewCategory, categories, category, change_category, create_category,
    delete_category,
};
pub use chapter::{
    Chapter, ChapterChange, NewChapter, PlacedChapter, change_chapter, chapter_body, create_chapter,
    delete_chapter, order_chapters, placed_chapter, publish_chapter,
    unpublish_chapter,
};
pub use course::{
    Author, Course, CourseChange, CourseDetail, CourseOutline, CourseRef, NewCourse, OutlineChapter,
    OutlineLesson, archive_course, change_course, course, course_ref, courses_by_ids, create_course,
    delete_course, is_staff, list_own_courses, outline, outlines, publish_check, publish_course,
    unpublish_course, visible_courses,
};
pub use duplicate::duplicate_course;
pub use editor::{Trainer, add_editor, remove_editor, trainers};
pub use entity::enums::Level;
pub use lesson::{
    Lesson, LessonChange, NewLesson, PlacedLesson, change_lesson, create_lesson, delete_lesson, lesson_body,
    list_lessons, move_lesson, order_lessons, placed_lesson, publish_lesson,
    unpublish_lesson,
};
pub use rich_text::{sanitise, within};
pub use transfer::{
    ChapterDocument, CourseDocument, CourseExport, Import, ImportCheck, LessonDocument, check_import,
    export_course, import_course,
};
pub use tree::{CourseTree, TreeChapter, course_tree};
pub use wishlist::{Wish, unwish, unwish_for, wish, wishlist};
