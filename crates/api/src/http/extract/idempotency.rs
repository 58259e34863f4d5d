//! `Idempotency-Key`: the first answer to a request is kept, and given again to the same request.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    time::Duration,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use database::{Db, Pool, Tx, idempotency};
use kernel::{Actor, Code, Error, Result};

use super::Caller;
use crate::http::{problem::Problem, reply::Reply};

/// How long the answer to a creating request is kept.
const RETENTION: Duration = Duration::from_secs(24 * 3600);
/// How long where money moves.
const RETENTION_FOR_MONEY: Duration = Duration::from_secs(72 * 3600);

/// `Idempotency-Key`, optional: 1 to 255 visible characters.
#[derive(Clone, Debug)]
pub struct Idempotency {
    key: Option<String>,
    /// Method and path belong to what makes two requests the same.
    request_line: String,
    /// How long the answer is kept.
    keep: Duration,
}

/// `Idempotency-Key` where money moves: it has to be there.
#[derive(Clone, Debug)]
pub struct MoneyKey(pub Idempotency);

/// How the first step of a use case ended.
pub enum Outcome<T, P> {
    /// It answers the request.
    Done(Reply<T>),
    /// A payment provider has to be asked first.
    NeedsProvider(P),
}

impl FromRequest for MoneyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = Idempotency::from_request(request, payload).into_inner();
        ready(key.and_then(|key| match key.key {
            None => Err(Error::new(Code::IdempotencyKeyRequired).into()),
            Some(_) => Ok(Self(Idempotency { keep: RETENTION_FOR_MONEY, ..key })),
        }))
    }
}

impl FromRequest for Idempotency {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = request.headers().get("idempotency-key").map(|value| {
            let text = value.to_str().unwrap_or_default();
            let legal = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
            if legal { Ok(text.to_owned()) } else { Err(malformed()) }
        });
        ready(key.transpose().map(|key| Self {
            key,
            request_line: format!("{} {}\n", request.method(), request.path()),
            keep: RETENTION,
        }))
    }
}

fn malformed() -> Problem {
    Error::new(Code::MalformedRequest).detail("Idempotency-Key is 1 to 255 visible ASCII characters.").into()
}

impl Idempotency {
    /// The first answer to the same request, where there is one: for a use case that asks another service before the
    /// transaction of [`Idempotency::run`], and should not ask again.
    ///
    /// # Errors
    /// [`Code::IdempotencyKeyReused`], [`Code::IdempotencyInFlight`].
    pub async fn kept<T: Send + 'static>(
        &self,
        caller: &Caller,
        operation: &'static str,
        body: &[u8],
    ) -> Result<Option<Reply<T>>> {
        let Some(request) = self.request(operation, body) else {
            return Ok(None);
        };
        let kept = caller.run(async move |tx| idempotency::find(&tx, &request).await).await?;
        kept.map(|kept| Reply::replay(&kept)).transpose()
    }

    /// The first step of a use case that may have to ask another service before it can answer through [`Idempotency::run`]. An
    /// answer that this step gives already is kept in the transaction of its effect, as there; where there is a first answer to the
    /// same request, nothing runs.
    ///
    /// # Errors
    /// What the use case answers; [`Code::IdempotencyKeyReused`], [`Code::IdempotencyInFlight`].
    pub async fn begin<T, P, F, W>(
        &self,
        db: &Db,
        (pool, actor): (Pool, Actor),
        operation: &'static str,
        body: &[u8],
        work: W,
    ) -> Result<Outcome<T, P>>
    where
        T: Send + 'static,
        P: Send + 'static,
        F: Future<Output = Result<Outcome<T, P>>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        let Some(request) = self.request(operation, body) else {
            return db.run_in(pool, actor, work).await;
        };
        db.run_in(pool, actor, move |tx| async move {
            if let Some(kept) = idempotency::find(&tx, &request).await? {
                return Reply::replay(&kept).map(Outcome::Done);
            }
            let step = work(tx.clone()).await?;
            if let Outcome::Done(reply) = &step {
                idempotency::keep(&tx, &request, &reply.keep()?).await?;
            }
            Ok(step)
        })
        .await
    }

    fn request(&self, operation: &'static str, body: &[u8]) -> Option<idempotency::Request> {
        Some(idempotency::Request {
            operation,
            key: self.key.clone()?,
            content: [self.request_line.as_bytes(), body].concat(),
            keep: self.keep,
        })
    }

    /// Runs a creating use case of the caller's once for each key: the first answer is kept in the transaction of the effect, and
    /// given again to the same request.
    ///
    /// # Errors
    /// What the use case answers; [`Code::IdempotencyKeyReused`], [`Code::IdempotencyInFlight`].
    pub async fn run<T, F, W>(
        self,
        caller: &Caller,
        operation: &'static str,
        body: &[u8],
        work: W,
    ) -> Result<Reply<T>>
    where
        T: Send + 'static,
        F: Future<Output = Result<Reply<T>>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        self.run_in(&caller.state.db, (Pool::App, caller.actor), operation, body, work).await
    }

    /// Like [`Idempotency::run`], with another role's connection.
    ///
    /// # Errors
    /// See [`Idempotency::run`].
    pub async fn run_in<T, F, W>(
        self,
        db: &Db,
        whose: (Pool, Actor),
        operation: &'static str,
        body: &[u8],
        work: W,
    ) -> Result<Reply<T>>
    where
        T: Send + 'static,
        F: Future<Output = Result<Reply<T>>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        let work = async move |tx| work(tx).await.map(Outcome::<T, Infallible>::Done);
        match self.begin(db, whose, operation, body, work).await? {
            Outcome::Done(reply) => Ok(reply),
            Outcome::NeedsProvider(never) => match never {},
        }
    }
}
