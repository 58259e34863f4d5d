//! A course as one document: out of one installation and into another. It holds what an author wrote and nothing that only
//! this installation knows, such as ids, uploaded pictures and videos.

use std::collections::HashSet;

use database::Tx;
use entity::enums::Level;
use kernel::{CategoryId, CourseId, Error, FieldError, Money, Result, Uuid};

use crate::{
    Body, Chapter, Course, CourseTree, Lesson, NewCourse, TreeChapter, course,
    publish::{self, Teaches},
    rich_text, store, tree,
};

/// Lessons in one document. How many children one parent has at most is a bound of the document's schema.
const MOST_LESSONS: usize = 2_000;

/// Problems that are told of one document.
const MOST_PROBLEMS: usize = 1_000;

/// A course without anything that only its installation knows.
#[derive(Clone, Debug, Default)]
pub struct CourseDocument {
    /// See [`Course::title`].
    pub title: String,
    /// See [`Course::description`].
    pub description: String,
    /// See [`Course::content`].
    pub content: Option<String>,
    /// See [`Course::picture_url`].
    pub image_url: Option<String>,
    /// See [`Course::preview_video_url`].
    pub preview_video_url: Option<String>,
    /// See [`Course::duration`].
    pub duration: Option<i64>,
    /// See [`Course::difficulty`].
    pub difficulty: Level,
    /// See [`Course::price`].
    pub price: Option<Money>,
    /// See [`Course::discount_price`].
    pub discount_price: Option<Money>,
    /// The slugs of the shelves it stands on.
    pub categories: Vec<String>,
    /// Its chapters in their order.
    pub chapters: Vec<ChapterDocument>,
}

/// A chapter of a [`CourseDocument`].
#[derive(Clone, Debug, Default)]
pub struct ChapterDocument {
    /// See [`Chapter::title`].
    pub title: String,
    /// See [`Chapter::description`].
    pub description: Option<String>,
    /// See [`Body::content`].
    pub content: Option<String>,
    /// See [`Body::video_url`].
    pub video_url: Option<String>,
    /// See [`Chapter::duration`].
    pub duration: Option<i64>,
    /// See [`Chapter::is_free`].
    pub is_free: bool,
    /// See [`Chapter::is_published`].
    pub is_published: bool,
    /// Its lessons in their order.
    pub lessons: Vec<LessonDocument>,
}

/// A lesson of a [`ChapterDocument`].
#[derive(Clone, Debug, Default)]
pub struct LessonDocument {
    /// See [`Lesson::title`].
    pub title: String,
    /// See [`Lesson::description`].
    pub description: Option<String>,
    /// See [`Body::content`].
    pub content: Option<String>,
    /// See [`Body::video_url`].
    pub video_url: Option<String>,
    /// See [`Lesson::duration`].
    pub duration: Option<i64>,
    /// See [`Lesson::is_published`].
    pub is_published: bool,
}

/// A course that was written into a document.
#[derive(Clone, Debug)]
pub struct CourseExport {
    /// The course's address, to name the document after.
    pub slug: String,
    /// The document.
    pub document: CourseDocument,
}

/// A document that is to be imported, its texts clean.
#[derive(Clone, Debug)]
pub struct Import {
    document: CourseDocument,
    problems: Vec<FieldError>,
}

/// What an import would do, or why it would not.
#[derive(Clone, Debug)]
pub struct ImportCheck {
    /// Everything that stands in the way; empty where nothing does.
    pub problems: Vec<FieldError>,
    /// Chapters in the document.
    pub chapters: usize,
    /// Lessons in the document.
    pub lessons: usize,
    /// Slugs that no category has.
    pub unknown_categories: Vec<String>,
}

impl Import {
    /// Cleans the texts of a document. That keeps a core busy as long as they are large: it is nothing for a transaction, nor
    /// for a thread that others wait for. `problems` are what its form already has; of a document that has some, as much is
    /// here as could be read.
    #[must_use]
    pub fn new(mut document: CourseDocument, problems: Vec<FieldError>) -> Self {
        let mut found = Vec::new();
        for (pointer, text) in texts(&mut document) {
            let Some(html) = text.take() else { continue };
            let clean = if fits(&html) {
                rich_text::sanitise(Some(html))
            } else {
                Some(html)
            };
            if let Err(error) =
                rich_text::within(clean.as_deref().unwrap_or_default(), rich_text::LONGEST, &pointer)
            {
                found.extend_from_slice(error.reasons());
            }
            *text = clean;
        }
        let mut import = Self { document, problems };
        import.add(found);
        import
    }

    /// A place that has its reason gets no second one.
    fn add(&mut self, found: Vec<FieldError>) {
        let told: HashSet<&str> = self
            .problems
            .iter()
            .map(|problem| problem.pointer.as_str())
            .collect();
        let new: Vec<FieldError> = found
            .into_iter()
            .filter(|problem| !told.contains(problem.pointer.as_str()))
            .collect();
        self.problems.extend(new);
        self.problems.truncate(MOST_PROBLEMS);
    }
}

/// Everything in a document that is HTML, and where.
fn texts(document: &mut CourseDocument) -> Vec<(String, &mut Option<String>)> {
    let mut texts = vec![("/course/content".to_owned(), &mut document.content)];
    for (index, chapter) in document.chapters.iter_mut().enumerate() {
        texts.push((format!("{}/content", of_chapter(index)), &mut chapter.content));
        for (place, lesson) in chapter.lessons.iter_mut().enumerate() {
            texts.push((
                format!("{}/content", of_lesson(index, place)),
                &mut lesson.content,
            ));
        }
    }
    texts
}

fn of_chapter(index: usize) -> String {
    format!("/course/chapters/{index}")
}

fn of_lesson(chapter: usize, index: usize) -> String {
    format!("{}/lessons/{index}", of_chapter(chapter))
}

fn fits(text: &str) -> bool {
    text.chars().nth(rich_text::LONGEST).is_none()
}

/// Writes a course into a document: for whoever may edit it.
///
/// # Errors
/// [`kernel::Code::NotFound`], [`kernel::Code::Forbidden`].
pub async fn export_course(tx: &Tx, id: CourseId) -> Result<CourseExport> {
    let CourseTree { course, chapters } = tree::course_tree(tx, id).await?;
    let document = CourseDocument {
        title: course.title,
        description: course.description,
        content: course.content,
        image_url: course.picture_url,
        preview_video_url: course.preview_video_url,
        duration: course.duration,
        difficulty: course.difficulty,
        price: course.price,
        discount_price: course.discount_price,
        categories: course
            .categories
            .into_iter()
            .map(|category| category.slug)
            .collect(),
        chapters: chapters.into_iter().map(Into::into).collect(),
    };
    Ok(CourseExport {
        slug: course.slug,
        document,
    })
}

/// What taught by an uploaded video alone has nothing left to be published with, nor has a chapter of nothing else.
impl From<TreeChapter> for ChapterDocument {
    fn from(tree: TreeChapter) -> Self {
        let TreeChapter {
            chapter,
            body,
            lessons,
        } = tree;
        let lessons: Vec<LessonDocument> = lessons.into_iter().map(Into::into).collect();
        let complete = teaches(&body) || lessons.iter().any(|lesson| lesson.is_published);
        Self {
            title: chapter.title,
            description: chapter.description,
            content: body.content,
            video_url: body.video_url,
            duration: chapter.duration,
            is_free: chapter.is_free,
            is_published: chapter.is_published && complete,
            lessons,
        }
    }
}

impl From<(Lesson, Body)> for LessonDocument {
    fn from((lesson, body): (Lesson, Body)) -> Self {
        Self {
            is_published: lesson.is_published && teaches(&body),
            title: lesson.title,
            description: lesson.description,
            content: body.content,
            video_url: body.video_url,
            duration: lesson.duration,
        }
    }
}

/// Whether there is something to learn from without what was uploaded here.
fn teaches(body: &Body) -> bool {
    body.content.is_some() || body.video_url.is_some()
}

/// Says what an import would do, with everything that stands in its way.
///
/// # Errors
/// What the database answers.
pub async fn check_import(tx: &Tx, import: Import) -> Result<ImportCheck> {
    judge(tx, import).await.map(|(check, ..)| check)
}

/// Makes a draft of the caller's from a document, with chapters and lessons as published as they are there: all of it, or
/// nothing where something stands in the way.
///
/// # Errors
/// [`kernel::Code::Forbidden`], [`kernel::Code::ValidationFailed`] with everything that stands in the way.
pub async fn import_course(tx: &Tx, import: Import) -> Result<Course> {
    let (check, document, category_ids) = judge(tx, import).await?;
    if !check.problems.is_empty() {
        return Err(Error::invalid(check.problems));
    }
    let new = NewCourse {
        title: document.title,
        description: document.description,
        content: document.content,
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
    let id = course::insert(tx, new).await?;
    let chapters = planned(tx, id, document.chapters);
    let rows: Vec<_> = chapters.iter().map(|tree| (&tree.chapter, &tree.body)).collect();
    store::chapter::insert_all(tx, id, &rows).await?;
    let lessons = chapters.iter().flat_map(|tree| &tree.lessons);
    let rows: Vec<_> = lessons.map(|(lesson, body)| (lesson, body)).collect();
    store::lesson::insert_all(tx, id, &rows).await?;
    course::by_id(tx, id).await
}

/// The document, the ids of its categories, and everything that stands in its way: what its form has, and what the making
/// and the publishing of each part would refuse.
async fn judge(tx: &Tx, mut import: Import) -> Result<(ImportCheck, CourseDocument, Vec<CategoryId>)> {
    let document = &import.document;
    let mut found = Vec::new();
    let lessons = document
        .chapters
        .iter()
        .map(|chapter| chapter.lessons.len())
        .sum();
    if lessons > MOST_LESSONS {
        let detail = format!("At most {MOST_LESSONS} lessons in all, and here are {lessons}.");
        found.push(FieldError::new("/course/chapters", "too_many_lessons", detail));
    }
    // Where this installation is reached without TLS, its own pictures are too.
    let ours = tx.link("/images/");
    if let Some(url) = &document.image_url
        && !url.starts_with("https://")
        && !url.starts_with(&ours)
    {
        found.push(FieldError::new("/course/imageUrl", "bad_format", "https only."));
    }
    if let Err(error) = course::check_price(document.price, document.discount_price) {
        found.extend(at("/course", error.reasons().to_vec()));
    }
    // What no slug can be is not asked for: a database may not even read it.
    let is_slug = |text: &&str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let slugs: Vec<&str> = document
        .categories
        .iter()
        .map(String::as_str)
        .filter(is_slug)
        .collect();
    let known = store::category::by_slugs(tx, &slugs).await?;
    let mut unknown_categories = Vec::new();
    for (index, slug) in document.categories.iter().enumerate() {
        if !known.contains_key(slug) {
            let pointer = format!("/course/categories/{index}");
            found.push(FieldError::new(
                pointer,
                "unknown_category",
                "There is no such category.",
            ));
            if !slug.is_empty() {
                unknown_categories.push(slug.clone());
            }
        }
    }
    // The course they will belong to is not there yet, and nothing here looks at it.
    let chapters = planned(tx, CourseId(Uuid::nil()), document.chapters.clone());
    for (index, tree) in chapters.iter().enumerate() {
        found.extend(at(&of_chapter(index), unpublishable(tx, tree).await?));
        for (place, (lesson, body)) in tree.lessons.iter().enumerate() {
            if lesson.is_published {
                let reasons = publish::lesson(lesson, Teaches::of(tx, body).await?);
                found.extend(at(&of_lesson(index, place), reasons));
            }
        }
    }
    import.add(found);
    let check = ImportCheck {
        problems: import.problems,
        chapters: chapters.len(),
        lessons,
        unknown_categories,
    };
    Ok((check, import.document, known.into_values().collect()))
}

/// What stands between a chapter that wants to be published and its publication.
async fn unpublishable(tx: &Tx, tree: &TreeChapter) -> Result<Vec<FieldError>> {
    if !tree.chapter.is_published {
        return Ok(Vec::new());
    }
    let published = tree.lessons.iter().any(|(lesson, _)| lesson.is_published);
    let teaches = Teaches::of(tx, &tree.body).await?;
    Ok(publish::chapter(&tree.chapter, teaches, i64::from(published)))
}

/// The same reasons at their places in the document.
fn at(place: &str, reasons: Vec<FieldError>) -> impl Iterator<Item = FieldError> {
    reasons.into_iter().map(move |reason| FieldError {
        pointer: format!("{place}{}", reason.pointer),
        ..reason
    })
}

/// The chapters and lessons of a document as they are written into a course.
fn planned(tx: &Tx, course_id: CourseId, chapters: Vec<ChapterDocument>) -> Vec<TreeChapter> {
    let chapter = |(position, document): (i64, ChapterDocument)| {
        let body = Body {
            content: document.content,
            video_url: document.video_url,
            video_asset_id: None,
        };
        let chapter = Chapter {
            id: tx.new_id(),
            course_id,
            title: document.title.trim().to_owned(),
            description: document.description,
            position,
            duration: document.duration,
            has_content: body.content.is_some(),
            has_video: body.has_video(),
            is_published: document.is_published,
            is_free: document.is_free,
            version: 1,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        let lessons = (1..)
            .zip(document.lessons)
            .map(|lesson| planned_lesson(tx, &chapter, lesson));
        TreeChapter {
            lessons: lessons.collect(),
            chapter,
            body,
        }
    };
    (1..).zip(chapters).map(chapter).collect()
}

fn planned_lesson(tx: &Tx, chapter: &Chapter, (position, document): (i64, LessonDocument)) -> (Lesson, Body) {
    let body = Body {
        content: document.content,
        video_url: document.video_url,
        video_asset_id: None,
    };
    let lesson = Lesson {
        id: tx.new_id(),
        course_id: chapter.course_id,
        chapter_id: chapter.id,
        title: document.title.trim().to_owned(),
        description: document.description,
        position,
        duration: document.duration,
        has_content: body.content.is_some(),
        has_video: body.has_video(),
        is_published: document.is_published,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    (lesson, body)
}
