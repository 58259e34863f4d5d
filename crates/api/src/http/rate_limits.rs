//! How much anybody may ask: a bucket for each member, each address, and each account that somebody has mails sent to. How often a
//! password may be guessed, `identity` knows.

use std::{hash::Hash, net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use kernel::{Code, Error, Result, UserId};

type Buckets<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// What is left to a caller.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Requests a minute.
    pub quota: u32,
    /// Requests left at this moment.
    pub remaining: u32,
}

/// The buckets of this process.
pub struct Limits {
    members: Bucket<UserId>,
    addresses: Bucket<IpAddr>,
    mails: Bucket<(IpAddr, String)>,
    mail_addresses: Bucket<IpAddr>,
}

struct Bucket<K: Hash + Eq + Clone> {
    quota: u32,
    buckets: Option<Buckets<K>>,
}

impl Limits {
    /// Requests a minute for a caller, and mails a minute from one address to another. Zero is no limit.
    #[must_use]
    pub fn new(requests: u32, logins: u32) -> Self {
        Self {
            members: Bucket::new(requests),
            // Several people share an address.
            addresses: Bucket::new(requests.saturating_mul(4)),
            // Counted for the pair: a stranger elsewhere cannot keep an owner from their mail.
            mails: Bucket::new(logins),
            mail_addresses: Bucket::new(logins.saturating_mul(10)),
        }
    }

    /// Counts a request of a member.
    ///
    /// # Errors
    /// [`Code::RateLimited`].
    pub fn member(&self, id: UserId) -> Result<Allowance> {
        self.members.take(&id)
    }

    /// Counts a request from an address.
    ///
    /// # Errors
    /// [`Code::RateLimited`].
    pub fn address(&self, address: IpAddr) -> Result<Allowance> {
        self.addresses.take(&kernel::network(address))
    }

    /// Counts a mail that somebody at this address has sent to an account.
    ///
    /// # Errors
    /// [`Code::RateLimited`].
    pub fn mail(&self, address: IpAddr, account: &str) -> Result<()> {
        let address = kernel::network(address);
        self.mail_addresses.take(&address)?;
        self.mails.take(&(address, kernel::mail::comparable(account)))?;
        Ok(())
    }

    /// Forgets buckets that are full again.
    pub fn sweep(&self) {
        self.members.sweep();
        self.addresses.sweep();
        self.mails.sweep();
        self.mail_addresses.sweep();
    }
}

impl<K: Hash + Eq + Clone> Bucket<K> {
    fn new(quota: u32) -> Self {
        let buckets = NonZeroU32::new(quota).map(|quota| {
            RateLimiter::dashmap(Quota::per_minute(quota)).with_middleware::<StateInformationMiddleware>()
        });
        Self { quota, buckets }
    }

    fn take(&self, key: &K) -> Result<Allowance> {
        let Some(buckets) = &self.buckets else {
            return Ok(Allowance { quota: 0, remaining: 0 });
        };
        match buckets.check_key(key) {
            Ok(snapshot) => {
                Ok(Allowance { quota: self.quota, remaining: snapshot.remaining_burst_capacity() })
            }
            Err(refused) => {
                let wait = refused.wait_time_from(DefaultClock::default().now());
                let wait = Duration::from_secs(wait.as_secs() + 1);
                Err(Error::new(Code::RateLimited).retry_after(wait))
            }
        }
    }

    fn sweep(&self) {
        if let Some(buckets) = &self.buckets {
            buckets.retain_recent();
            buckets.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_version_6_shares_a_bucket() {
        let limits = Limits::new(0, 1);
        let from = |address: &str| limits.mail(address.parse().unwrap(), "Lena@example.com ");
        assert!(from("2001:db8::1").is_ok());
        assert!(from("2001:db8::ffff:2").is_err());
        assert!(from("2001:db8:0:1::1").is_ok());
        assert!(from("192.0.2.1").is_ok());
        assert!(from("192.0.2.2").is_ok());
    }
}
