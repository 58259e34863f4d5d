//! The operations on lessons.

use courses::{Body, LessonChange, NewLesson};
use kernel::{ChapterId, LessonId, Written};

use super::dto::{CreateLesson, Lesson, LessonList, LessonOrder, MoveLesson, PatchLesson};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_lessons,
        create_lesson,
        order_lessons,
        get_lesson,
        update_lesson,
        move_lesson,
        delete_lesson,
        publish_lesson,
        unpublish_lesson
    );
}

fn reply(lesson: Written<(courses::Lesson, Body)>) -> Answer<Lesson> {
    let version = lesson.value.0.version;
    Ok(Reply::ok(&Lesson::from(lesson))?.version(version))
}

/// Create a lesson
///
/// Creates a draft at the end of a chapter, by an editor of the course or an admin.
#[utoipa::path(post, path = "/chapters/{chapter_id}/lessons",
    tag = "lessons", operation_id = "createLesson", security(("bearer" = [])), request_body = CreateLesson,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "list_full"]))),
    responses((status = 201, description = "The draft.", body = Lesson)))]
async fn create_lesson(
    caller: Member,
    Path(chapter_id): Path<ChapterId>,
    key: Idempotency,
    Prose(body): Prose<CreateLesson>,
) -> Answer<Lesson> {
    let new = NewLesson::from(body.value);
    let work = async move |tx| {
        let lesson = courses::create_lesson(&tx, chapter_id, new).await?;
        let (location, version) = (format!("/lessons/{}", lesson.value.0.id), lesson.value.0.version);
        Ok(Reply::created(&location, &Lesson::from(lesson))?.version(version))
    };
    Ok(key.run(&caller, "createLesson", &body.raw, work).await?)
}

/// Get a lesson
///
/// Gives a lesson with what it teaches to whoever may read it: editors, everybody where its chapter is a free preview, and learners with an
/// active grant. A refusal says why.
#[utoipa::path(get, path = "/lessons/{lesson_id}",
    tag = "lessons", operation_id = "getLesson", security((), ("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["unauthenticated", "not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "The lesson.", body = Lesson)))]
async fn get_lesson(caller: Caller, Path(id): Path<LessonId>) -> Answer<Lesson> {
    let lesson = caller.read(async move |tx| enrollment::read_lesson(&tx, id).await).await?;
    caller.state.readings.note_lesson(caller.actor, &lesson);
    let version = lesson.lesson.version;
    Ok(Reply::ok(&Lesson::from(lesson))?.version_and_content(version))
}

/// Update a lesson
///
/// Changes a lesson, for the editors of its course and admins. A published lesson has to stay complete.
#[utoipa::path(patch, path = "/lessons/{lesson_id}",
    tag = "lessons", operation_id = "updateLesson", security(("bearer" = [])), request_body = PatchLesson,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"]))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
async fn update_lesson(
    caller: Member,
    Path(id): Path<LessonId>,
    seen: IfMatch,
    Prose(body): Prose<PatchLesson>,
) -> Answer<Lesson> {
    let change = LessonChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    reply(caller.run(async move |tx| courses::change_lesson(&tx, id, matches, change).await).await?)
}

/// List the lessons of a chapter
///
/// Lists the lessons in their order, without what they teach. Whoever may edit the course also sees drafts.
#[utoipa::path(get, path = "/chapters/{chapter_id}/lessons",
    tag = "lessons", operation_id = "listLessons", security((), ("bearer" = [])),
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-versioned" = json!(true))),
    responses((status = 200, description = "The lessons.", body = LessonList)))]
async fn list_lessons(caller: Caller, Path(chapter_id): Path<ChapterId>) -> Answer<LessonList> {
    let lessons = caller.read(async move |tx| courses::list_lessons(&tx, chapter_id).await).await?;
    let data = lessons.into_iter().map(Into::into).collect();
    Ok(Reply::ok(&LessonList { data })?.content())
}

/// Order the lessons of a chapter
///
/// Sets the order of the lessons. The list names each of them once; anything else is refused with all reasons.
#[utoipa::path(put, path = "/chapters/{chapter_id}/lessons/order",
    tag = "lessons", operation_id = "orderLessons", security(("bearer" = [])), request_body = LessonOrder,
    params(("chapter_id" = Uuid, Path, description = "The chapter's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "The order as it is now.", body = LessonOrder)))]
async fn order_lessons(
    caller: Member,
    Path(chapter_id): Path<ChapterId>,
    body: Json<LessonOrder>,
) -> Answer<LessonOrder> {
    let ids = body.value.lesson_ids;
    let lessons = caller.run(async move |tx| courses::order_lessons(&tx, chapter_id, &ids).await).await?;
    let lesson_ids = lessons.iter().map(|lesson| lesson.id).collect();
    Ok(Reply::ok(&LessonOrder { lesson_ids })?)
}

/// Move a lesson
///
/// Moves a lesson into a chapter of the same course, or to another position in its own. A chapter that has nothing left to show is
/// unpublished, and so is a course without a published chapter.
#[utoipa::path(post, path = "/lessons/{lesson_id}/move",
    tag = "lessons", operation_id = "moveLesson", security(("bearer" = [])), request_body = MoveLesson,
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "list_full"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
async fn move_lesson(caller: Member, Path(id): Path<LessonId>, body: Json<MoveLesson>) -> Answer<Lesson> {
    let MoveLesson { chapter_id, position } = body.value;
    reply(Written::as_sent(
        caller.run(async move |tx| courses::move_lesson(&tx, id, chapter_id, position).await).await?,
    ))
}

/// Delete a lesson
///
/// Deletes a lesson, as long as nobody has learnt from it. A chapter that has nothing left to show is unpublished, and so is a course
/// without a published chapter.
#[utoipa::path(delete, path = "/lessons/{lesson_id}",
    tag = "lessons", operation_id = "deleteLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "course_has_learners"]))),
    responses((status = 204, description = "The lesson is deleted.")))]
async fn delete_lesson(caller: Member, Path(id): Path<LessonId>) -> Answer<Nothing> {
    caller.run(async move |tx| courses::delete_lesson(&tx, id).await).await?;
    Ok(Reply::no_content())
}

/// Publish a lesson
///
/// Shows a lesson to learners. It needs a title, and text or a video. Repeating it changes nothing.
#[utoipa::path(post, path = "/lessons/{lesson_id}/publish",
    tag = "lessons", operation_id = "publishLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "not_publishable"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
async fn publish_lesson(caller: Member, Path(id): Path<LessonId>) -> Answer<Lesson> {
    reply(Written::as_sent(caller.run(async move |tx| courses::publish_lesson(&tx, id).await).await?))
}

/// Unpublish a lesson
///
/// Hides a lesson. A chapter that has nothing left to show is unpublished with it, and so is a course without a published chapter.
/// Repeating it changes nothing.
#[utoipa::path(post, path = "/lessons/{lesson_id}/unpublish",
    tag = "lessons", operation_id = "unpublishLesson", security(("bearer" = [])),
    params(("lesson_id" = Uuid, Path, description = "The lesson's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"])), ("x-versioned" = json!(true))),
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
async fn unpublish_lesson(caller: Member, Path(id): Path<LessonId>) -> Answer<Lesson> {
    reply(Written::as_sent(caller.run(async move |tx| courses::unpublish_lesson(&tx, id).await).await?))
}
