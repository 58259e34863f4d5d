use database::Tx;
use kernel::{CourseId, Cursor, Limit, Result, UserId};
use sea_orm::Value;

use super::{EnrolledLearner, LearnerCount};

const LEARNER: &str = "SELECT e.user_id, u.username, u.name, e.id AS enrollment_id, e.enrolled_at, e.completed_at \
    FROM enrollments e JOIN users u ON u.id = e.user_id WHERE e.course_id = ?";

pub(super) async fn page(
    tx: &Tx,
    course_id: CourseId,
    search: Option<&str>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<EnrolledLearner>> {
    let (mut sql, mut values): (String, Vec<Value>) = (LEARNER.to_owned(), vec![course_id.into()]);
    if let Some(search) = search {
        let name = if tx.is_postgres() {
            "lower(u.name)"
        } else {
            "u.name"
        };
        let mut ways = vec![search.to_lowercase()];
        if !tx.is_postgres() {
            // It knows capitals of the Latin alphabet only: the usual ways to write the others are tried.
            ways.extend([search.to_owned(), search.to_uppercase(), capitalised(search)]);
        }
        let names = vec![format!("{name} LIKE ? ESCAPE '!'"); ways.len()].join(" OR ");
        sql.push_str(&format!(" AND ({names} OR u.username LIKE ? ESCAPE '!')"));
        values.extend(ways.iter().map(|way| containing(way).into()));
        values.push(containing(&search.to_lowercase()).into());
    }
    if let Some(after) = after {
        sql.push_str(" AND (e.enrolled_at < ? OR (e.enrolled_at = ? AND e.id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY e.enrolled_at DESC, e.id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

/// Each word with a capital, and only one.
fn capitalised(text: &str) -> String {
    let mut begins = true;
    let letter = |letter: char| {
        let capital = std::mem::replace(&mut begins, !letter.is_alphanumeric());
        let changed: String = if capital {
            letter.to_uppercase().collect()
        } else {
            letter.to_lowercase().collect()
        };
        changed
    };
    text.chars().map(letter).collect()
}

/// A pattern for whatever contains this, letter by letter.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

pub(super) async fn one(tx: &Tx, course_id: CourseId, user_id: UserId) -> Result<Option<EnrolledLearner>> {
    let sql = format!("{LEARNER} AND e.user_id = ?");
    tx.one(&sql, [course_id.into(), user_id.into()]).await
}

pub(super) async fn count(tx: &Tx, course_id: CourseId) -> Result<LearnerCount> {
    let sql =
        "SELECT count(*) AS enrolled, count(completed_at) AS completed FROM enrollments WHERE course_id = ?";
    let found = tx.one(sql, [course_id.into()]).await?;
    Ok(found.unwrap_or(LearnerCount {
        enrolled: 0,
        completed: 0,
    }))
}
