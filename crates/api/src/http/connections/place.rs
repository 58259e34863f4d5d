//! The places of connections: how many may be open, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{Code, Error};

/// What connections may cost.
pub(super) struct Limits {
    /// How many may be open in all.
    pub(super) total: usize,
    /// How many may be open from one address. 0: no limit.
    pub(super) per_address: usize,
    /// Proxies in front of this server: one address that stands for many people.
    pub(super) trusted: Vec<IpAddr>,
    /// How long the head of a request may take, from its first byte.
    pub(super) head: Duration,
    /// How long an answer may wait for its reader to take more of it.
    pub(super) stalled: Duration,
}

/// The places of all connections, and how many are taken.
pub(super) struct Places {
    limits: Limits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place among those that may be open; dropping it makes room.
pub(super) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    /// None are taken yet.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, open: Mutex::default() }
    }

    /// A place for a connection from this address, unless it is one too many.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Place, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.limits.total {
            return Err(Error::new(Code::Overloaded).detail(format!(
                "{} connections are open, which is as many as this server takes (PALESTRA_MAX_CONNECTIONS).",
                self.limits.total
            )));
        }
        let limited = self.limits.per_address > 0 && !self.limits.trusted.contains(&address);
        let address = kernel::network(address);
        let here = open.by_address.get(&address).copied().unwrap_or_default();
        if limited && here >= self.limits.per_address {
            return Err(Error::new(Code::RateLimited).detail(format!(
                "{here} connections are open from this address, which is as many as one address may have \
                 (PALESTRA_CONNECTIONS_PER_ADDRESS)."
            )));
        }
        open.total += 1;
        *open.by_address.entry(address).or_default() += 1;
        Ok(Place { places: self.clone(), address })
    }
}

impl Place {
    pub(super) fn limits(&self) -> &Limits {
        &self.places.limits
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(here) = open.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}
