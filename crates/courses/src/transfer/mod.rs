//! Courses as documents, out of one installation and into another, and copies of courses.

mod duplicate;
mod export;
mod import;
mod model;

pub use duplicate::duplicate_course;
pub use export::export_course;
pub use import::{Import, check_import, import_course};
pub use model::{ChapterDocument, CourseDocument, CourseExport, ImportCheck, LessonDocument};
