//! A whole course, as its editors work on it.

use crate::{body::Body, chapter::Chapter, course::Course, lesson::Lesson};

/// A whole course, as its editors work on it.
#[derive(Clone, Debug)]
pub struct CourseTree {
    /// The course.
    pub course: Course,
    /// Its chapters in their order, drafts included.
    pub chapters: Vec<TreeChapter>,
}

/// A chapter with everything in it.
#[derive(Clone, Debug)]
pub struct TreeChapter {
    /// The chapter.
    pub chapter: Chapter,
    /// What it teaches.
    pub body: Body,
    /// Its lessons in their order, drafts included, with what they teach.
    pub lessons: Vec<(Lesson, Body)>,
}
