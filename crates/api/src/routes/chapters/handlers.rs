//! The operations on chapters.

use courses::{Body, ChapterChange, NewChapter};
use kernel::{ChapterId, CourseId, Written};

use super::dto::{Chapter, ChapterList, ChapterOrder, ChapterWithAccess, CreateChapter, PatchChapter};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_chapters,
        create_chapter,
        order_chapters,
        get_chapter,
        update_chapter,
        delete_chapter,
        publish_chapter,
        unpublish_chapter
    );
}

fn reply(chapter: Written<(courses::Chapter, Body)>) -> Answer<Chapter> {
    let version = chapter.value.0.version;
    Ok(Reply::ok(&Chapter::from(chapter))?.version(version))
}

/// Create a chapter
///
/// Creates a draft at the end of a course, by an editor of the course or an admin.
#[utoipa::path(post, path = "/courses/{course_id}/chapters",
    tag = "chapters", operation_id = "createChapter", security(("bearer" = [])), request_body = CreateChapter,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "list_full"]))),
    responses((status = 201, description = "The draft.", body = Chapter)))]
async fn create_chapter(
    caller: Member,
    Path(course_id): Path<CourseId>,
    key: Idempotency,
    Prose(body): Prose<CreateChapter>,
) -> Answer<Chapter> {
    let new = NewChapter::from(body.value);
    let work = async move |tx| {
        let chapter = courses::create_chapter(&tx, course_id, new).await?;
        let (location, version) = (format!("/chapters/{}", chapter.value.0.id), chapter.value.0.version);
        Ok(Reply::created(&location, &Chapter::from(chapter))?.version(version))
    };
    Ok(key.run(&caller, "createChapter", &body.raw, work).await?)
}

/// Get a chapter
///
/// Gives a chapter with what it teaches of its own to whoever may read it: editors, everybody where it is a free preview, and learners with
/// an active grant. A refusal says why.
#[utoipa::path(get, path = "/chapters/{chapter_id}",
    tag = "chapters", operation_id = "getChapter", security((), ("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The chapter.", body = ChapterWithAccess)))]
async fn get_chapter(caller: Caller, Path(id): Path<ChapterId>) -> Answer<ChapterWithAccess> {
    let work = async move |tx| enrollment::read_chapter(&tx, id).await;
    let readable = caller.read(work).await?;
    caller.state.readings.note_chapter(caller.actor, &readable);
    let version = readable.chapter.version;
    Ok(Reply::ok(&ChapterWithAccess::from(readable))?.version_and_content(version))
}

/// List the chapters of a course
///
/// Lists the chapters in their order, each with the outline of its lessons and without what they teach. Whoever may edit the course also
/// sees drafts.
#[utoipa::path(get, path = "/courses/{course_id}/chapters",
    tag = "chapters", operation_id = "listChapters", security((), ("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The chapters.", body = ChapterList)))]
async fn list_chapters(caller: Caller, Path(course_id): Path<CourseId>) -> Answer<ChapterList> {
    let work = async move |tx| courses::course(&tx, &course_id.to_string()).await;
    let chapters = caller.read(work).await?.outline.chapters;
    let data = chapters.into_iter().map(Into::into).collect();
    Ok(Reply::ok(&ChapterList { data })?.content())
}

/// Order the chapters of a course
///
/// Sets the order of the chapters. The list names each of them once; anything else is refused with all reasons.
#[utoipa::path(put, path = "/courses/{course_id}/chapters/order",
    tag = "chapters", operation_id = "orderChapters", security(("bearer" = [])), request_body = ChapterOrder,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The order as it is now.", body = ChapterOrder)))]
async fn order_chapters(
    caller: Member,
    Path(course_id): Path<CourseId>,
    body: Json<ChapterOrder>,
) -> Answer<ChapterOrder> {
    let ids = body.value.chapter_ids;
    let chapters = caller.run(async move |tx| courses::order_chapters(&tx, course_id, &ids).await).await?;
    let chapter_ids = chapters.iter().map(|chapter| chapter.id).collect();
    Ok(Reply::ok(&ChapterOrder { chapter_ids })?)
}

/// Delete a chapter
///
/// Deletes a chapter with its lessons, as long as nobody has learnt from it. A course without a published chapter is unpublished.
#[utoipa::path(delete, path = "/chapters/{chapter_id}",
    tag = "chapters", operation_id = "deleteChapter", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "course_has_learners"]))),
    responses((status = 204, description = "The chapter is deleted.")))]
async fn delete_chapter(caller: Member, Path(id): Path<ChapterId>) -> Answer<Nothing> {
    caller.run(async move |tx| courses::delete_chapter(&tx, id).await).await?;
    Ok(Reply::no_content())
}

/// Update a chapter
///
/// Changes a chapter, for the editors of its course and admins. A published chapter has to stay complete.
#[utoipa::path(patch, path = "/chapters/{chapter_id}",
    tag = "chapters", operation_id = "updateChapter", security(("bearer" = [])), request_body = PatchChapter,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"]))),
    responses((status = 200, description = "The chapter as it is now.", body = Chapter)))]
async fn update_chapter(
    caller: Member,
    Path(id): Path<ChapterId>,
    seen: IfMatch,
    Prose(body): Prose<PatchChapter>,
) -> Answer<Chapter> {
    let change = ChapterChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    reply(caller.run(async move |tx| courses::change_chapter(&tx, id, matches, change).await).await?)
}

/// Publish a chapter
///
/// Shows a chapter to learners. It needs a title, and a published lesson, or text or a video of its own. Repeating it changes nothing.
#[utoipa::path(post, path = "/chapters/{chapter_id}/publish",
    tag = "chapters", operation_id = "publishChapter", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The chapter as it is now.", body = Chapter)))]
async fn publish_chapter(caller: Member, Path(id): Path<ChapterId>) -> Answer<Chapter> {
    reply(Written::as_sent(caller.run(async move |tx| courses::publish_chapter(&tx, id).await).await?))
}

/// Unpublish a chapter
///
/// Hides a chapter. A course without a published chapter is unpublished with it. Repeating it changes nothing.
#[utoipa::path(post, path = "/chapters/{chapter_id}/unpublish",
    tag = "chapters", operation_id = "unpublishChapter", security(("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The chapter as it is now.", body = Chapter)))]
async fn unpublish_chapter(caller: Member, Path(id): Path<ChapterId>) -> Answer<Chapter> {
    reply(Written::as_sent(caller.run(async move |tx| courses::unpublish_chapter(&tx, id).await).await?))
}
