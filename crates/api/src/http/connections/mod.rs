//! Connections: how many there may be, and how long a slow one may hold its place. actix gives a deadline to the head of a
//! connection's first request only, and counts connections for each thread; both have to hold for every request and in all.

mod exchange;
mod stream;

use std::{
    collections::HashMap,
    fmt::Write as _,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_http::{Protocol, error::DispatchError};
use actix_web::rt::net::TcpStream;
use kernel::{Code, Environment, Error, Uuid};
use tokio::{io::AsyncWriteExt, time::timeout};

pub use self::{
    exchange::{Exchange, ExchangeBody},
    stream::Stream,
};
use crate::{config::Config, http::problem};

/// What connections may cost.
struct Limits {
    /// How many may be open in all.
    total: usize,
    /// How many may be open from one address. 0: no limit.
    per_address: usize,
    /// Proxies in front of this server: one address that stands for many people.
    trusted: Vec<IpAddr>,
    /// How long the head of a request may take, from its first byte.
    head: Duration,
    /// How long an answer may wait for its reader to take more of it.
    stalled: Duration,
}

/// The connections of this server.
pub struct Connections {
    limits: Limits,
    environment: Environment,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place among those that may be open; dropping it makes room.
pub struct Place {
    connections: Arc<Connections>,
    address: IpAddr,
}

impl Connections {
    /// None are open yet.
    #[must_use]
    pub fn new(config: &Config, environment: Environment) -> Self {
        let limits = Limits {
            total: config.max_connections,
            per_address: config.connections_per_address,
            trusted: config.trusted_proxies.clone(),
            head: Duration::from_secs(config.head_timeout_seconds),
            stalled: Duration::from_secs(config.stalled_timeout_seconds),
        };
        Self { limits, environment, open: Mutex::default() }
    }

    /// Gives a new connection its place and its deadlines. One too many is told so and closed.
    ///
    /// # Errors
    /// Where the connection is gone or refused; there is nobody left to tell.
    pub async fn accept(
        self: Arc<Self>,
        io: TcpStream,
    ) -> Result<(Stream, Protocol, Option<std::net::SocketAddr>), DispatchError> {
        let peer = io.peer_addr()?;
        // An answer goes out in pieces: without this, the last one waits for the reader's acknowledgement of the others.
        io.set_nodelay(true)?;
        match self.admit(peer.ip().to_canonical()) {
            Ok(place) => Ok((Stream::new(io, place), Protocol::Http1, Some(peer))),
            Err(error) => {
                self.refuse(io, &error).await;
                Err(DispatchError::Io(std::io::ErrorKind::ConnectionRefused.into()))
            }
        }
    }

    fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Place, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.limits.total {
            return Err(Error::new(Code::Overloaded).detail(format!(
                "{} connections are open, which is as many as this server takes (PALESTRA_MAX_CONNECTIONS).",
                self.limits.total
            )));
        }
        let limited = self.limits.per_address > 0 && !self.limits.trusted.contains(&address);
        let here = open.by_address.get(&address).copied().unwrap_or_default();
        if limited && here >= self.limits.per_address {
            return Err(Error::new(Code::RateLimited).detail(format!(
                "{here} connections are open from this address, which is as many as one address may have \
                 (PALESTRA_CONNECTIONS_PER_ADDRESS)."
            )));
        }
        open.total += 1;
        *open.by_address.entry(address).or_default() += 1;
        Ok(Place { connections: self.clone(), address })
    }

    /// Writes a refusal. A new connection has room for it, so nobody waits for whoever is one too many.
    async fn refuse(&self, mut io: TcpStream, error: &Error) {
        let id = self.environment.new_id::<Uuid>().to_string();
        let (status, body) = problem::json(error, &id);
        let reason = status.canonical_reason().unwrap_or_default();
        let mut answer = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16());
        let length = body.len();
        let written = write!(
            answer,
            "content-type: application/problem+json\r\ncontent-length: {length}\r\nretry-after: 1\r\ncache-control: no-store\r\n\
             x-request-id: {id}\r\nconnection: close\r\n\r\n"
        );
        if written.is_ok() {
            let answer = [answer.as_bytes(), &body].concat();
            drop(timeout(Duration::from_secs(1), io.write_all(&answer)).await);
        }
        tracing::debug!(code = error.code().as_str(), "a connection was refused");
    }
}

impl Place {
    fn limits(&self) -> &Limits {
        &self.connections.limits
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(here) = open.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}
