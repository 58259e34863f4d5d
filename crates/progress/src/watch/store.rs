//! The rows of `watches`, and how they are packed.

use std::{collections::BTreeMap, sync::Arc};

use database::{Column, MapDbErr, Tx, constraint, from_db, values};
use entity::watches;
use kernel::{ChapterId, Code, CourseId, Error, LessonId, Result, Timestamp, UserId, Uuid};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, Set,
    sea_query::{Expr, OnConflict},
};

use super::{
    model::{Position, UNHEARD, Watch, unpack_spent},
    passes::Passes,
    ranges::Ranges,
};
use crate::Subject;

/// What is known of one user and one video, as it stands in the database.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WatchRecord {
    pub(crate) user_id: UserId,
    pub(crate) course_id: CourseId,
    pub(crate) subject: Subject,
    /// Grows with every write; 0 while the row is not in the database.
    pub(crate) version: i64,
    pub(crate) watch: Watch,
}

#[derive(FromQueryResult)]
struct Row {
    user_id: UserId,
    course_id: CourseId,
    lesson_id: Option<LessonId>,
    subject_id: Uuid,
    version: i64,
    ranges: Vec<u8>,
    spent: Vec<u8>,
    passes: Option<Vec<u8>>,
    first_heard_at: Timestamp,
    last_heard_at: Timestamp,
    watched_seconds: i64,
    watch_time_percent: f64,
    position_seconds: Option<f64>,
    positioned_at: Option<Timestamp>,
    session_id: Option<Uuid>,
}

impl TryFrom<Row> for WatchRecord {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let subject = match row.lesson_id {
            Some(id) => Subject::Lesson(id),
            None => Subject::Chapter(ChapterId(row.subject_id)),
        };
        let position = row.positioned_at.zip(row.position_seconds);
        Ok(Self {
            user_id: row.user_id,
            course_id: row.course_id,
            subject,
            version: row.version,
            watch: Watch {
                claimed: Ranges::unpack(&row.ranges).ok_or_else(unreadable)?,
                first_heard_at: row.first_heard_at,
                last_heard_at: row.last_heard_at,
                watched_seconds: u32::try_from(row.watched_seconds).map_err(|_| unreadable())?,
                percent: row.watch_time_percent,
                position: position.map(|(at, seconds)| Position { at, seconds, session_id: row.session_id }),
                spent: unpack_spent(&row.spent).ok_or_else(unreadable)?,
                passes: Passes::unpack(&row.passes.unwrap_or_default()).ok_or_else(unreadable)?,
            },
        })
    }
}

/// What is wrong with a row whose bytes mean nothing.
pub(crate) fn unreadable() -> Error {
    Error::internal("a row of watches cannot be read")
}

const COLUMNS: &str = "w.user_id, w.course_id, w.lesson_id, w.subject_id, w.version, w.ranges, w.spent, w.passes, \
    w.first_heard_at, w.last_heard_at, w.watched_seconds, w.watch_time_percent, w.position_seconds, w.positioned_at, \
    w.session_id";

/// The record of one user and one lesson or chapter.
pub(crate) async fn find(tx: &Tx, user_id: UserId, subject: Subject) -> Result<Option<WatchRecord>> {
    // Text: a hot read.
    let sql =
        format!("SELECT {COLUMNS} FROM watches w WHERE w.user_id = :user_id AND w.subject_id = :subject_id");
    let row = tx.fetch_optional::<Row>(&sql, values! { user_id, subject_id: subject.id() }).await?;
    row.map(WatchRecord::try_from).transpose()
}

/// All records of one user in one course.
pub(crate) async fn of_course(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Vec<WatchRecord>> {
    // Text: a hot read.
    let sql =
        format!("SELECT {COLUMNS} FROM watches w WHERE w.user_id = :user_id AND w.course_id = :course_id");
    let rows = tx.fetch_all::<Row>(&sql, values! { user_id, course_id }).await?;
    rows.into_iter().map(WatchRecord::try_from).collect()
}

/// The records of these users and lessons or chapters, in one statement.
pub(crate) async fn find_all(tx: &Tx, keys: &[(UserId, Uuid)]) -> Result<Vec<WatchRecord>> {
    // Text: all keys are one value, so that the statement stays prepared whatever their number.
    let rows = if tx.is_postgres() {
        let sql = format!(
            "SELECT {COLUMNS} FROM unnest(:users, :subjects) k (user_id, subject_id) \
             JOIN watches w ON w.user_id = k.user_id AND w.subject_id = k.subject_id"
        );
        let users = keys.iter().map(|(user, _)| Some(user.0)).collect();
        let subjects = keys.iter().map(|(_, subject)| Some(*subject)).collect();
        let columns = [("users", Column::Uuids(users)), ("subjects", Column::Uuids(subjects))];
        tx.fetch_columns::<Row>(&sql, columns).await?
    } else {
        let sql = format!(
            "SELECT {COLUMNS} FROM json_each(:keys) k CROSS JOIN watches w \
             ON w.user_id = unhex(k.value ->> 0) AND w.subject_id = unhex(k.value ->> 1)"
        );
        let keys: Vec<String> = keys
            .iter()
            .map(|(user, subject)| format!(r#"["{}","{}"]"#, user.0.simple(), subject.simple()))
            .collect();
        let keys = format!("[{}]", keys.join(","));
        tx.fetch_all::<Row>(&sql, values! { keys }).await?
    };
    rows.into_iter().map(WatchRecord::try_from).collect()
}

/// Writes records, each over the version before its own; answers with how many were written. Fewer than all means that somebody
/// else has written one of them; the others are written.
///
/// # Errors
/// [`Code::NotFound`] where a user, a lesson or a chapter is gone.
pub(crate) async fn put(tx: &Tx, records: &[Arc<WatchRecord>]) -> Result<u64> {
    let written = if tx.is_postgres() { put_columns(tx, records).await } else { put_rows(tx, records).await };
    written.map_err(refusal)
}

/// Text: PostgreSQL takes columns as arrays, one statement that is prepared once, whatever the number of rows.
async fn put_columns(tx: &Tx, records: &[Arc<WatchRecord>]) -> Result<u64, DbErr> {
    const SQL: &str = "INSERT INTO watches (user_id, course_id, lesson_id, chapter_id, subject_id, version, ranges, spent, passes, \
        first_heard_at, last_heard_at, watched_seconds, watch_time_percent, position_seconds, positioned_at, session_id) \
        SELECT * FROM unnest(:user_id, :course_id, :lesson_id, :chapter_id, :subject_id, :version, :ranges, :spent, :passes, \
        :first_heard_at, :last_heard_at, :watched_seconds, :watch_time_percent, :position_seconds, :positioned_at, :session_id) \
        ON CONFLICT (user_id, subject_id) DO UPDATE SET version = excluded.version, ranges = excluded.ranges, \
        spent = excluded.spent, passes = excluded.passes, first_heard_at = excluded.first_heard_at, last_heard_at = excluded.last_heard_at, \
        watched_seconds = excluded.watched_seconds, watch_time_percent = excluded.watch_time_percent, \
        position_seconds = excluded.position_seconds, positioned_at = excluded.positioned_at, session_id = excluded.session_id \
        WHERE watches.version = excluded.version - 1";
    let uuids =
        |id: fn(&WatchRecord) -> Option<Uuid>| Column::Uuids(records.iter().map(|row| id(row)).collect());
    let integers =
        |number: fn(&WatchRecord) -> i64| Column::Integers(records.iter().map(|row| number(row)).collect());
    let bytes =
        |pack: fn(&Watch) -> Vec<u8>| Column::Bytes(records.iter().map(|row| pack(&row.watch)).collect());
    let reals =
        |real: fn(&Watch) -> Option<f64>| Column::Reals(records.iter().map(|row| real(&row.watch)).collect());
    let times = |time: fn(&Watch) -> Option<Timestamp>| {
        Column::Times(records.iter().map(|row| time(&row.watch)).collect())
    };
    let columns = [
        ("user_id", uuids(|row| Some(row.user_id.0))),
        ("course_id", uuids(|row| Some(row.course_id.0))),
        ("lesson_id", uuids(|row| row.subject.lesson_id().map(Uuid::from))),
        ("chapter_id", uuids(|row| row.subject.chapter_id().map(Uuid::from))),
        ("subject_id", uuids(|row| Some(row.subject.id()))),
        ("version", integers(|row| row.version)),
        ("ranges", bytes(|watch| watch.claimed.pack())),
        ("spent", bytes(Watch::pack_spent)),
        ("passes", bytes(|watch| watch.passes.pack())),
        ("first_heard_at", times(|watch| Some(watch.first_heard_at))),
        ("last_heard_at", times(|watch| Some(watch.last_heard_at))),
        ("watched_seconds", integers(|row| row.watch.watched_seconds.into())),
        ("watch_time_percent", reals(|watch| Some(watch.percent))),
        ("position_seconds", reals(|watch| watch.position.map(|position| position.seconds))),
        ("positioned_at", times(|watch| watch.position.map(|position| position.at))),
        ("session_id", uuids(|row| row.watch.position.and_then(|position| position.session_id))),
    ];
    tx.execute_columns(SQL, columns).await
}

/// How many rows a statement of SQLite carries: powers of two, so that the few statements stay prepared.
const STEPS: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

async fn put_rows(tx: &Tx, mut records: &[Arc<WatchRecord>]) -> Result<u64, DbErr> {
    let mut written = 0;
    for step in STEPS {
        while let Some((chunk, rest)) = records.split_at_checked(step) {
            records = rest;
            let rows = chunk.iter().map(|record| active_model(record));
            let insert = watches::Entity::insert_many(rows).on_conflict(over_the_version_before());
            written += insert.exec_without_returning(tx).await?;
        }
    }
    Ok(written)
}

fn over_the_version_before() -> OnConflict {
    use watches::Column as C;
    let version = Expr::col((watches::Entity, C::Version));
    OnConflict::columns([C::UserId, C::SubjectId])
        .update_columns([
            C::Version,
            C::Ranges,
            C::Spent,
            C::Passes,
            C::FirstHeardAt,
            C::LastHeardAt,
            C::WatchedSeconds,
            C::WatchTimePercent,
            C::PositionSeconds,
            C::PositionedAt,
            C::SessionId,
        ])
        .action_and_where(version.eq(Expr::cust("excluded.version - 1")))
        .to_owned()
}

fn active_model(record: &WatchRecord) -> watches::ActiveModel {
    let (watch, position) = (&record.watch, record.watch.position);
    watches::ActiveModel {
        user_id: Set(record.user_id),
        course_id: Set(record.course_id),
        lesson_id: Set(record.subject.lesson_id()),
        chapter_id: Set(record.subject.chapter_id()),
        subject_id: Set(record.subject.id()),
        version: Set(record.version),
        ranges: Set(watch.claimed.pack()),
        spent: Set(watch.pack_spent()),
        passes: Set(Some(watch.passes.pack())),
        first_heard_at: Set(watch.first_heard_at),
        last_heard_at: Set(watch.last_heard_at),
        watched_seconds: Set(watch.watched_seconds.into()),
        watch_time_percent: Set(watch.percent),
        position_seconds: Set(position.map(|position| position.seconds)),
        positioned_at: Set(position.map(|position| position.at)),
        session_id: Set(position.and_then(|position| position.session_id)),
    }
}

fn refusal(error: DbErr) -> Error {
    // What it refers to was deleted after the caller was let in.
    if constraint(&error).is_some_and(|name| name.starts_with("fk")) {
        Code::NotFound.into()
    } else {
        from_db(error)
    }
}

/// Begins anew: nothing was claimed, and the clock starts with the next heartbeat. One lesson, or everything in a course.
pub(crate) async fn reset(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    lesson_id: Option<LessonId>,
) -> Result<()> {
    let (first_heard_at, last_heard_at) = UNHEARD;
    let update = watches::Entity::update_many()
        .set(watches::ActiveModel {
            ranges: Set(Vec::new()),
            spent: Set(Vec::new()),
            passes: Set(None),
            first_heard_at: Set(first_heard_at),
            last_heard_at: Set(last_heard_at),
            watched_seconds: Set(0),
            watch_time_percent: Set(0.0),
            position_seconds: Set(None),
            positioned_at: Set(None),
            session_id: Set(None),
            ..Default::default()
        })
        .col_expr(watches::Column::Version, watches::COLUMN.version.add(1))
        .filter(watches::COLUMN.user_id.eq(user_id))
        .filter(watches::COLUMN.course_id.eq(course_id))
        .apply_if(lesson_id, |update, LessonId(id)| update.filter(watches::COLUMN.subject_id.eq(id)));
    update.exec(tx).await.map_db_err().map(drop)
}

/// When somebody watched: seconds by quarter of an hour, over everything.
pub(crate) async fn spent(tx: &Tx, user_id: UserId) -> Result<BTreeMap<u32, u32>> {
    let rows: Vec<Vec<u8>> = watches::Entity::find()
        .select_only()
        .column(watches::Column::Spent)
        .filter(watches::COLUMN.user_id.eq(user_id))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    let mut spent: BTreeMap<u32, u32> = BTreeMap::new();
    for bytes in rows {
        for (quarter, seconds) in unpack_spent(&bytes).ok_or_else(unreadable)? {
            let sum = spent.entry(quarter).or_default();
            *sum = sum.saturating_add(seconds);
        }
    }
    Ok(spent)
}
