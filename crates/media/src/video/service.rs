//! What videos need besides the database.

use std::{sync::Arc, time::Duration};

use kernel::{Code, Error, Result, Timestamp};

use super::mux::Mux;

/// Uploads, plays and follows videos. Cheap to clone.
#[derive(Clone)]
pub struct Videos {
    pub(crate) mux: Option<Arc<Mux>>,
    pub(crate) lifetime: Duration,
}

impl Videos {
    /// With Mux where it is configured; playback URLs are valid for `lifetime`.
    #[must_use]
    pub fn new(mux: Option<Mux>, lifetime: Duration) -> Self {
        Self { mux: mux.map(Arc::new), lifetime }
    }

    /// Refuses a webhook whose body does not carry Mux's signature, or whose signature is older than five minutes.
    ///
    /// # Errors
    /// [`Code::HookSignatureInvalid`], also where Mux is not configured.
    pub fn verify_hook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<()> {
        let Some(mux) = &self.mux else {
            return Err(Error::new(Code::HookSignatureInvalid).detail("Mux is not configured."));
        };
        mux.verify_hook(signature, body, now)
    }

    pub(crate) fn mux(&self) -> Result<&Mux> {
        self.mux.as_deref().ok_or_else(|| Error::new(Code::Unavailable).detail("Mux is not configured."))
    }
}
