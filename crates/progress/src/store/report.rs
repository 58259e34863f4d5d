//! What is read across lessons, courses and learners.

use std::collections::{BTreeMap, HashMap};

use database::{MapDbErr, Tx};
use kernel::{ChapterId, CourseId, Error, LessonId, Result, Timestamp, UserId, Uuid};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::{
    overview::WatchState,
    ranges::Ranges,
    watch::{Position, unpack_spent},
};

fn marks<I>(ids: &[I]) -> String {
    vec!["?"; ids.len()].join(", ")
}

fn ids<I: Copy + Into<Value>>(ids: &[I]) -> impl Iterator<Item = Value> {
    ids.iter().map(|id| (*id).into())
}

/// A lesson or a chapter that somebody has completed.
#[derive(FromQueryResult)]
pub(crate) struct Done {
    pub(crate) user_id: UserId,
    pub(crate) lesson_id: Option<LessonId>,
    pub(crate) chapter_id: Option<ChapterId>,
}

/// Everything that these users have completed in these courses.
pub(crate) async fn done(tx: &Tx, users: &[UserId], courses: &[CourseId]) -> Result<Vec<Done>> {
    if users.is_empty() || courses.is_empty() {
        return Ok(Vec::new());
    }
    let uuid = if tx.is_postgres() { "uuid" } else { "blob" };
    let which = format!(
        "user_id IN ({}) AND course_id IN ({}) AND is_completed",
        marks(users),
        marks(courses)
    );
    let sql = format!(
        "SELECT user_id, lesson_id, CAST(NULL AS {uuid}) AS chapter_id FROM lesson_progress WHERE {which} UNION ALL \
         SELECT user_id, CAST(NULL AS {uuid}), chapter_id FROM chapter_progress WHERE {which}"
    );
    let values = || ids(users).chain(ids(courses));
    tx.all(&sql, values().chain(values())).await
}

#[derive(FromQueryResult)]
struct Active {
    course_id: CourseId,
    at: Timestamp,
}

const ACTIVE: &str = "SELECT course_id, max(at) AS at FROM (\
    SELECT course_id, last_heard_at AS at FROM watches WHERE user_id = ? AND last_heard_at >= first_heard_at UNION ALL \
    SELECT course_id, completed_at FROM lesson_progress WHERE user_id = ? AND is_completed UNION ALL \
    SELECT course_id, completed_at FROM chapter_progress WHERE user_id = ? AND is_completed) activity";

/// When a video was last heard of: never, where a trainer had it begin anew ([`crate::watch::UNHEARD`]).
const HEARD: &str = "CASE WHEN last_heard_at >= first_heard_at THEN last_heard_at END";

/// When somebody last did something in each of these courses.
pub(crate) async fn active(
    tx: &Tx,
    user_id: UserId,
    courses: &[CourseId],
) -> Result<HashMap<CourseId, Timestamp>> {
    if courses.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "{ACTIVE} WHERE course_id IN ({}) GROUP BY course_id",
        marks(courses)
    );
    let rows: Vec<Active> = tx.all(&sql, ids(&[user_id; 3]).chain(ids(courses))).await?;
    Ok(rows.into_iter().map(|row| (row.course_id, row.at)).collect())
}

/// The hundred courses in which somebody did something last, the latest first.
pub(crate) async fn latest(tx: &Tx, user_id: UserId) -> Result<Vec<(CourseId, Timestamp)>> {
    let sql = format!("{ACTIVE} GROUP BY course_id ORDER BY max(at) DESC, course_id LIMIT 100");
    let rows: Vec<Active> = tx.all(&sql, ids(&[user_id; 3])).await?;
    Ok(rows.into_iter().map(|row| (row.course_id, row.at)).collect())
}

/// What somebody watched of a lesson or a chapter, in short.
#[derive(FromQueryResult)]
pub(crate) struct Watched {
    pub(crate) course_id: CourseId,
    pub(crate) subject_id: Uuid,
    /// `None` where a trainer had it begin anew.
    pub(crate) heard_at: Option<Timestamp>,
    watched_seconds: i64,
    watch_time_percent: f64,
    position_seconds: Option<f64>,
    positioned_at: Option<Timestamp>,
    session_id: Option<Uuid>,
}

impl Watched {
    pub(crate) fn state(&self) -> WatchState {
        let position = self.positioned_at.zip(self.position_seconds);
        WatchState {
            percent: self.watch_time_percent,
            watched_seconds: u32::try_from(self.watched_seconds).unwrap_or_default(),
            position: position.map(|(at, seconds)| Position {
                at,
                seconds,
                session_id: self.session_id,
            }),
        }
    }
}

pub(crate) async fn watched(tx: &Tx, user_id: UserId, courses: &[CourseId]) -> Result<Vec<Watched>> {
    if courses.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT course_id, subject_id, {HEARD} AS heard_at, watched_seconds, watch_time_percent, position_seconds, positioned_at, \
         session_id FROM watches WHERE user_id = ? AND course_id IN ({})",
        marks(courses)
    );
    tx.all(&sql, ids(&[user_id]).chain(ids(courses))).await
}

/// When somebody watched: seconds by quarter of an hour, over everything.
pub(crate) async fn spent(tx: &Tx, user_id: UserId) -> Result<BTreeMap<u32, u32>> {
    let sql = "SELECT spent FROM watches WHERE user_id = ?";
    let rows = tx
        .query_all_raw(tx.statement(sql, [user_id.into()]))
        .await
        .map_db_err()?;
    let mut spent: BTreeMap<u32, u32> = BTreeMap::new();
    for row in rows {
        let bytes: Vec<u8> = row.try_get("", "spent").map_db_err()?;
        let of = unpack_spent(&bytes).ok_or_else(|| Error::internal("a row of watches cannot be read"))?;
        for (quarter, seconds) in of {
            let sum = spent.entry(quarter).or_default();
            *sum = sum.saturating_add(seconds);
        }
    }
    Ok(spent)
}

/// Whoever is enrolled: an author who looks at the own videos is none of the learners.
const ENROLLED: &str = "user_id IN (SELECT user_id FROM enrollments WHERE course_id = ?)";

/// How many of the enrolled have watched or completed anything in a course.
pub(crate) async fn started(tx: &Tx, course_id: CourseId) -> Result<i64> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT user_id FROM watches WHERE course_id = ? AND watched_seconds > 0 UNION \
         SELECT user_id FROM lesson_progress WHERE course_id = ? AND is_completed UNION \
         SELECT user_id FROM chapter_progress WHERE course_id = ? AND is_completed) started WHERE {ENROLLED}"
    );
    tx.count(&sql, ids(&[course_id; 4])).await
}

/// How many got how far in a lesson.
#[derive(FromQueryResult)]
pub(crate) struct LessonCount {
    pub(crate) lesson_id: LessonId,
    pub(crate) started: i64,
    pub(crate) completed: i64,
    pub(crate) average_percent: Option<f64>,
}

pub(crate) async fn by_lesson(tx: &Tx, course_id: CourseId) -> Result<Vec<LessonCount>> {
    let none = if tx.is_postgres() {
        "CAST(NULL AS double precision)"
    } else {
        "NULL"
    };
    let sql = format!(
        "SELECT lesson_id, count(DISTINCT user_id) AS started, count(completed_at) AS completed, \
         avg(percent) AS average_percent FROM (\
         SELECT lesson_id, user_id, completed_at, {none} AS percent FROM lesson_progress WHERE course_id = ? AND is_completed \
         UNION ALL SELECT lesson_id, user_id, NULL, watch_time_percent FROM watches \
         WHERE course_id = ? AND lesson_id IS NOT NULL AND watched_seconds > 0\
         ) learnt WHERE {ENROLLED} GROUP BY lesson_id"
    );
    tx.all(&sql, ids(&[course_id; 3])).await
}

/// What was played of a lesson, by at most `limit` of the enrolled: of what each claimed, as much as is credited.
pub(crate) async fn ranges(
    tx: &Tx,
    course_id: CourseId,
    lesson_id: LessonId,
    limit: u64,
) -> Result<Vec<Ranges>> {
    let sql = format!(
        "SELECT ranges, watched_seconds FROM watches WHERE course_id = ? AND subject_id = ? AND watched_seconds > 0 \
         AND {ENROLLED} LIMIT {limit}"
    );
    let values = [course_id.into(), lesson_id.into(), course_id.into()];
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let read = |row: sea_orm::QueryResult| {
        let bytes: Vec<u8> = row.try_get("", "ranges").map_db_err()?;
        let credited = row.try_get::<i64>("", "watched_seconds").map_db_err()?;
        let claimed =
            Ranges::unpack(&bytes).ok_or_else(|| Error::internal("a row of watches cannot be read"))?;
        Ok(claimed.first(u32::try_from(credited).unwrap_or_default()))
    };
    rows.into_iter().map(read).collect()
}

/// What somebody did in a course, in short.
#[derive(FromQueryResult)]
pub(crate) struct Activity {
    pub(crate) user_id: UserId,
    pub(crate) watched_seconds: i64,
    pub(crate) last_active_at: Option<Timestamp>,
}

pub(crate) async fn activity(tx: &Tx, course_id: CourseId, users: &[UserId]) -> Result<Vec<Activity>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let which = format!("course_id = ? AND user_id IN ({})", marks(users));
    let sql = format!(
        "SELECT user_id, CAST(sum(seconds) AS bigint) AS watched_seconds, max(at) AS last_active_at FROM (\
         SELECT user_id, watched_seconds AS seconds, {HEARD} AS at FROM watches WHERE {which} UNION ALL \
         SELECT user_id, 0, completed_at FROM lesson_progress WHERE {which}) activity GROUP BY user_id"
    );
    let values = || {
        ids(&[course_id])
            .collect::<Vec<_>>()
            .into_iter()
            .chain(ids(users))
    };
    tx.all(&sql, values().chain(values())).await
}

/// Takes marks back: one lesson's, or those of all lessons of a course.
pub(crate) async fn unmark_lessons(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    only: Option<LessonId>,
) -> Result<()> {
    unmark(
        tx,
        "lesson_progress",
        "lesson_id",
        (user_id, course_id, only.map(Uuid::from)),
    )
    .await
}

/// Takes marks back: one chapter's, or those of all chapters of a course.
pub(crate) async fn unmark_chapters(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    only: Option<ChapterId>,
) -> Result<()> {
    unmark(
        tx,
        "chapter_progress",
        "chapter_id",
        (user_id, course_id, only.map(Uuid::from)),
    )
    .await
}

async fn unmark(
    tx: &Tx,
    table: &str,
    column: &str,
    (user_id, course_id, only): (UserId, CourseId, Option<Uuid>),
) -> Result<()> {
    let one = only.map_or_else(String::new, |_| format!(" AND {column} = ?"));
    let sql = format!(
        "UPDATE {table} SET is_completed = ?, completed_at = NULL, updated_at = ? WHERE user_id = ? AND course_id = ? \
         AND is_completed{one}"
    );
    let mut values = vec![false.into(), tx.now().into(), user_id.into(), course_id.into()];
    values.extend(only.map(Value::from));
    tx.invalidate_account_cache(user_id).await?;
    tx.change(&sql, values).await.map(drop)
}
