//! Where a request comes from.

use std::net::IpAddr;

/// Where a login comes from, as the list of sessions shows it.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The `User-Agent` header, at most 300 characters.
    pub user_agent: Option<String>,
    /// The IP address.
    pub ip_address: Option<String>,
}

/// Whose share of the hashing queue a password takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    /// The address; whoever has none shares one place.
    pub address: Option<IpAddr>,
    /// Whether the account was used from this device before: it goes first, and gives way last.
    pub is_known: bool,
}

impl Client {
    /// The network that it belongs to, as text; empty where the address is not known.
    pub(crate) fn network(&self) -> String {
        self.share(false).address.map(|address| kernel::network(address).to_string()).unwrap_or_default()
    }

    /// The share of the hashing queue.
    #[must_use]
    pub fn share(&self, is_known: bool) -> Share {
        let address = self.ip_address.as_deref().and_then(|address| address.parse().ok());
        Share { address, is_known }
    }
}
