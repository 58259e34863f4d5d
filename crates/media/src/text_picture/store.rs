//! The rows of `text_pictures`.

use std::collections::HashSet;

use database::{MapDbErr, Tx};
use entity::{
    enums::{FilePurpose, FileStatus},
    files, text_pictures,
};
use kernel::{FileId, Result};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, Set};

use super::model::TextPlace;

pub(super) async fn delete(tx: &Tx, place: TextPlace) -> Result<()> {
    use text_pictures::COLUMN;
    let here = match place {
        TextPlace::Account(id) => Condition::all().add(COLUMN.user_id.eq(id)),
        TextPlace::Course(id) => Condition::all()
            .add(COLUMN.course_id.eq(id))
            .add(COLUMN.chapter_id.is_null())
            .add(COLUMN.lesson_id.is_null()),
        TextPlace::Chapter(course_id, id) => {
            Condition::all().add(COLUMN.course_id.eq(course_id)).add(COLUMN.chapter_id.eq(id))
        }
        TextPlace::Lesson(course_id, id) => {
            Condition::all().add(COLUMN.course_id.eq(course_id)).add(COLUMN.lesson_id.eq(id))
        }
    };
    let delete = text_pictures::Entity::delete_many().filter(here);
    delete.exec(tx).await.map(drop).map_db_err()
}

/// Inserts those whose picture is there.
pub(super) async fn insert(tx: &Tx, pictures: Vec<(TextPlace, FileId)>) -> Result<()> {
    if pictures.is_empty() {
        return Ok(());
    }
    let present: Vec<FileId> = files::Entity::find()
        .select_only()
        .column(files::Column::Id)
        .filter(files::COLUMN.id.is_in(pictures.iter().map(|(_, id)| *id)))
        .filter(files::COLUMN.purpose.eq(FilePurpose::Image))
        .filter(files::COLUMN.status.eq(FileStatus::Ready))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    let present: HashSet<FileId> = present.into_iter().collect();
    let rows: Vec<_> = pictures
        .into_iter()
        .filter(|(_, file_id)| present.contains(file_id))
        .map(|(place, file_id)| row(tx, place, file_id))
        .collect();
    for some in rows.chunks(ROWS_PER_INSERT) {
        let insert = text_pictures::Entity::insert_many(some.to_vec());
        insert.exec_without_returning(tx).await.map_db_err()?;
    }
    Ok(())
}

/// SQLite takes 32,766 values in a statement.
const ROWS_PER_INSERT: usize = 1_000;

fn row(tx: &Tx, place: TextPlace, file_id: FileId) -> text_pictures::ActiveModel {
    let (user_id, course_id, chapter_id, lesson_id) = match place {
        TextPlace::Account(id) => (Some(id), None, None, None),
        TextPlace::Course(id) => (None, Some(id), None, None),
        TextPlace::Chapter(course_id, id) => (None, Some(course_id), Some(id), None),
        TextPlace::Lesson(course_id, id) => (None, Some(course_id), None, Some(id)),
    };
    text_pictures::ActiveModel {
        id: Set(tx.new_id()),
        file_id: Set(file_id),
        user_id: Set(user_id),
        course_id: Set(course_id),
        chapter_id: Set(chapter_id),
        lesson_id: Set(lesson_id),
    }
}
