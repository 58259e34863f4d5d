//! Connections: how many there may be, and how long a slow one may hold its place. actix gives a deadline to the head of a
//! connection's first request only, and counts connections for each thread; both have to hold for every request and in all.

mod exchange;
mod place;
mod stream;

use std::{fmt::Write as _, sync::Arc, time::Duration};

use actix_http::{Protocol, error::DispatchError};
use actix_web::rt::net::TcpStream;
use kernel::{Environment, Error, Uuid};
use tokio::{io::AsyncWriteExt, time::timeout};

use self::place::{Limits, Places};
pub use self::{
    exchange::{Exchange, ExchangeBody},
    stream::Stream,
};
use crate::{config::Config, http::problem};

/// The connections of this server.
pub struct Connections {
    places: Arc<Places>,
    environment: Environment,
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
        Self { places: Arc::new(Places::new(limits)), environment }
    }

    /// Gives a new connection its place and its deadlines. One too many is answered so and closed.
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
        match self.places.admit(peer.ip().to_canonical()) {
            Ok(place) => Ok((Stream::new(io, place), Protocol::Http1, Some(peer))),
            Err(error) => {
                self.refuse(io, &error).await;
                Err(DispatchError::Io(std::io::ErrorKind::ConnectionRefused.into()))
            }
        }
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
