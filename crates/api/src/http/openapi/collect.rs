//! The operations of the registered routes, and the schemas to which they refer.

use actix_web::{FromRequest, Handler, Responder};
use utoipa::openapi::{PathItem, RefOr, path::Paths, schema::Schema};

use crate::http::routing::{Documented, Operations};

/// The operations of a document, and the schemas to which they refer.
#[derive(Default)]
pub(crate) struct Collected {
    prefix: &'static str,
    /// The operations.
    pub(super) paths: Paths,
    /// The schemas by name.
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Operations for Collected {
    fn operation<D, H, A>(&mut self, _: H)
    where
        D: Documented,
        H: Handler<A>,
        H::Output: Responder + 'static,
        A: FromRequest + 'static,
    {
        let mut paths = Paths::new();
        for method in D::methods() {
            let mut operation = D::operation();
            let tags = D::tags().into_iter().map(str::to_owned);
            operation.tags.get_or_insert_default().extend(tags);
            let path = format!("{}{}", self.prefix, D::path());
            paths.paths.insert(path, PathItem::new(method, operation));
        }
        self.paths.merge(paths);
        D::schemas(&mut self.schemas);
    }

    fn scope(&mut self, prefix: &'static str, area: impl FnOnce(&mut Self)) -> &mut Self {
        let outer = std::mem::replace(&mut self.prefix, prefix);
        area(self);
        self.prefix = outer;
        self
    }
}
