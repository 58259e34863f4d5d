//! Who asks, and may they at all: the policy of a route is the type of its first argument.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header};
use kernel::{Actor, Code, Error, Role};

use super::state;
use crate::{
    http::{problem::Problem, rate_limits::Allowance},
    state::State,
};

/// Anybody; whoever shows a token has to show a good one.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub Actor);

/// Somebody who is logged in.
#[derive(Clone, Copy, Debug)]
pub struct Member(pub Actor);

/// A trainer or an admin, by the word of the token.
#[derive(Clone, Copy, Debug)]
pub struct Trainer(pub Actor);

/// Somebody whose session lives at this moment, by the word of the database: for sensitive routes.
#[derive(Clone, Copy, Debug)]
pub struct Confirmed(pub Actor);

/// An admin at this moment, by the word of the database.
#[derive(Clone, Copy, Debug)]
pub struct Admin(pub Actor);

/// What the caller's rate limit has left, for the middleware to write into the answer.
#[derive(Clone, Copy, Debug)]
pub struct RateState(pub Allowance);

macro_rules! extractor {
    ($type:ident, |$request:ident, $state:ident, $actor:ident| $check:expr) => {
        impl FromRequest for $type {
            type Error = Problem;
            type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

            fn from_request($request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let $request = $request.clone();
                Box::pin(async move {
                    let $state = state(&$request)?;
                    let $actor = authenticate(&$request, &$state).await?;
                    $check
                })
            }
        }
    };
}

extractor!(Caller, |request, state, actor| Ok(Self(actor)));
extractor!(Member, |request, state, actor| Ok(Self(logged_in(actor)?)));
extractor!(Trainer, |request, state, actor| match logged_in(actor)? {
    actor @ Actor::User { role: Role::Trainer | Role::Admin, .. } => Ok(Self(actor)),
    _ => Err(Code::Forbidden.into()),
});
extractor!(Confirmed, |request, state, actor| Ok(Self(confirm(&state, logged_in(actor)?).await?)));
extractor!(Admin, |request, state, actor| match confirm(&state, logged_in(actor)?).await? {
    actor if actor.is_admin() => Ok(Self(actor)),
    _ => Err(Code::Forbidden.into()),
});

fn logged_in(actor: Actor) -> Result<Actor, Problem> {
    if actor == Actor::Anonymous { Err(Code::Unauthenticated.into()) } else { Ok(actor) }
}

async fn confirm(state: &State, actor: Actor) -> Result<Actor, Problem> {
    Ok(state.db.read(actor, |tx| async move { identity::verify_session(&tx).await }).await?)
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
            state.identity.tokens.verify(&state.db, token).await?.actor()
        }
    };
    // An admin's word reaches everybody's rows: what was taken away is gone at once, not with the token.
    let actor = match actor {
        Actor::User { role: Role::Admin, .. } => confirm(state, actor).await?,
        actor => actor,
    };
    if let Some(id) = actor.user_id() {
        let allowance = state.limits.member(id)?;
        request.extensions_mut().insert(RateState(allowance));
    }
    Ok(actor)
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
