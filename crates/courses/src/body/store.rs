//! The bodies of chapters and lessons: two tables with the same columns behind different keys.

use database::{MapDbErr, Tx, values};
use entity::{chapter_bodies, lesson_bodies};
use kernel::{ChapterId, LessonId, Result};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter};

use super::model::{Body, BodyOwner};

/// The body of a chapter or a lesson.
pub(crate) async fn find(tx: &Tx, owner: BodyOwner) -> Result<Body> {
    match owner {
        BodyOwner::Chapter(chapter_id) => {
            // Text, because every chapter that is read asks for it.
            let sql = "SELECT content, content_format, video_url, video_asset_id FROM chapter_bodies WHERE chapter_id = :chapter_id";
            Ok(tx.fetch_optional(sql, values! { chapter_id }).await?.unwrap_or_default())
        }
        BodyOwner::Lesson(id) => Ok(find_of_lesson(tx, id).await?.1),
    }
}

/// The description of a lesson, and its body.
pub(crate) async fn find_of_lesson(tx: &Tx, lesson_id: LessonId) -> Result<(Option<String>, Body)> {
    #[derive(FromQueryResult)]
    struct Row {
        description: Option<String>,
        #[sea_orm(nested)]
        body: Body,
    }
    // Text, because every lesson that is read asks for it.
    let sql = "SELECT description, content, content_format, video_url, video_asset_id FROM lesson_bodies \
               WHERE lesson_id = :lesson_id";
    let row: Option<Row> = tx.fetch_optional(sql, values! { lesson_id }).await?;
    Ok(row.map_or_else(Default::default, |row| (row.description, row.body)))
}

pub(crate) async fn update_of_chapter(tx: &Tx, id: ChapterId, body: Body) -> Result<()> {
    let Body { content, content_format, video_url, video_asset_id } = body;
    let change = chapter_bodies::ActiveModel {
        content: Set(content),
        content_format: Set(content_format),
        video_url: Set(video_url),
        video_asset_id: Set(video_asset_id),
        ..Default::default()
    };
    let update =
        chapter_bodies::Entity::update_many().set(change).filter(chapter_bodies::COLUMN.chapter_id.eq(id));
    update.exec(tx).await.map_db_err().map(drop)
}

/// The description of a lesson stands beside its body.
pub(crate) async fn update_of_lesson(
    tx: &Tx,
    id: LessonId,
    description: Option<String>,
    body: Body,
) -> Result<()> {
    let Body { content, content_format, video_url, video_asset_id } = body;
    let change = lesson_bodies::ActiveModel {
        description: Set(description),
        content: Set(content),
        content_format: Set(content_format),
        video_url: Set(video_url),
        video_asset_id: Set(video_asset_id),
        ..Default::default()
    };
    let update =
        lesson_bodies::Entity::update_many().set(change).filter(lesson_bodies::COLUMN.lesson_id.eq(id));
    update.exec(tx).await.map_db_err().map(drop)
}
