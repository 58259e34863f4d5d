//! Pages of lists.

use kernel::{Cursor, Limit};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

/// The query of a paged list.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many rows a page has at most.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: u64,
    /// Where the page begins: `nextCursor` of the page before. The first page where it is missing.
    #[param(pattern = "^[A-Za-z0-9_-]{32}$", nullable = false, example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB")]
    pub cursor: Option<String>,
}

/// The rows of a page where nobody says how many.
pub(in crate::routes) fn default_limit() -> u64 {
    20
}

impl PageQuery {
    /// The cursor and the limit.
    #[must_use]
    pub fn position(&self) -> (Option<Cursor>, Limit) {
        (self.cursor.as_deref().and_then(Cursor::decode), Limit::new(self.limit))
    }
}

/// A page of one kind of row. No generic type: a client generator makes a good name of `CoursePage` only.
macro_rules! page {
    ($(#[$doc:meta])* $name:ident of $row:ty) => {
        $(#[$doc])*
        #[derive(serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(in crate::routes) struct $name {
            /// The rows of this page.
            data: Vec<$row>,
            /// Whether there is a next page.
            has_more: bool,
            /// The `cursor` of the next page; null on the last page.
            #[schema(pattern = "^[A-Za-z0-9_-]{32}$", example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB")]
            next_cursor: Option<String>,
        }

        impl<T: Into<$row>> From<kernel::Page<T>> for $name {
            fn from(page: kernel::Page<T>) -> Self {
                let kernel::Page { data, next } = page;
                Self {
                    data: data.into_iter().map(Into::into).collect(),
                    has_more: next.is_some(),
                    next_cursor: next.map(|cursor| cursor.encode()),
                }
            }
        }
    };
}
pub(in crate::routes) use page;
