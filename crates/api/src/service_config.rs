//! One registration of every operation, for the router and for the document.

use actix_web::{dev::HttpServiceFactory, web};
use utoipa::openapi::{
    RefOr,
    path::{Paths, PathsMap},
    schema::Schema,
};
use utoipa_actix_web::OpenApiFactory;

/// What the areas' `configure` functions register into. Each thread of the server has a router of its own; the document is
/// built once, and not with them: it takes megabytes that would stay with the thread.
pub struct ServiceConfig<'a>(Into<'a>);

enum Into<'a> {
    Router(&'a mut web::ServiceConfig),
    Document(&'a mut Collected),
}

/// The operations of a document, and the schemas to which they refer.
#[derive(Default)]
pub(crate) struct Collected {
    /// The operations.
    pub(crate) paths: Paths,
    /// The schemas by name.
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

impl<'a> ServiceConfig<'a> {
    /// Registers what is served.
    pub(crate) fn router(config: &'a mut web::ServiceConfig) -> Self {
        Self(Into::Router(config))
    }

    /// Registers what is documented.
    pub(crate) fn document(collected: &'a mut Collected) -> Self {
        Self(Into::Document(collected))
    }

    /// One operation.
    pub fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, operation: F) -> &mut Self {
        match &mut self.0 {
            Into::Router(config) => {
                config.service(operation);
            }
            Into::Document(collected) => {
                collected.paths.merge(operation.paths());
                operation.schemas(&mut collected.schemas);
            }
        }
        self
    }

    /// An area's operations.
    pub fn configure(&mut self, area: impl FnOnce(&mut ServiceConfig)) -> &mut Self {
        area(self);
        self
    }

    /// Operations whose paths begin with `prefix`.
    pub fn scope(&mut self, prefix: &str, area: impl FnOnce(&mut ServiceConfig)) -> &mut Self {
        match &mut self.0 {
            Into::Router(config) => {
                let inner = |config: &mut web::ServiceConfig| area(&mut ServiceConfig::router(config));
                config.service(web::scope(prefix).configure(inner));
            }
            Into::Document(collected) => {
                let mut inner = Collected::default();
                area(&mut ServiceConfig::document(&mut inner));
                let paths = std::mem::take(&mut inner.paths.paths).into_iter();
                inner.paths.paths = paths
                    .map(|(path, item)| (format!("{prefix}{path}"), item))
                    .collect::<PathsMap<_, _>>();
                collected.paths.merge(inner.paths);
                collected.schemas.append(&mut inner.schemas);
            }
        }
        self
    }
}
