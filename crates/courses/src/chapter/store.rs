//! The chapters, written together with their bodies.

use database::{MapDbErr, Tx};
use entity::{chapter_bodies, chapters};
use kernel::{ChapterId, CourseId, Result};
use media::TextPlace;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    entity::prelude::SelectExt,
};

use super::model::Chapter;
use crate::body::{self, Body};

/// The most rows of one insert: both databases limit how many values a statement has.
const ROWS_PER_INSERT: usize = 100;

pub(crate) async fn find(tx: &Tx, id: ChapterId) -> Result<Option<Chapter>> {
    let chapter = chapters::Entity::find_by_id(id).into_partial_model();
    chapter.one(tx).await.map_db_err()
}

/// The chapters of a course in their order.
pub(super) async fn list_of_course(tx: &Tx, course_id: CourseId) -> Result<Vec<Chapter>> {
    chapters::Entity::find()
        .filter(chapters::COLUMN.course_id.eq(course_id))
        .order_by_asc(chapters::Column::Position)
        .order_by_asc(chapters::Column::Id)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

pub(crate) async fn insert_all(tx: &Tx, chapters: &[(&Chapter, &Body)]) -> Result<()> {
    for some in chapters.chunks(ROWS_PER_INSERT) {
        let rows = some.iter().map(|(chapter, _)| (*chapter).clone().into_active_model());
        let insert = chapters::Entity::insert_many(rows);
        insert.exec_without_returning(tx).await.map_db_err()?;
        let bodies = some.iter().map(|(chapter, body)| chapter_bodies::ActiveModel {
            chapter_id: Set(chapter.id),
            course_id: Set(chapter.course_id),
            content: Set(body.content.clone()),
            content_format: Set(body.content_format),
            video_url: Set(body.video_url.clone()),
            video_asset_id: Set(body.video_asset_id),
        });
        let insert = chapter_bodies::Entity::insert_many(bodies);
        insert.exec_without_returning(tx).await.map_db_err()?;
    }
    let texts = chapters.iter().map(|(chapter, body)| {
        let place = TextPlace::Chapter(chapter.course_id, chapter.id);
        (place, body.content.as_deref())
    });
    media::keep_new_pictures(tx, texts).await
}

pub(super) async fn update(tx: &Tx, chapter: &Chapter, body: Body) -> Result<()> {
    let change = chapters::ActiveModel {
        title: Set(chapter.title.clone()),
        description: Set(chapter.description.clone()),
        duration: Set(chapter.duration),
        is_free: Set(chapter.is_free),
        has_content: Set(chapter.has_content),
        has_video: Set(chapter.has_video),
        version: Set(chapter.version),
        updated_at: Set(chapter.updated_at),
        ..Default::default()
    };
    let update = chapters::Entity::update_many().set(change).filter(chapters::COLUMN.id.eq(chapter.id));
    update.exec(tx).await.map_db_err()?;
    body::store::update_of_chapter(tx, chapter.id, body).await
}

pub(super) async fn set_published(tx: &Tx, id: ChapterId, is_published: bool) -> Result<()> {
    let change = chapters::ActiveModel {
        is_published: Set(is_published),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let update = chapters::Entity::update_many()
        .set(change)
        .col_expr(chapters::Column::Version, chapters::COLUMN.version.add(1))
        .filter(chapters::COLUMN.id.eq(id));
    update.exec(tx).await.map_db_err().map(drop)
}

/// Whether a course has a published chapter.
pub(crate) async fn any_published(tx: &Tx, course_id: CourseId) -> Result<bool> {
    let published = chapters::Entity::find()
        .filter(chapters::COLUMN.course_id.eq(course_id))
        .filter(chapters::COLUMN.is_published.eq(true));
    published.exists(tx).await.map_db_err()
}

/// A foreign key refuses where somebody has learnt from it.
pub(super) async fn delete(tx: &Tx, id: ChapterId) -> Result<(), DbErr> {
    chapters::Entity::delete_by_id(id).exec(tx).await.map(drop)
}
