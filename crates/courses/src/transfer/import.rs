//! A document as a course: checked as a whole, and imported as a whole or not at all.

use std::collections::HashSet;

use database::Tx;
use entity::enums::ContentFormat;
use kernel::{CategoryId, CourseId, Error, FieldError, Result, Uuid, Warning, Written};

use super::model::{ChapterDocument, CourseDocument, ImportCheck, LessonDocument};
use crate::{
    body::Body,
    category,
    chapter::{self, Chapter},
    content::{self, Content},
    course::{
        self, Course, NewCourse,
        price::{self, Prices},
    },
    lesson::{self, Lesson},
    publication::{self, BodyState},
    tree::TreeChapter,
};

/// The most lessons in one document. The schema of the document bounds the children of each parent.
const MAX_LESSONS: usize = 2_000;

/// The most problems that are reported of one document.
const MAX_PROBLEMS: usize = 1_000;

/// The most warnings about one document.
const MAX_WARNINGS: usize = 1_000;

/// A document to import, its texts sanitised.
#[derive(Clone, Debug)]
pub struct Import {
    document: CourseDocument,
    problems: Vec<FieldError>,
    warnings: Vec<Warning>,
}

impl Import {
    /// Sanitises the texts of a document. That keeps a core busy while they are large, and must happen neither in a transaction nor on
    /// a thread that others wait for. `players` are the hosts whose players are shown. `problems` are those that the schema found; the
    /// document then holds as much as could be read.
    #[must_use]
    pub fn new(mut document: CourseDocument, problems: Vec<FieldError>, players: &[String]) -> Self {
        let (mut found, mut warnings) = (Vec::new(), Vec::new());
        for (pointer, text, format) in texts(&mut document) {
            match content::checked(text.take(), format, players, &pointer) {
                Ok(Content { text: clean, warnings: told, .. }) => {
                    *text = clean;
                    warnings.extend(told);
                }
                Err(error) => found.extend_from_slice(error.reasons()),
            }
        }
        for (pointer, title) in titles(&mut document) {
            match kernel::visible_line(title, &pointer) {
                Ok(shown) => *title = shown,
                // Of what is no chapter or lesson at all, more is reported already.
                Err(_) if problems.iter().any(|problem| pointer == format!("{}/title", problem.pointer)) => {}
                Err(error) => found.extend_from_slice(error.reasons()),
            }
        }
        warnings.truncate(MAX_WARNINGS);
        let mut import = Self { document, problems, warnings };
        import.add_problems(found);
        import
    }

    /// Adds problems at pointers that have none yet.
    fn add_problems(&mut self, found: Vec<FieldError>) {
        let reported: HashSet<&str> = self.problems.iter().map(|problem| problem.pointer.as_str()).collect();
        let new: Vec<FieldError> =
            found.into_iter().filter(|problem| !reported.contains(problem.pointer.as_str())).collect();
        self.problems.extend(new);
        self.problems.truncate(MAX_PROBLEMS);
    }
}

/// Every text of a document, with its pointer and its format.
fn texts(document: &mut CourseDocument) -> Vec<(String, &mut Option<String>, ContentFormat)> {
    let mut texts = vec![("/course/content".to_owned(), &mut document.content, document.content_format)];
    for (index, chapter) in document.chapters.iter_mut().enumerate() {
        let pointer = format!("{}/content", chapter_pointer(index));
        texts.push((pointer, &mut chapter.content, chapter.content_format));
        for (position, lesson) in chapter.lessons.iter_mut().enumerate() {
            let pointer = format!("{}/content", lesson_pointer(index, position));
            texts.push((pointer, &mut lesson.content, lesson.content_format));
        }
    }
    texts
}

/// Every title of a document, with its pointer.
fn titles(document: &mut CourseDocument) -> Vec<(String, &mut String)> {
    let mut titles = vec![("/course/title".to_owned(), &mut document.title)];
    for (index, chapter) in document.chapters.iter_mut().enumerate() {
        titles.push((format!("{}/title", chapter_pointer(index)), &mut chapter.title));
        for (position, lesson) in chapter.lessons.iter_mut().enumerate() {
            titles.push((format!("{}/title", lesson_pointer(index, position)), &mut lesson.title));
        }
    }
    titles
}

fn chapter_pointer(index: usize) -> String {
    format!("/course/chapters/{index}")
}

fn lesson_pointer(chapter: usize, index: usize) -> String {
    format!("{}/lessons/{index}", chapter_pointer(chapter))
}

/// Checks a document: what its import would create, or everything that prevents it.
///
/// # Errors
/// What the database answers.
pub async fn check_import(tx: &Tx, import: Import) -> Result<ImportCheck> {
    validate(tx, import).await.map(|(check, ..)| check)
}

/// Imports a document as a draft of the caller's, with chapters and lessons published as they are in it. Where anything prevents that,
/// nothing is imported.
///
/// # Errors
/// [`kernel::Code::Forbidden`], [`kernel::Code::ValidationFailed`] with everything that prevents it.
pub async fn import_course(tx: &Tx, import: Import) -> Result<Written<Course>> {
    let (check, document, category_ids) = validate(tx, import).await?;
    if !check.problems.is_empty() {
        return Err(Error::invalid(check.problems));
    }
    let new = NewCourse {
        title: document.title,
        description: document.description,
        content: document.content,
        content_format: document.content_format,
        image_url: document.image_url,
        image_id: None,
        preview_video_url: document.preview_video_url,
        preview_video_asset_id: None,
        duration: document.duration,
        difficulty: document.difficulty,
        price: document.price,
        discount_price: document.discount_price,
        category_ids,
    };
    let id = course::insert(tx, new).await?.value;
    let chapters = drafts(tx, id, document.chapters);
    let rows: Vec<_> = chapters.iter().map(|tree| (&tree.chapter, &tree.body)).collect();
    chapter::store::insert_all(tx, &rows).await?;
    let lessons = chapters.iter().flat_map(|tree| &tree.lessons);
    let rows: Vec<_> = lessons.map(|(lesson, body)| (lesson, body)).collect();
    lesson::store::insert_all(tx, &rows).await?;
    Ok(Written { value: course::by_id(tx, id).await?, warnings: check.warnings })
}

/// The document, the ids of its categories, and everything that prevents the import: what the schema found, and what creating and
/// publishing each part would refuse.
async fn validate(tx: &Tx, mut import: Import) -> Result<(ImportCheck, CourseDocument, Vec<CategoryId>)> {
    let document = &import.document;
    let mut found = Vec::new();
    let lessons = document.chapters.iter().map(|chapter| chapter.lessons.len()).sum();
    if lessons > MAX_LESSONS {
        let detail = format!("At most {MAX_LESSONS} lessons in all, and here are {lessons}.");
        found.push(FieldError::new("/course/chapters", "too_many_lessons", detail));
    }
    // The pictures of an installation without TLS have no https address.
    let own_pictures = tx.link("/images/");
    if let Some(url) = &document.image_url
        && !url.starts_with("https://")
        && !url.starts_with(&own_pictures)
    {
        found.push(FieldError::new("/course/imageUrl", "bad_format", "https only."));
    }
    let prices = Prices { price: document.price, discount_price: document.discount_price };
    if let Err(error) = price::check(prices, None) {
        found.extend(under("/course", error.reasons().to_vec()));
    }
    // Only what can be a slug is looked up: a database may refuse other texts.
    let is_slug = |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let slugs: Vec<&str> = document.categories.iter().map(String::as_str).filter(is_slug).collect();
    let known = category::store::ids_by_slug(tx, &slugs).await?;
    let mut unknown_categories = Vec::new();
    for (index, slug) in document.categories.iter().enumerate() {
        if !known.contains_key(slug) {
            let pointer = format!("/course/categories/{index}");
            found.push(FieldError::new(pointer, "unknown_category", "There is no such category."));
            if !slug.is_empty() {
                unknown_categories.push(slug.clone());
            }
        }
    }
    // The course does not exist yet, and the checks do not look at it.
    let chapters = drafts(tx, CourseId(Uuid::nil()), document.chapters.clone());
    for (index, tree) in chapters.iter().enumerate() {
        found.extend(under(&chapter_pointer(index), unpublishable(tx, tree).await?));
        for (position, (lesson, body)) in tree.lessons.iter().enumerate() {
            if lesson.is_published {
                let reasons = publication::check_lesson(lesson, BodyState::of(tx, body).await?);
                found.extend(under(&lesson_pointer(index, position), reasons));
            }
        }
    }
    import.add_problems(found);
    let check = ImportCheck {
        problems: import.problems,
        warnings: import.warnings,
        chapters: chapters.len(),
        lessons,
        unknown_categories,
    };
    Ok((check, import.document, known.into_values().collect()))
}

/// Everything that prevents the publication of a chapter that is published in the document.
async fn unpublishable(tx: &Tx, tree: &TreeChapter) -> Result<Vec<FieldError>> {
    if !tree.chapter.is_published {
        return Ok(Vec::new());
    }
    let has_published_lesson = tree.lessons.iter().any(|(lesson, _)| lesson.is_published);
    let state = BodyState::of(tx, &tree.body).await?;
    Ok(publication::check_chapter(&tree.chapter, state, has_published_lesson))
}

/// The same reasons, at pointers under this one.
fn under(parent: &str, reasons: Vec<FieldError>) -> impl Iterator<Item = FieldError> {
    reasons
        .into_iter()
        .map(move |reason| FieldError { pointer: format!("{parent}{}", reason.pointer), ..reason })
}

/// The chapters and lessons of a document, as they will be inserted into a course.
fn drafts(tx: &Tx, course_id: CourseId, chapters: Vec<ChapterDocument>) -> Vec<TreeChapter> {
    let chapter = |(position, document): (i64, ChapterDocument)| {
        let body = Body {
            content: document.content,
            content_format: document.content_format,
            video_url: document.video_url,
            video_asset_id: None,
        };
        let chapter = Chapter {
            id: tx.new_id(),
            course_id,
            title: document.title,
            description: chapter::shown(document.description),
            position,
            duration: document.duration,
            has_content: body.has_text(),
            has_video: body.has_video(),
            is_published: document.is_published,
            is_free: document.is_free,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        let lessons = (1..).zip(document.lessons).map(|lesson| draft_lesson(tx, &chapter, lesson));
        TreeChapter { lessons: lessons.collect(), chapter, body }
    };
    (1..).zip(chapters).map(chapter).collect()
}

fn draft_lesson(tx: &Tx, chapter: &Chapter, (position, document): (i64, LessonDocument)) -> (Lesson, Body) {
    let body = Body {
        content: document.content,
        content_format: document.content_format,
        video_url: document.video_url,
        video_asset_id: None,
    };
    let lesson = Lesson {
        id: tx.new_id(),
        course_id: chapter.course_id,
        chapter_id: chapter.id,
        title: document.title,
        description: chapter::shown(document.description),
        position,
        duration: document.duration,
        has_content: body.has_text(),
        has_video: body.has_video(),
        is_published: document.is_published,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    (lesson, body)
}
