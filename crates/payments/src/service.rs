//! The service: the configured provider, and how long a checkout waits for its buyer.

use std::{sync::Arc, time::Duration};

use database::{Tx, inbox, outbox};
use entity::enums::ProviderName;
use kernel::{Code, Error, Result, Timestamp};

use crate::{
    message::PROVIDER_UPDATE,
    provider::{Provider, WebhookEvent},
};

/// Takes money and gives it back. Cheap to clone.
#[derive(Clone)]
pub struct Payments {
    provider: Option<Arc<dyn Provider>>,
    pub(crate) checkout_lifetime: Duration,
}

impl Payments {
    /// Uses this provider, if there is one; a checkout waits for its buyer for `checkout_lifetime`.
    #[must_use]
    pub fn new(provider: Option<Arc<dyn Provider>>, checkout_lifetime: Duration) -> Self {
        Self { provider, checkout_lifetime }
    }

    /// Whether this provider takes the money.
    #[must_use]
    pub fn uses(&self, name: ProviderName) -> bool {
        self.provider.as_ref().is_some_and(|provider| provider.name() == name)
    }

    pub(crate) fn provider(&self) -> Result<&dyn Provider> {
        self.provider
            .as_deref()
            .ok_or_else(|| Error::new(Code::ProviderUnavailable).detail("No payment provider is configured."))
    }

    /// Reads a webhook of the provider's, if its signature is valid.
    ///
    /// # Errors
    /// See [`Provider::read_webhook`].
    pub fn read_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<WebhookEvent> {
        self.provider()?.read_webhook(signature, body, now)
    }
}

/// Records an event for the worker to act on. The same event again, or one that is not about our payments, changes nothing. Runs in
/// the worker's role.
///
/// # Errors
/// What the database answers.
pub async fn record_event(tx: &Tx, provider: &str, event: &WebhookEvent) -> Result<()> {
    let Some(update) = &event.update else {
        return Ok(());
    };
    if inbox::note(tx, provider, &event.id, &event.kind).await? {
        let payload = serde_json::to_value(update).map_err(Error::internal)?;
        outbox::send(tx, PROVIDER_UPDATE, payload).await?;
    }
    Ok(())
}
