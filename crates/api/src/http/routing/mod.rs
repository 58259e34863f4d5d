//! One registration of every operation: for the table of paths, for the handlers of each thread, and for the document.
//!
//! actix would try the pattern of one operation after the other, which for two hundred takes longer than most answers; here
//! a path is looked up segment by segment.

mod router;
mod table;

use actix_web::{FromRequest, Handler, Responder};
use utoipa::__dev::{SchemaReferences, Tags};

pub(crate) use router::{Handlers, Router};
pub(crate) use table::Table;

/// What is known of an operation at compile time: its path, its methods, its documentation.
pub trait Documented: utoipa::Path + SchemaReferences + for<'t> Tags<'t> {}

impl<T: utoipa::Path + SchemaReferences + for<'t> Tags<'t>> Documented for T {}

/// What the areas' `configure` functions register their operations with.
pub trait Operations: Sized {
    /// One operation: `operations!` names it.
    fn operation<D, H, A>(&mut self, handler: H)
    where
        D: Documented,
        H: Handler<A>,
        H::Output: Responder + 'static,
        A: FromRequest + 'static;

    /// Operations whose paths begin with `prefix`.
    fn scope(&mut self, prefix: &'static str, area: impl FnOnce(&mut Self)) -> &mut Self;

    /// An area's operations.
    fn configure(&mut self, area: impl FnOnce(&mut Self)) -> &mut Self {
        area(self);
        self
    }
}

/// Registers handlers under the paths and methods of their `#[utoipa::path]`.
macro_rules! operations {
    ($config:ident, $($handler:ident),+ $(,)?) => {
        ::pastey::paste! { $( $config.operation::<[<__path_ $handler>], _, _>($handler); )+ }
    };
}

pub(crate) use operations;
