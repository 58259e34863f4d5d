//! Pages of lists.

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
            #[schema(
                pattern = "^[A-Za-z0-9_-]{34,1200}$",
                example = "3q2-7wAAAAABmMDeAABwAIAAAAAAAAABAAAGRGqkMHOA"
            )]
            next_cursor: Option<String>,
        }

        impl $name {
            /// A page of this list.
            pub(in crate::routes) fn of<T: Into<$row>>(list: kernel::ListId, page: kernel::Page<T>) -> Self {
                let kernel::Page { data, next } = page;
                Self {
                    data: data.into_iter().map(Into::into).collect(),
                    has_more: next.is_some(),
                    next_cursor: next.map(|cursor| cursor.encode(list)),
                }
            }
        }
    };
}
pub(in crate::routes) use page;
