//! Who asks, and may they at all: the policy of a route is the type of its first argument.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    ops::Deref,
    sync::Arc,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web::Data};
use database::Tx;
use futures_util::future::LocalBoxFuture;
use identity::{Claims, Client};
use kernel::{Actor, Code, Error, Result};

use super::state;
use crate::{
    config::Config,
    http::{problem::Problem, rate_limits::Allowance},
    state::State,
};

/// Whoever asks: anybody, but whoever shows a token has to show a good one. Its use cases run on their behalf.
#[derive(Clone)]
pub struct Caller {
    /// Who it is.
    pub actor: Actor,
    /// What every request can reach.
    pub state: Data<State>,
}

impl Caller {
    /// Runs a use case on behalf of the caller: see [`Db::run`](database::Db::run).
    ///
    /// # Errors
    /// What the use case answers.
    pub fn run<T, F, W>(&self, work: W) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        self.state.db.run(self.actor, work)
    }

    /// Runs a use case that only reads on behalf of the caller: see [`Db::read`](database::Db::read).
    ///
    /// # Errors
    /// What the use case answers.
    pub fn read<T, F, W>(&self, work: W) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Tx) -> F + Send + 'static,
    {
        self.state.db.read(self.actor, work)
    }
}

/// What the caller's rate limit has left, for the middleware to write into the answer.
#[derive(Clone, Copy, Debug)]
pub struct RateState(pub Allowance);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let actor = authenticate(&request, &state).await?;
            Ok(Self { actor, state })
        })
    }
}

/// A caller who passes a check.
macro_rules! policy {
    ($(#[$doc:meta])* $name:ident, |$caller:ident| $check:expr) => {
        $(#[$doc])*
        pub struct $name(Caller);

        impl Deref for $name {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = Problem;
            type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
                let caller = Caller::from_request(request, payload);
                Box::pin(async move {
                    let $caller = caller.await?;
                    $check.map(Self)
                })
            }
        }
    };
}

policy! {
    /// Somebody who is logged in: their session stands, and their account is not suspended.
    Member, |caller| logged_in(caller)
}
policy! {
    /// Somebody who is a trainer or an admin now, whatever their token says.
    Trainer, |caller| match logged_in(caller)? {
        caller if caller.actor.is_trainer() => Ok(caller),
        _ => Err(Code::Forbidden.into()),
    }
}
policy! {
    /// Somebody who is an admin now.
    Admin, |caller| match logged_in(caller)? {
        caller if caller.actor.is_admin() => Ok(caller),
        _ => Err(Code::Forbidden.into()),
    }
}

fn logged_in(caller: Caller) -> Result<Caller, Problem> {
    if caller.actor == Actor::Anonymous { Err(Code::Unauthenticated.into()) } else { Ok(caller) }
}

async fn authenticate(request: &HttpRequest, state: &State) -> Result<Actor, Problem> {
    let actor = match request.headers().get(header::AUTHORIZATION) {
        None => Actor::Anonymous,
        Some(value) => {
            let token = value.to_str().ok().and_then(|value| {
                let (scheme, token) = value.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
            });
            let token = token.ok_or_else(|| Error::new(Code::TokenInvalid))?;
            let (claims, actor) = state.identity.authenticate(&state.db, token).await?;
            request.extensions_mut().insert(claims);
            actor
        }
    };
    if let Some(id) = actor.user_id() {
        let allowance = state.limits.member(id)?;
        request.extensions_mut().insert(RateState(allowance));
    }
    Ok(actor)
}

/// Confirms the caller again, whose body took its time to arrive: what they may was decided by the head of the request, and the body
/// may come half a minute later.
pub(super) async fn confirm_again(request: &HttpRequest, state: &State) -> Result<(), Problem> {
    let claims = request.extensions().get::<Arc<Claims>>().cloned();
    if let Some(claims) = claims {
        state.identity.confirm(&state.db, &claims).await?;
    }
    Ok(())
}

/// The address and the program that a request comes from.
#[must_use]
pub fn client_of(request: &HttpRequest, config: &Config) -> Client {
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Client {
        user_agent: agent.map(|agent| agent.chars().take(300).collect()),
        ip_address: address_of(request, &config.trusted_proxies).map(|address| address.to_string()),
    }
}

/// Where the request comes from. A proxy's word counts only where the configuration names the proxy.
#[must_use]
pub fn address_of(request: &HttpRequest, trusted: &[IpAddr]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let lines: Vec<&str> =
        request.headers().get_all("x-forwarded-for").filter_map(|line| line.to_str().ok()).collect();
    // From the right: what a trusted proxy wrote. What cannot be read ends the search, since all to its left may be made up.
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim) {
        let read = hop.parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|hop| hop.ip()));
        match read.map(|hop| hop.to_canonical()) {
            Ok(hop) if trusted.contains(&hop) => {}
            Ok(hop) => return Some(hop),
            Err(_) => break,
        }
    }
    Some(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn from(peer: &str, forwarded: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:4000").parse().unwrap());
        for line in forwarded {
            request = request.append_header(("X-Forwarded-For", *line));
        }
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        address_of(&request.to_http_request(), &trusted).unwrap().to_string()
    }

    #[test]
    fn a_proxy_is_believed_from_the_right_as_far_as_it_is_trusted() {
        assert_eq!(from("10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(from("10.0.0.1", &["1.1.1.1, 203.0.113.7, 10.0.0.2"]), "203.0.113.7");
        assert_eq!(from("10.0.0.1", &["1.1.1.1", "203.0.113.7:5555"]), "203.0.113.7");
        assert_eq!(from("10.0.0.1", &["1.1.1.1, nonsense, 10.0.0.2"]), "10.0.0.1");
        assert_eq!(from("10.0.0.1", &["::ffff:203.0.113.7"]), "203.0.113.7");
        assert_eq!(from("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_stranger_does_not_choose_its_own_address() {
        assert_eq!(from("198.51.100.9", &["203.0.113.7"]), "198.51.100.9");
    }
}
