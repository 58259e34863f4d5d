use std::sync::Arc;

use database::{Column, Tx, constraint, from_db};
use kernel::{ChapterId, Code, CourseId, Error, LessonId, Result, Timestamp, UserId, Uuid};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use crate::{
    Subject,
    ranges::Ranges,
    watch::{Position, UNHEARD, Watch, unpack_spent},
};

/// A row of `watches`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) user_id: UserId,
    pub(crate) course_id: CourseId,
    pub(crate) subject: Subject,
    /// 0 while it is not in the database.
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
    first_heard_at: Timestamp,
    last_heard_at: Timestamp,
    watched_seconds: i64,
    watch_time_percent: f64,
    position_seconds: Option<f64>,
    positioned_at: Option<Timestamp>,
    session_id: Option<Uuid>,
}

impl Row {
    fn read(self) -> Result<Stored> {
        let broken = || Error::internal("a row of watches cannot be read");
        let subject = match self.lesson_id {
            Some(id) => Subject::Lesson(id),
            None => Subject::Chapter(ChapterId(self.subject_id)),
        };
        let position = self.positioned_at.zip(self.position_seconds);
        Ok(Stored {
            user_id: self.user_id,
            course_id: self.course_id,
            subject,
            version: self.version,
            watch: Watch {
                claimed: Ranges::unpack(&self.ranges).ok_or_else(broken)?,
                first_heard_at: self.first_heard_at,
                last_heard_at: self.last_heard_at,
                watched_seconds: u32::try_from(self.watched_seconds).map_err(|_| broken())?,
                percent: self.watch_time_percent,
                position: position.map(|(at, seconds)| Position {
                    at,
                    seconds,
                    session_id: self.session_id,
                }),
                spent: unpack_spent(&self.spent).ok_or_else(broken)?,
            },
        })
    }
}

const COLUMNS: &str = "w.user_id, w.course_id, w.lesson_id, w.subject_id, w.version, w.ranges, w.spent, \
    w.first_heard_at, w.last_heard_at, w.watched_seconds, w.watch_time_percent, w.position_seconds, w.positioned_at, \
    w.session_id";

/// The row of one user and subject.
pub(crate) async fn find(tx: &Tx, user_id: UserId, subject_id: Uuid) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM watches w WHERE w.user_id = ? AND w.subject_id = ?");
    let row = tx.one::<Row>(&sql, [user_id.into(), subject_id.into()]).await?;
    row.map(Row::read).transpose()
}

/// Everything of one user in one course.
pub(crate) async fn of_course(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM watches w WHERE w.user_id = ? AND w.course_id = ?");
    let rows = tx.all::<Row>(&sql, [user_id.into(), course_id.into()]).await?;
    rows.into_iter().map(Row::read).collect()
}

/// The rows of these users and subjects, in one statement.
pub(crate) async fn find_all(tx: &Tx, keys: &[(UserId, Uuid)]) -> Result<Vec<Stored>> {
    let rows = if tx.is_postgres() {
        let sql = format!(
            "SELECT {COLUMNS} FROM unnest(:users, :subjects) k (user_id, subject_id) \
             JOIN watches w ON w.user_id = k.user_id AND w.subject_id = k.subject_id"
        );
        let users = keys.iter().map(|(user, _)| Some(user.0)).collect();
        let subjects = keys.iter().map(|(_, subject)| Some(*subject)).collect();
        let columns = [
            ("users", Column::Uuids(users)),
            ("subjects", Column::Uuids(subjects)),
        ];
        tx.fetch_columns::<Row>(&sql, columns).await?
    } else {
        let places = vec!["(?, ?)"; keys.len()].join(", ");
        let sql =
            format!("SELECT {COLUMNS} FROM watches w WHERE (w.user_id, w.subject_id) IN (VALUES {places})");
        let values = keys
            .iter()
            .flat_map(|(user, subject)| [(*user).into(), (*subject).into()]);
        tx.all::<Row>(&sql, values).await?
    };
    rows.into_iter().map(Row::read).collect()
}

const PUT: &str = "INSERT INTO watches (user_id, course_id, lesson_id, chapter_id, subject_id, version, ranges, spent, \
    first_heard_at, last_heard_at, watched_seconds, watch_time_percent, position_seconds, positioned_at, session_id)";

/// Only over the version that was merged into.
const OVER: &str = "ON CONFLICT (user_id, subject_id) DO UPDATE SET version = excluded.version, ranges = excluded.ranges, \
    spent = excluded.spent, first_heard_at = excluded.first_heard_at, last_heard_at = excluded.last_heard_at, \
    watched_seconds = excluded.watched_seconds, watch_time_percent = excluded.watch_time_percent, \
    position_seconds = excluded.position_seconds, positioned_at = excluded.positioned_at, session_id = excluded.session_id \
    WHERE watches.version = excluded.version - 1";

/// Writes rows, each over the version before its own; answers with how many were written. Fewer than all means that somebody
/// else has written one of them; the others are written.
///
/// # Errors
/// [`Code::NotFound`] where a user, a lesson or a chapter is gone.
pub(crate) async fn put(tx: &Tx, rows: &[Arc<Stored>]) -> Result<u64> {
    if tx.is_postgres() {
        put_columns(tx, rows).await
    } else {
        put_values(tx, rows).await
    }
}

/// PostgreSQL takes columns as arrays: one statement, prepared once, whatever the number of rows.
async fn put_columns(tx: &Tx, rows: &[Arc<Stored>]) -> Result<u64> {
    let sql = format!(
        "{PUT} SELECT * FROM unnest(:user_id, :course_id, :lesson_id, :chapter_id, :subject_id, :version, :ranges, :spent, \
         :first_heard_at, :last_heard_at, :watched_seconds, :watch_time_percent, :position_seconds, :positioned_at, \
         :session_id) {OVER}"
    );
    let all = || rows.iter();
    let position = |row: &Arc<Stored>| row.watch.position;
    let columns = [
        (
            "user_id",
            Column::Uuids(all().map(|row| Some(row.user_id.0)).collect()),
        ),
        (
            "course_id",
            Column::Uuids(all().map(|row| Some(row.course_id.0)).collect()),
        ),
        (
            "lesson_id",
            Column::Uuids(all().map(|row| row.subject.lesson_id().map(Uuid::from)).collect()),
        ),
        (
            "chapter_id",
            Column::Uuids(
                all()
                    .map(|row| row.subject.chapter_id().map(Uuid::from))
                    .collect(),
            ),
        ),
        (
            "subject_id",
            Column::Uuids(all().map(|row| Some(row.subject.id())).collect()),
        ),
        (
            "version",
            Column::Integers(all().map(|row| row.version).collect()),
        ),
        (
            "ranges",
            Column::Bytes(all().map(|row| row.watch.claimed.pack()).collect()),
        ),
        (
            "spent",
            Column::Bytes(all().map(|row| row.watch.pack_spent()).collect()),
        ),
        (
            "first_heard_at",
            Column::Times(all().map(|row| Some(row.watch.first_heard_at)).collect()),
        ),
        (
            "last_heard_at",
            Column::Times(all().map(|row| Some(row.watch.last_heard_at)).collect()),
        ),
        (
            "watched_seconds",
            Column::Integers(all().map(|row| row.watch.watched_seconds.into()).collect()),
        ),
        (
            "watch_time_percent",
            Column::Reals(all().map(|row| Some(row.watch.percent)).collect()),
        ),
        (
            "position_seconds",
            Column::Reals(
                all()
                    .map(|row| position(row).map(|position| position.seconds))
                    .collect(),
            ),
        ),
        (
            "positioned_at",
            Column::Times(
                all()
                    .map(|row| position(row).map(|position| position.at))
                    .collect(),
            ),
        ),
        (
            "session_id",
            Column::Uuids(
                all()
                    .map(|row| position(row).and_then(|position| position.session_id))
                    .collect(),
            ),
        ),
    ];
    tx.execute_columns(&sql, columns).await.map_err(refused)
}

/// How many rows a statement of SQLite carries: powers of two, so that the few statements stay prepared.
const STEPS: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

async fn put_values(tx: &Tx, mut rows: &[Arc<Stored>]) -> Result<u64> {
    let mut written = 0;
    for step in STEPS {
        while let Some((chunk, rest)) = rows.split_at_checked(step) {
            rows = rest;
            let places = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; step].join(", ");
            let sql = format!("{PUT} VALUES {places} {OVER}");
            let statement = tx.statement(&sql, chunk.iter().flat_map(|row| values(row)));
            written += tx.execute_raw(statement).await.map_err(refused)?.rows_affected();
        }
    }
    Ok(written)
}

fn values(row: &Stored) -> [Value; 15] {
    let (watch, position) = (&row.watch, row.watch.position);
    [
        row.user_id.into(),
        row.course_id.into(),
        row.subject.lesson_id().into(),
        row.subject.chapter_id().into(),
        row.subject.id().into(),
        row.version.into(),
        watch.claimed.pack().into(),
        watch.pack_spent().into(),
        watch.first_heard_at.into(),
        watch.last_heard_at.into(),
        i64::from(watch.watched_seconds).into(),
        watch.percent.into(),
        position.map(|position| position.seconds).into(),
        position.map(|position| position.at).into(),
        position.and_then(|position| position.session_id).into(),
    ]
}

fn refused(error: DbErr) -> Error {
    // What it refers to was deleted after the caller was let in.
    if constraint(&error).is_some_and(|name| name.starts_with("fk")) {
        Code::NotFound.into()
    } else {
        from_db(error)
    }
}

/// Begins anew: nothing was claimed, and the clock starts with the next heartbeat. One subject, or all of a course.
pub(crate) async fn reset(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    lesson_id: Option<LessonId>,
) -> Result<u64> {
    let one = if lesson_id.is_some() {
        " AND subject_id = ?"
    } else {
        ""
    };
    let sql = format!(
        "UPDATE watches SET version = version + 1, ranges = ?, spent = ?, first_heard_at = ?, last_heard_at = ?, \
         watched_seconds = 0, watch_time_percent = 0, position_seconds = NULL, positioned_at = NULL, session_id = NULL \
         WHERE user_id = ? AND course_id = ?{one}"
    );
    let none: Vec<u8> = Vec::new();
    let ((first, last), user, course) = (UNHEARD, user_id.into(), course_id.into());
    let mut values = vec![
        none.clone().into(),
        none.into(),
        first.into(),
        last.into(),
        user,
        course,
    ];
    values.extend(lesson_id.map(Value::from));
    tx.change(&sql, values).await
}

/// Whether anybody has watched a lesson of this chapter, the chapter itself, or this lesson.
pub(crate) async fn is_watched(tx: &Tx, of: Subject) -> Result<bool> {
    let sql = match of {
        Subject::Lesson(_) => {
            "SELECT count(*) FROM watches WHERE lesson_id = ? AND course_id = \
             (SELECT course_id FROM lessons WHERE id = ?)"
        }
        Subject::Chapter(_) => {
            "SELECT count(*) FROM watches w LEFT JOIN lessons l ON l.id = w.lesson_id \
             WHERE coalesce(l.chapter_id, w.chapter_id) = ? AND w.course_id = (SELECT course_id FROM chapters WHERE id = ?)"
        }
    };
    Ok(tx.count(sql, [of.id().into(), of.id().into()]).await? > 0)
}
