//! What the use cases of this crate need besides the database.

use std::{sync::Arc, time::Duration};

use crate::{access_token::Tokens, credentials::hasher::Hasher};

/// The services that logging in and refreshing need. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    /// Hashes and verifies passwords.
    pub hasher: Hasher,
    /// Signs and verifies access tokens.
    pub tokens: Arc<Tokens>,
    /// How long a session lives without being refreshed.
    pub session_lifetime: Duration,
}
