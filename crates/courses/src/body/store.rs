//! The bodies of chapters and lessons: two tables with the same columns behind different keys.

use database::{MapDbErr, Tx, values};
use entity::{chapter_bodies, lesson_bodies};
use kernel::Result;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::model::{Body, BodyOwner};

/// The body of a chapter or a lesson. It is text because every lesson that is read asks for it.
pub(crate) async fn find(tx: &Tx, owner: BodyOwner) -> Result<Body> {
    let body = match owner {
        BodyOwner::Chapter(chapter_id) => {
            let sql = "SELECT content, content_format, video_url, video_asset_id FROM chapter_bodies WHERE chapter_id = :chapter_id";
            tx.fetch_optional(sql, values! { chapter_id }).await?
        }
        BodyOwner::Lesson(lesson_id) => {
            let sql = "SELECT content, content_format, video_url, video_asset_id FROM lesson_bodies WHERE lesson_id = :lesson_id";
            tx.fetch_optional(sql, values! { lesson_id }).await?
        }
    };
    Ok(body.unwrap_or_default())
}

pub(crate) async fn update(tx: &Tx, owner: BodyOwner, body: Body) -> Result<()> {
    let Body { content, content_format, video_url, video_asset_id } = body;
    let done = match owner {
        BodyOwner::Chapter(chapter_id) => {
            let change = chapter_bodies::ActiveModel {
                content: Set(content),
                content_format: Set(content_format),
                video_url: Set(video_url),
                video_asset_id: Set(video_asset_id),
                ..Default::default()
            };
            chapter_bodies::Entity::update_many()
                .set(change)
                .filter(chapter_bodies::COLUMN.chapter_id.eq(chapter_id))
                .exec(tx)
                .await
        }
        BodyOwner::Lesson(lesson_id) => {
            let change = lesson_bodies::ActiveModel {
                content: Set(content),
                content_format: Set(content_format),
                video_url: Set(video_url),
                video_asset_id: Set(video_asset_id),
                ..Default::default()
            };
            lesson_bodies::Entity::update_many()
                .set(change)
                .filter(lesson_bodies::COLUMN.lesson_id.eq(lesson_id))
                .exec(tx)
                .await
        }
    };
    done.map_db_err().map(drop)
}
