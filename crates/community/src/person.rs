//! The columns of a person in a statement that is text.

/// Selects the columns of the user `u` as [`identity::Person`] reads them after this prefix, such as `author_`.
pub(crate) fn columns(prefix: &str) -> String {
    format!(
        "u.id AS {prefix}id, u.username AS {prefix}username, u.name AS {prefix}name, u.avatar_url AS {prefix}avatar_url"
    )
}
