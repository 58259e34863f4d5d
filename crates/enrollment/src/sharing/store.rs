//! Who has a course in common with somebody.

use std::collections::HashSet;

use database::{Tx, values};
use kernel::{Result, UserId};
use sea_orm::FromQueryResult;

/// Text: on PostgreSQL a function of the schema answers, and on SQLite each of the others is asked about by an intersection.
pub(super) async fn sharing(tx: &Tx, me: UserId, others: &[UserId]) -> Result<HashSet<UserId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: UserId,
    }
    let (any_of, others) = tx.any_of("others", others);
    let rows: Vec<Row> = if tx.is_postgres() {
        // The caller may not look at the grants of others: the function answers for the caller alone, with yes or no.
        let sql = format!("SELECT u.id FROM users u WHERE u.id {any_of} AND app.shares_course(u.id)");
        tx.fetch_all(&sql, values! { others }).await?
    } else {
        let courses_of = |who: &str| {
            format!(
                "SELECT course_id FROM (SELECT course_id FROM grants WHERE user_id = {who} AND status = 'ACTIVE' \
                 AND starts_at <= :now AND (ends_at IS NULL OR ends_at > :now) \
                 UNION ALL SELECT c.id FROM courses c JOIN users t ON t.id = c.author_id WHERE t.id = {who} AND t.role <> 'USER' \
                 UNION ALL SELECT e.course_id FROM course_editors e JOIN users t ON t.id = e.user_id \
                 WHERE t.id = {who} AND t.role <> 'USER')"
            )
        };
        let sql = format!(
            "SELECT u.id FROM users u WHERE EXISTS ({} INTERSECT {}) AND u.id {any_of}",
            courses_of(":me"),
            courses_of("u.id")
        );
        tx.fetch_all(&sql, values! { me, others, now: tx.now() }).await?
    };
    Ok(rows.into_iter().map(|row| row.id).collect())
}
