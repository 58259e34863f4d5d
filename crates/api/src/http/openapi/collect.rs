//! Collecting the document's operations and schemas from the handlers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use actix_web::{FromRequest, Handler, Responder};
use utoipa::openapi::{PathItem, RefOr, path::Paths, schema::Schema};

use crate::http::routing::{Documented, Operations};

/// The operations of a document, and the schemas to which they refer.
#[derive(Default)]
pub(crate) struct Collected {
    prefix: &'static str,
    /// The operations.
    pub(super) paths: Paths,
    /// The schemas with their names, as often as a type refers to them.
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

/// Names that several types of requests and answers have. utoipa would document them all by the schema of the last one.
#[derive(Debug, PartialEq, Eq)]
pub struct AmbiguousSchemas(BTreeSet<String>);

impl fmt::Display for AmbiguousSchemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(String::as_str).collect();
        write!(f, "several types with different schemas have one name in the document: {}", names.join(", "))
    }
}

impl std::error::Error for AmbiguousSchemas {}

/// The one schema of each name.
pub(super) fn by_name(
    schemas: Vec<(String, RefOr<Schema>)>,
) -> Result<BTreeMap<String, RefOr<Schema>>, AmbiguousSchemas> {
    let mut named: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    let mut ambiguous = BTreeSet::new();
    for (name, schema) in schemas {
        if named.get(&name).is_some_and(|known| *known != schema) {
            ambiguous.insert(name);
        } else {
            named.insert(name, schema);
        }
    }
    if ambiguous.is_empty() { Ok(named) } else { Err(AmbiguousSchemas(ambiguous)) }
}

#[cfg(test)]
mod tests {
    use utoipa::ToSchema;

    use super::*;

    mod one {
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "only its schema is used")]
        pub(super) struct Person {
            name: String,
        }
    }

    mod other {
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "only its schema is used")]
        pub(super) struct Person {
            name: Option<String>,
        }
    }

    fn named<T: ToSchema>() -> (String, RefOr<Schema>) {
        (T::name().into_owned(), T::schema())
    }

    #[test]
    fn two_types_of_one_name_are_refused() {
        let twice = vec![named::<one::Person>(), named::<one::Person>()];
        assert_eq!(by_name(twice).ok().map(|schemas| schemas.len()), Some(1));
        let refused = by_name(vec![named::<one::Person>(), named::<other::Person>()]);
        assert_eq!(refused.err(), Some(AmbiguousSchemas(BTreeSet::from(["Person".to_owned()]))));
    }
}
