//! A use case without its type. Everything that runs one is compiled once and not once for each operation, and a caller holds a
//! pointer instead of the use case's whole state.

use std::{any::Any, future::Future};

use futures_util::future::{BoxFuture, FutureExt};
use kernel::{Error, Result};

use crate::Tx;

/// What a use case answers, until [`opened`] gives it its type again.
pub(crate) type Answer = Box<dyn Any + Send>;

/// A use case that has not begun.
pub(crate) type Work = Box<dyn FnOnce(Tx) -> BoxFuture<'static, Result<Answer>> + Send>;

pub(crate) fn boxed<T, F, W>(work: W) -> Work
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
    W: FnOnce(Tx) -> F + Send + 'static,
{
    Box::new(|tx| work(tx).map(erased::<T>).boxed())
}

fn erased<T: Send + 'static>(answer: Result<T>) -> Result<Answer> {
    answer.map(|value| Box::new(value) as Answer)
}

pub(crate) async fn opened<T: 'static>(answer: BoxFuture<'_, Result<Answer>>) -> Result<T> {
    let value = answer.await?.downcast::<T>();
    value.map_or_else(|_| Err(Error::internal("a use case answered with another type")), |value| Ok(*value))
}
