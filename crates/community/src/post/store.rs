//! The statements about posts and their pictures.

use database::{MapDbErr, Tx, values};
use enrollment::ReadableCourses;
use entity::{enums::PostStatus, post_images, posts};
use kernel::{CourseId, Cursor, FileId, Limit, PostId, Result, UserId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, UpdateMany,
    sea_query::{Expr, Func},
};

use super::{
    model::{Feed, Post, PostText, has_text},
    picture::picture,
};
use crate::{
    counter::store::{self as counters, REACTION_COUNTS},
    person,
};

/// How much higher a pinned post stands in a feed: more than a century of microseconds.
const PIN_OFFSET: i64 = 1 << 52;

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    post: Post,
    image_ids: Option<String>,
}

/// A post with its author, counters and pictures, as `:reader_id` reads it. It is text because of the aggregates in its columns.
fn select(tx: &Tx) -> String {
    let author = person::columns("author_");
    let own_reactions = counters::own_reactions("p.id");
    // Both forms are parsed as a UUID.
    let image_id = if tx.is_postgres() { "CAST(i.file_id AS text)" } else { "lower(hex(i.file_id))" };
    format!(
        "SELECT p.id, p.course_id, {author}, p.title, p.content, p.status, p.is_pinned, p.is_locked, \
         p.feed_key, p.version, p.published_at, p.edited_at, p.created_at, p.updated_at, n.comment_count, \
         {REACTION_COUNTS}, {own_reactions}, \
         (SELECT string_agg({image_id}, ',' ORDER BY i.position) FROM post_images i WHERE i.post_id = p.id) AS image_ids \
         FROM posts p JOIN users u ON u.id = p.author_id JOIN thread_counters n ON n.thread_id = p.id"
    )
}

fn complete(tx: &Tx, Row { post, image_ids }: Row) -> Post {
    // The pictures of a removed post are kept for its restoration.
    let image_ids = image_ids.filter(|_| has_text(post.status)).unwrap_or_default();
    let images = image_ids.split(',').filter_map(|id| id.parse().ok()).map(|id| picture(tx, id)).collect();
    Post { is_mine: tx.actor().user_id() == Some(post.author.id), images, ..post }
}

pub(crate) async fn find(tx: &Tx, id: PostId) -> Result<Option<Post>> {
    // Text, because pictures and own reactions are aggregated in the same statement.
    let sql = format!("{} WHERE p.id = :id", select(tx));
    let values = values! { reader_id: tx.actor().user_id(), id };
    let row: Option<Row> = tx.fetch_optional(&sql, values).await?;
    Ok(row.map(|row| complete(tx, row)))
}

/// The posts of a feed: pinned ones first, then the newest.
pub(crate) async fn list(
    tx: &Tx,
    feed: Feed,
    author_id: Option<UserId>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Post>> {
    // Text, because a feed is read all the time, and each of its pages is one statement.
    let mut sql = select(tx);
    let mut values = values! { reader_id: tx.actor().user_id() }.to_vec();
    match feed {
        Feed::OwnDrafts(course_id) => {
            sql.push_str(" WHERE p.status = 'DRAFT' AND p.author_id = :reader_id");
            if let Some(course_id) = course_id {
                sql.push_str(" AND p.course_id = :course_id");
                values.extend(values! { course_id });
            }
        }
        Feed::Course(course_id) => {
            sql.push_str(" WHERE p.status = 'PUBLISHED' AND p.course_id = :course_id");
            values.extend(values! { course_id });
        }
        Feed::Everywhere(ReadableCourses::All) => sql.push_str(" WHERE p.status = 'PUBLISHED'"),
        Feed::Everywhere(ReadableCourses::These(ids)) if ids.is_empty() => {
            sql.push_str(" WHERE p.status = 'PUBLISHED' AND p.course_id IS NULL");
        }
        Feed::Everywhere(ReadableCourses::These(ids)) => {
            let (any_of, course_ids) = tx.any_of("course_ids", &ids);
            sql.push_str(&format!(
                " WHERE p.status = 'PUBLISHED' AND (p.course_id IS NULL OR p.course_id {any_of})"
            ));
            values.extend(values! { course_ids });
        }
    }
    if let Some(author_id) = author_id {
        sql.push_str(" AND p.author_id = :author_id");
        values.extend(values! { author_id });
    }
    if let Some(after) = after {
        sql.push_str(" AND (p.feed_key, p.id) < (:after_key, :after_id)");
        values.extend(values! { after_key: after.number(), after_id: after.id });
    }
    sql.push_str(&format!(" ORDER BY p.feed_key DESC, p.id DESC LIMIT {}", limit.fetch()));
    let rows: Vec<Row> = tx.fetch_all(&sql, values).await?;
    Ok(rows.into_iter().map(|row| complete(tx, row)).collect())
}

/// Inserts a draft and its counters.
pub(crate) async fn insert(
    tx: &Tx,
    id: PostId,
    author_id: UserId,
    course_id: Option<CourseId>,
    text: PostText,
) -> Result<()> {
    let post = posts::ActiveModel {
        id: Set(id),
        course_id: Set(course_id),
        author_id: Set(author_id),
        title: Set(text.title),
        content: Set(text.content),
        status: Set(PostStatus::Draft),
        is_pinned: Set(false),
        is_locked: Set(false),
        feed_key: Set(tx.now().timestamp_micros()),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let insert = posts::Entity::insert(post);
    insert.exec_without_returning(tx).await.map_db_err()?;
    counters::insert_post(tx, id).await
}

/// Replaces the pictures of a post.
pub(crate) async fn set_images(tx: &Tx, post_id: PostId, file_ids: &[FileId]) -> Result<()> {
    let delete = post_images::Entity::delete_many().filter(post_images::COLUMN.post_id.eq(post_id));
    delete.exec(tx).await.map_db_err()?;
    let rows = (1..).zip(file_ids).map(|(position, file_id)| post_images::ActiveModel {
        post_id: Set(post_id),
        position: Set(position),
        file_id: Set(*file_id),
    });
    let insert = post_images::Entity::insert_many(rows);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// An update of one post, which becomes its next version.
fn update_one(tx: &Tx, id: PostId, change: posts::ActiveModel) -> UpdateMany<posts::Entity> {
    posts::Entity::update_many()
        .set(posts::ActiveModel { updated_at: Set(tx.now()), ..change })
        .col_expr(posts::Column::Version, posts::COLUMN.version.add(1))
        .filter(posts::COLUMN.id.eq(id))
}

/// Writes another text, if the post still has this version; answers whether it has.
pub(crate) async fn update(tx: &Tx, post: &Post, text: PostText) -> Result<bool> {
    let edited_at = if post.status == PostStatus::Draft { post.edited_at } else { Some(tx.now()) };
    let change = posts::ActiveModel {
        title: Set(text.title),
        content: Set(text.content),
        edited_at: Set(edited_at),
        ..Default::default()
    };
    let update = update_one(tx, post.id, change)
        .filter(posts::COLUMN.version.eq(post.version))
        .filter(posts::COLUMN.status.is_in([PostStatus::Draft, PostStatus::Published]));
    Ok(update.exec(tx).await.map_db_err()?.rows_affected == 1)
}

/// Publishes a draft, if it still has this version; answers whether it has.
pub(crate) async fn publish(tx: &Tx, id: PostId, version: i64) -> Result<bool> {
    // Text, because the position in the feed depends on what the row held before.
    let sql = format!(
        "UPDATE posts SET status = 'PUBLISHED', version = version + 1, updated_at = :now, \
         feed_key = CASE WHEN published_at IS NULL THEN :feed_key + CASE WHEN is_pinned THEN {PIN_OFFSET} ELSE 0 END \
         ELSE feed_key END, published_at = coalesce(published_at, :now) \
         WHERE id = :id AND version = :version AND status = 'DRAFT'"
    );
    let values = values! { now: tx.now(), feed_key: tx.now().timestamp_micros(), id, version };
    Ok(tx.execute(&sql, values).await? == 1)
}

/// Makes a published post a draft again.
pub(crate) async fn unpublish(tx: &Tx, id: PostId) -> Result<()> {
    let change = posts::ActiveModel { status: Set(PostStatus::Draft), ..Default::default() };
    let update = update_one(tx, id, change).filter(posts::COLUMN.status.eq(PostStatus::Published));
    update.exec(tx).await.map_db_err().map(drop)
}

pub(crate) async fn set_pinned(tx: &Tx, id: PostId, pinned: bool) -> Result<()> {
    let offset = if pinned { PIN_OFFSET } else { -PIN_OFFSET };
    let change = posts::ActiveModel { is_pinned: Set(pinned), ..Default::default() };
    let update = update_one(tx, id, change)
        .col_expr(posts::Column::FeedKey, posts::COLUMN.feed_key.add(offset))
        .filter(posts::COLUMN.is_pinned.ne(pinned));
    update.exec(tx).await.map_db_err().map(drop)
}

pub(crate) async fn set_locked(tx: &Tx, id: PostId, locked: bool) -> Result<()> {
    let change = posts::ActiveModel { is_locked: Set(locked), ..Default::default() };
    let update = update_one(tx, id, change).filter(posts::COLUMN.is_locked.ne(locked));
    update.exec(tx).await.map_db_err().map(drop)
}

/// Deletes the row, and with it all that refers to it.
pub(crate) async fn delete(tx: &Tx, id: PostId) -> Result<()> {
    posts::Entity::delete_by_id(id).exec(tx).await.map_db_err().map(drop)
}

/// Empties the post, whose row stays for its comments. A post that has comments was published.
pub(crate) async fn clear(tx: &Tx, id: PostId, status: PostStatus) -> Result<()> {
    let change = posts::ActiveModel {
        status: Set(status),
        title: Set(String::new()),
        content: Set(String::new()),
        ..Default::default()
    };
    let dates = [posts::Column::PublishedAt, posts::Column::CreatedAt];
    let published_at = Func::coalesce(dates.map(Expr::column)).into();
    let update = update_one(tx, id, change).col_expr(posts::Column::PublishedAt, published_at);
    update.exec(tx).await.map_db_err().map(drop)
}

/// Restores the text of a removed post.
pub(crate) async fn restore(tx: &Tx, id: PostId, text: PostText) -> Result<()> {
    let change = posts::ActiveModel {
        status: Set(PostStatus::Published),
        title: Set(text.title),
        content: Set(text.content),
        ..Default::default()
    };
    let update = update_one(tx, id, change).filter(posts::COLUMN.status.eq(PostStatus::Removed));
    update.exec(tx).await.map_db_err().map(drop)
}

/// Locks the row of a post until the end of the transaction.
pub(crate) async fn lock(tx: &Tx, id: PostId) -> Result<()> {
    // Text, because SQLite has no FOR UPDATE.
    let sql = format!("SELECT version FROM posts WHERE id = :id{}", tx.for_update());
    tx.fetch_scalar::<i64>(&sql, values! { id }).await.map(drop)
}
