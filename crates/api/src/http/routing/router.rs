//! The router: calls the handler of a request's operation.

use std::{rc::Rc, sync::Arc};

use actix_web::{
    Error, FromRequest, Handler, Responder, Route,
    dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse, always_ready},
};
use futures_util::future::{FutureExt, LocalBoxFuture, ready, try_join_all};
use kernel::Code;

use super::{Documented, Operations, Table};
use crate::http::problem::Problem;

/// The operations of one thread: hands each request to the handler that the table names, and refuses what it does not know.
pub(crate) struct Router {
    table: Arc<Table>,
    handlers: Handlers,
}

/// In the order of their registration, as the table counts them.
#[derive(Default)]
pub(crate) struct Handlers(Vec<Route>);

impl Router {
    /// `table` and `handlers` are of the same operations.
    pub(crate) fn new(table: Arc<Table>, handlers: Handlers) -> Self {
        Self { table, handlers }
    }
}

impl Operations for Handlers {
    fn operation<D, H, A>(&mut self, handler: H)
    where
        D: Documented,
        H: Handler<A>,
        H::Output: Responder + 'static,
        A: FromRequest + 'static,
    {
        self.0.push(Route::new().to(handler));
    }

    fn scope(&mut self, _: &'static str, area: impl FnOnce(&mut Self)) -> &mut Self {
        area(self);
        self
    }
}

type Opened = <Route as ServiceFactory<ServiceRequest>>::Service;

/// A router that serves.
pub(crate) struct Open {
    table: Arc<Table>,
    handlers: Vec<Opened>,
}

impl ServiceFactory<ServiceRequest> for Router {
    type Response = ServiceResponse;
    type Error = Error;
    type Config = ();
    type Service = Rc<Open>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Service, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let table = self.table.clone();
        let handlers = try_join_all(self.handlers.0.iter().map(|route| route.new_service(())));
        async move {
            let handlers = handlers.await?;
            Ok(Rc::new(Open { table, handlers }))
        }
        .boxed_local()
    }
}

impl Service<ServiceRequest> for Open {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

    always_ready!();

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        // As actix reads it: what need not be percent-encoded is decoded.
        let path = request.match_info().unprocessed();
        let Some(found) = self.table.find(request.method(), path) else {
            return refuse(request, Code::NotFound.into());
        };
        let Some(handler) = found.operation.and_then(|operation| self.handlers.get(operation)) else {
            let problem = Problem::method_not_allowed(self.table.allow(path));
            return refuse(request, problem);
        };
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let parameters: Vec<(String, String)> = found.parameters().map(owned).collect();
        for (name, value) in parameters {
            request.match_info_mut().add_static(name, value);
        }
        handler.call(request)
    }
}

fn refuse(
    request: ServiceRequest,
    problem: Problem,
) -> LocalBoxFuture<'static, Result<ServiceResponse, Error>> {
    ready(Ok(request.error_response(problem))).boxed_local()
}
