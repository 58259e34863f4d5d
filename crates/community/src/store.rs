//! All SQL of this crate, one file a noun. Names and pictures of people come from `users`, which identity publishes to everybody.

pub(crate) mod announcement;
pub(crate) mod block;
pub(crate) mod comment;
pub(crate) mod contact;
pub(crate) mod conversation;
pub(crate) mod counters;
pub(crate) mod live;
pub(crate) mod mention;
pub(crate) mod message;
pub(crate) mod moderation;
pub(crate) mod mute;
pub(crate) mod notification;
pub(crate) mod post;
pub(crate) mod preference;
pub(crate) mod reaction;
pub(crate) mod removed;
pub(crate) mod report;
pub(crate) mod settings;

use courses::Author;
use kernel::UserId;
use sea_orm::FromQueryResult;

/// `?, ?, ?`
fn marks(n: usize) -> String {
    vec!["?"; n].join(", ")
}

/// Who wrote something, beside it: `author_id`, and [`AUTHOR`] of `users u`.
#[derive(FromQueryResult)]
struct AuthorRow {
    author_id: UserId,
    author_username: Option<String>,
    author_name: Option<String>,
    author_avatar_url: Option<String>,
}

const AUTHOR: &str =
    "u.username AS author_username, u.name AS author_name, u.avatar_url AS author_avatar_url";

impl From<AuthorRow> for Author {
    fn from(row: AuthorRow) -> Self {
        let AuthorRow {
            author_id,
            author_username,
            author_name,
            author_avatar_url,
        } = row;
        Self {
            id: author_id,
            username: author_username,
            name: author_name,
            avatar_url: author_avatar_url,
        }
    }
}
