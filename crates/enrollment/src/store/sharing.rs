use std::collections::HashSet;

use database::{MapDbErr, Tx};
use kernel::{Result, UserId};
use sea_orm::{ConnectionTrait, DbErr, Value};

pub(crate) async fn sharing(tx: &Tx, me: UserId, others: &[UserId]) -> Result<HashSet<UserId>> {
    let (among, ids) = tx.among(others);
    let (sql, values): (String, Vec<Value>) = if tx.is_postgres() {
        // The caller may not look at the grants of others: the function answers for the caller alone, with yes or no.
        let sql = format!("SELECT u.id FROM users u WHERE u.id {among} AND app.shares_course(u.id)");
        (sql, vec![ids])
    } else {
        let courses_of = |who: &str| {
            format!(
                "SELECT course_id FROM (SELECT course_id FROM grants WHERE user_id = {who} AND status = 'ACTIVE' \
                 AND starts_at <= ? AND (ends_at IS NULL OR ends_at > ?) \
                 UNION ALL SELECT id FROM courses WHERE author_id = {who} \
                 UNION ALL SELECT course_id FROM course_editors WHERE user_id = {who})"
            )
        };
        let sql = format!(
            "SELECT u.id FROM users u WHERE EXISTS ({} INTERSECT {}) AND u.id {among}",
            courses_of("?"),
            courses_of("u.id")
        );
        let (now, id): (Value, Value) = (tx.now().into(), me.into());
        let mut values = vec![id.clone(), now.clone(), now.clone(), id.clone(), id];
        values.extend([now.clone(), now, ids]);
        (sql, values)
    };
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let ids: Result<HashSet<UserId>, DbErr> = rows.iter().map(|row| row.try_get("", "id")).collect();
    ids.map_db_err()
}
