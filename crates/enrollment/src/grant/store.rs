//! The rows of `grants` and `grant_events`.

use database::{MapDbErr, NewestFirst, Tx, constraint, from_db, literal, values};
use entity::{
    enums::{GrantSource, GrantStatus},
    grant_events, grants,
};
use kernel::{
    Code, CourseId, Cursor, Error, FieldError, GrantEventId, GrantId, Limit, Result, Timestamp, UserId,
};
use sea_orm::{
    ColumnTrait, Condition, DerivePartialModel, EntityTrait, ExprTrait, IntoActiveModel, IntoSimpleExpr,
    JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationTrait, Select, Set,
    sea_query::OnConflict,
};

use super::model::{Grant, GrantEvent, GrantFilter, GrantHistory, Learner};

/// How a grant enters the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It is new, unless its source has given one already.
    New,
    /// It is locked, and has changed.
    Changed,
}

/// The one way into the ledger: the grant as it is from `at` on, together with the event that says so. Answers whether it was
/// written; a new one is not where its source has given one already.
pub(crate) async fn write(tx: &Tx, grant: &Grant, entry: Entry, at: Timestamp) -> Result<bool> {
    let written = match entry {
        Entry::New => insert(tx, grant).await?,
        Entry::Changed => update(tx, grant).await?,
    };
    if written {
        let event = grant_events::ActiveModel {
            id: Set(tx.new_id()),
            grant_id: Set(grant.id),
            user_id: Set(grant.user_id),
            course_id: Set(grant.course_id),
            status: Set(grant.status),
            starts_at: Set(grant.starts_at),
            ends_at: Set(grant.ends_at),
            reason: Set(grant.status_reason.clone()),
            actor_id: Set(tx.actor().user_id()),
            created_at: Set(at),
        };
        let insert = grant_events::Entity::insert(event);
        insert.exec_without_returning(tx).await.map_db_err()?;
        tx.invalidate_account_cache(grant.user_id).await?;
    }
    Ok(written)
}

async fn insert(tx: &Tx, grant: &Grant) -> Result<bool> {
    use grants::Column as C;
    let given_already =
        OnConflict::columns([C::UserId, C::CourseId, C::Source, C::SourceId]).do_nothing().to_owned();
    let insert = grants::Entity::insert(grant.clone().into_active_model()).on_conflict(given_already);
    let written = insert.exec_without_returning(tx).await;
    let written = written.map_err(|error| match constraint(&error) {
        // The course was read before.
        Some(name) if name.starts_with("fk") => {
            let reason = FieldError::new("/userId", "unknown_user", "There is no such user.");
            Error::invalid(vec![reason])
        }
        _ => from_db(error),
    })?;
    Ok(written == 1)
}

async fn update(tx: &Tx, grant: &Grant) -> Result<bool> {
    let update = grants::Entity::update_many()
        .set(grants::ActiveModel {
            status: Set(grant.status),
            ends_at: Set(grant.ends_at),
            status_reason: Set(grant.status_reason.clone()),
            status_changed_at: Set(grant.status_changed_at),
            ..Default::default()
        })
        .filter(grants::COLUMN.id.eq(grant.id));
    if update.exec(tx).await.map_db_err()?.rows_affected == 1 { Ok(true) } else { Err(Code::NotFound.into()) }
}

/// When this grant last changed.
pub(crate) async fn last_change(tx: &Tx, id: GrantId) -> Result<Option<Timestamp>> {
    grant_events::Entity::find()
        .select_only()
        .column(grant_events::Column::CreatedAt)
        .filter(grant_events::COLUMN.grant_id.eq(id))
        .order_by_desc(grant_events::Column::CreatedAt)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
}

/// The grant that this source has given.
pub(crate) async fn by_source(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    source: GrantSource,
    source_id: &str,
) -> Result<Option<Grant>> {
    grants::Entity::find()
        .filter(grants::COLUMN.user_id.eq(user_id))
        .filter(grants::COLUMN.course_id.eq(course_id))
        .filter(grants::COLUMN.source.eq(source))
        .filter(grants::COLUMN.source_id.eq(source_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// A grant that the caller may look at by the policies; the use cases decide again.
pub(crate) async fn find(tx: &Tx, id: GrantId) -> Result<Option<Grant>> {
    let grant = grants::Entity::find_by_id(id).into_partial_model().one(tx);
    grant.await.map_db_err()
}

/// A grant, locked until the end of the transaction.
pub(crate) async fn lock(tx: &Tx, id: GrantId) -> Result<Option<Grant>> {
    let grant = grants::Entity::find_by_id(id).lock_exclusive();
    grant.into_partial_model().one(tx).await.map_db_err()
}

/// Every grant of this user for this course.
pub(crate) async fn of_user(tx: &Tx, user_id: UserId, course_id: CourseId) -> Result<Vec<Grant>> {
    // Text: every decision about access asks it.
    let sql = "SELECT id, user_id, course_id, source, source_id, status, starts_at, ends_at, status_reason, \
               status_changed_at, created_at FROM grants WHERE user_id = :user_id AND course_id = :course_id";
    tx.fetch_all(sql, values! { user_id, course_id }).await
}

/// Every grant of this user for these courses.
pub(crate) async fn of_user_among(tx: &Tx, user_id: UserId, courses: &[CourseId]) -> Result<Vec<Grant>> {
    grants::Entity::find()
        .filter(grants::COLUMN.user_id.eq(user_id))
        .filter(grants::COLUMN.course_id.is_in(courses.iter().copied()))
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// Of a grant: that it gives access now.
fn is_active(now: Timestamp) -> Condition {
    let status = grants::Column::Status.into_simple_expr();
    Condition::all()
        .add(status.eq(literal(GrantStatus::Active)))
        .add(grants::COLUMN.starts_at.lte(now))
        .add(Condition::any().add(grants::COLUMN.ends_at.is_null()).add(grants::COLUMN.ends_at.gt(now)))
}

/// The courses for which somebody holds an active grant.
pub(crate) async fn active_courses(tx: &Tx, user_id: UserId) -> Result<Vec<CourseId>> {
    grants::Entity::find()
        .select_only()
        .column(grants::Column::CourseId)
        .distinct()
        .filter(grants::COLUMN.user_id.eq(user_id))
        .filter(is_active(tx.now()))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}

/// Who has an active grant for a course, each once.
pub(crate) async fn holders(
    tx: &Tx,
    course_id: CourseId,
    after: Option<UserId>,
    limit: u64,
) -> Result<Vec<UserId>> {
    grants::Entity::find()
        .select_only()
        .column(grants::Column::UserId)
        .distinct()
        .filter(grants::COLUMN.course_id.eq(course_id))
        .filter(is_active(tx.now()))
        .apply_if(after, |select, after| select.filter(grants::COLUMN.user_id.gt(after)))
        .order_by_asc(grants::Column::UserId)
        .limit(limit)
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}

/// The grants of a course, newest first, each with its learner.
pub(crate) async fn of_course(
    tx: &Tx,
    course_id: CourseId,
    filter: &GrantFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<(Grant, Learner)>> {
    #[derive(DerivePartialModel)]
    #[sea_orm(entity = "entity::grants::Entity")]
    struct Row {
        #[sea_orm(nested)]
        grant: Grant,
        #[sea_orm(nested)]
        learner: Learner,
    }
    let active = filter.is_active.map(|active| {
        let condition = is_active(tx.now());
        if active { condition } else { condition.not() }
    });
    let rows: Vec<Row> = grants::Entity::find()
        .join(JoinType::InnerJoin, grants::Relation::Users.def())
        .filter(grants::COLUMN.course_id.eq(course_id))
        .apply_if(filter.status, |select, status| select.filter(grants::COLUMN.status.eq(status)))
        .apply_if(filter.user_id, |select, user_id| select.filter(grants::COLUMN.user_id.eq(user_id)))
        .apply_if(active, |select, active| select.filter(active))
        .newest_first(grants::Column::CreatedAt, grants::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(rows.into_iter().map(|row| (row.grant, row.learner)).collect())
}

/// An event, with what never changes of its grant.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "entity::grant_events::Entity")]
struct EventRow {
    grant_id: GrantId,
    user_id: UserId,
    course_id: CourseId,
    #[sea_orm(nested)]
    origin: Origin,
    id: GrantEventId,
    status: GrantStatus,
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
    reason: Option<String>,
    actor_id: Option<UserId>,
    created_at: Timestamp,
}

/// What never changes of a grant.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "entity::grants::Entity")]
struct Origin {
    source: GrantSource,
    source_id: String,
    created_at: Timestamp,
}

/// All changes of a grant, oldest first.
pub(crate) async fn history(tx: &Tx, id: GrantId) -> Result<Option<GrantHistory>> {
    let events = grant_events::Entity::find().filter(grant_events::COLUMN.grant_id.eq(id));
    Ok(replay(tx, events).await?.pop())
}

/// Every grant of this user for this course as it stood at an instant, or stands now, in the order in which they were made.
pub(crate) async fn histories(
    tx: &Tx,
    user_id: UserId,
    course_id: CourseId,
    until: Option<Timestamp>,
) -> Result<Vec<GrantHistory>> {
    let events = grant_events::Entity::find()
        .filter(grant_events::COLUMN.user_id.eq(user_id))
        .filter(grant_events::COLUMN.course_id.eq(course_id))
        .apply_if(until, |select, until| select.filter(grant_events::COLUMN.created_at.lte(until)));
    replay(tx, events).await
}

/// The grants that these events have made, each of them once, in their order.
async fn replay(tx: &Tx, events: Select<grant_events::Entity>) -> Result<Vec<GrantHistory>> {
    let rows: Vec<EventRow> = events
        .join(JoinType::InnerJoin, grant_events::Relation::Grants.def())
        .order_by_asc(grant_events::Column::CreatedAt)
        .order_by_asc(grant_events::Column::Id)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()?;
    let mut found: Vec<GrantHistory> = Vec::new();
    for row in rows {
        let event = GrantEvent {
            id: row.id,
            status: row.status,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            reason: row.reason,
            actor_id: row.actor_id,
            created_at: row.created_at,
        };
        let known = found.iter_mut().find(|history| history.grant.id == row.grant_id);
        if let Some(history) = known {
            history.apply(event);
        } else {
            let grant = Grant {
                id: row.grant_id,
                user_id: row.user_id,
                course_id: row.course_id,
                source: row.origin.source,
                source_id: row.origin.source_id,
                status: event.status,
                starts_at: event.starts_at,
                ends_at: event.ends_at,
                status_reason: event.reason.clone(),
                status_changed_at: event.created_at,
                created_at: row.origin.created_at,
            };
            let events = vec![event];
            found.push(GrantHistory { grant, events });
        }
    }
    Ok(found)
}
