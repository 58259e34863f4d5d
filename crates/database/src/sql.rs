//! Statements that stay text, with named values.

use std::fmt::Write;

use sea_orm::{DbBackend, Statement, Value};

/// Named values of a statement: `values! { course_id, now: tx.now() }` for `:course_id` and `:now`.
#[macro_export]
macro_rules! values {
    (@value $name:ident $value:expr) => { ::sea_orm::Value::from($value) };
    (@value $name:ident) => { ::sea_orm::Value::from($name) };
    ($($name:ident $(: $value:expr)?),* $(,)?) => {
        [$((stringify!($name), $crate::values!(@value $name $($value)?))),*]
    };
}

/// Replaces each `:name` by the number of its value (`$1` or `?1`): a value is bound once, however often it is named. `::` is a
/// cast, and what stands in quotes is text.
///
/// # Panics
/// Where a name has no value or a value is never named: a mistake in the code that every call shows.
#[expect(clippy::panic, reason = "a statement and its values stand in the same function")]
pub(crate) fn named(
    backend: DbBackend,
    sql: &str,
    values: impl IntoIterator<Item = (&'static str, Value)>,
) -> Statement {
    let (names, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    let (text, unused) = numbered(backend, sql, &names);
    if let Some(name) = unused {
        panic!(":{name} is never named in {sql}");
    }
    Statement::from_sql_and_values(backend, text, values)
}

/// The statement with numbers for names, and a name that does not occur in it, if there is one.
#[expect(clippy::panic, reason = "a statement and its values stand in the same function")]
pub(crate) fn numbered<'a>(backend: DbBackend, sql: &str, names: &[&'a str]) -> (String, Option<&'a str>) {
    let mark = if backend == DbBackend::Postgres { '$' } else { '?' };
    let mut text = String::with_capacity(sql.len());
    let mut used = vec![false; names.len()];
    let mut rest = sql;
    while let Some(at) = rest.find([':', '\'']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        rest = if let Some(quoted) = from.strip_prefix('\'') {
            let end = quoted.find('\'').map_or(from.len(), |end| end + 2);
            let (quoted, rest) = from.split_at(end);
            text.push_str(quoted);
            rest
        } else if let Some(rest) = from.strip_prefix("::") {
            text.push_str("::");
            rest
        } else {
            let (_, from) = from.split_at(1);
            let end = from.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(from.len());
            let (name, rest) = from.split_at(end);
            let Some(n) = names.iter().position(|known| *known == name) else {
                panic!("no value for :{name} in {sql}");
            };
            if let Some(used) = used.get_mut(n) {
                *used = true;
            }
            let _ = write!(text, "{mark}{}", n + 1);
            rest
        };
    }
    text.push_str(rest);
    let unused = names.iter().zip(used).find_map(|(name, used)| (!used).then_some(*name));
    (text, unused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_bound_once_however_often_it_is_named() {
        let sql = "SELECT ':no', a::text FROM t WHERE a < :before AND (b < :before OR c = :id)";
        let before = 8;
        let postgres = named(DbBackend::Postgres, sql, values! { id: 7, before });
        assert_eq!(postgres.sql, "SELECT ':no', a::text FROM t WHERE a < $2 AND (b < $2 OR c = $1)");
        let sqlite = named(DbBackend::Sqlite, sql, values! { id: 7, before });
        assert_eq!(sqlite.sql, "SELECT ':no', a::text FROM t WHERE a < ?2 AND (b < ?2 OR c = ?1)");
        assert_eq!(sqlite.values.map(|values| values.0), Some(vec![7.into(), 8.into()]));
    }

    #[test]
    #[should_panic(expected = "no value for :ib")]
    fn a_name_without_a_value_is_refused() {
        let _ = named(DbBackend::Sqlite, "SELECT :ib", values! { id: 7 });
    }

    #[test]
    #[should_panic(expected = ":id is never named")]
    fn a_value_that_is_never_named_is_refused() {
        let _ = named(DbBackend::Sqlite, "SELECT 1", values! { id: 7 });
    }
}
