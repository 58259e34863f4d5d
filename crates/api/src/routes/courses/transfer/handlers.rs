//! The operations on documents of courses.

use actix_web::{Either, http::header};
use courses::Import;
use kernel::{CourseId, Error, Result};
use media::{Disposition, content_disposition};
use tokio::sync::Semaphore;

use super::{
    super::dto::{Course, created},
    dto::{CourseDocument, ImportQuery, ImportReport},
    reading,
};
use crate::http::{
    extract::{Document, Judged},
    prelude::*,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, export_course, import_course);
}

/// Sanitising the texts of a large document keeps a core busy: one document at a time leaves the other cores to everybody else.
static SANITISING: Semaphore = Semaphore::const_new(1);

/// Reads and sanitises a document, away from the threads that serve requests.
async fn prepare(state: &State, document: Judged<CourseDocument>) -> Result<Import> {
    let permit = SANITISING.acquire().await.map_err(Error::internal)?;
    let environment = state.db.environment().clone();
    let work = move || {
        let (document, problems) = reading::read(document);
        let import = Import::new(document, problems, environment.players());
        drop(permit);
        import
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// Export a course
///
/// Gives everything that the editors of a course wrote, drafts included, as one document that `importCourse` takes, here or at another
/// installation. It leaves out what only this installation knows: ids, learners, attachments, uploaded pictures and videos. `imageUrl` of
/// an uploaded picture is its address here. A lesson or chapter that taught by an uploaded video alone is not published in the document,
/// since nothing would be left of it.
#[utoipa::path(get, path = "/courses/{course_id}/export",
    tag = "courses", operation_id = "exportCourse", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true)), ("x-file" = json!(true))),
    responses((status = 200, description = "The document.", body = CourseDocument)))]
async fn export_course(caller: Member, Path(id): Path<CourseId>) -> Answer<CourseDocument> {
    let work = async move |tx| courses::export_course(&tx, id).await;
    let courses::CourseExport { slug, document } = caller.read(work).await?;
    let today = caller.state.db.environment().now().date_naive();
    let name = content_disposition(Disposition::Attachment, &format!("{slug}-{today}.palestra.json"));
    Ok(Reply::ok(&CourseDocument::from(document))?.header(header::CONTENT_DISPOSITION, name).content())
}

/// Import a course
///
/// Creates a draft of the caller's, a trainer or an admin, from the document of an export, with chapters and lessons published as they
/// are in the document; all of it or nothing. A document has at most 500 chapters, 500 lessons in a chapter and 2,000 lessons in all, and
/// by default 4 MiB. It is refused with all reasons at once (a thousand at most): those of its schema, unknown categories, prices that are
/// not acceptable, and whatever is published in it without anything to teach.
///
/// With `dryRun=true` nothing is written and no document is refused for its contents: the answer is 200, and lists everything that
/// prevents the import, and what would be left out of its texts.
#[utoipa::path(post, path = "/course-imports",
    tag = "courses", operation_id = "importCourse", security(("bearer" = [])), params(ImportQuery),
    request_body = CourseDocument, extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "What the import would create, or what prevents it.", body = ImportReport),
        (status = 201, description = "The draft.", body = Course)))]
async fn import_course(
    caller: Trainer,
    Query(query): Query<ImportQuery>,
    key: Idempotency,
    body: Document<CourseDocument>,
) -> Result<Either<Reply<ImportReport>, Reply<Course>>, Problem> {
    let import = prepare(&caller.state, body.value).await?;
    if query.dry_run {
        let work = async move |tx| courses::check_import(&tx, import).await;
        let check = caller.read(work).await?;
        return Ok(Either::Left(Reply::ok(&ImportReport::from(check))?));
    }
    let work = async move |tx| created(courses::import_course(&tx, import).await?);
    let reply = key.run(&caller, "importCourse", &body.raw, work);
    Ok(Either::Right(reply.await?))
}
