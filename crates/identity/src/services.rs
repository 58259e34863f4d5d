//! What the use cases of this crate need besides the database.

use std::{sync::Arc, time::Duration};

use database::{Db, Pool};
use kernel::{Actor, Result};

use crate::{
    access_token::{Claims, Tokens},
    client::Client,
    credentials::{
        guesses::{GuessLimits, Guesses, RegistrationTry},
        hasher::Hasher,
    },
    session::store as sessions,
    standing::Standings,
};

/// What the school decides about logging in.
#[derive(Clone, Copy, Debug)]
pub struct IdentitySettings {
    /// How long a session lives without being refreshed.
    pub session_lifetime: Duration,
    /// How often a password may be guessed.
    pub guess_limits: GuessLimits,
    /// Whether an account can be used only once its address is verified.
    pub confirms_addresses: bool,
}

/// The services that logging in and every request after it need. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    /// Hashes and verifies passwords.
    pub hasher: Hasher,
    /// Signs and verifies access tokens.
    pub tokens: Arc<Tokens>,
    /// How long a session lives without being refreshed.
    pub session_lifetime: Duration,
    /// Whether an account can be used only once its address is verified.
    pub confirms_addresses: bool,
    pub(crate) guesses: Arc<Guesses>,
    standings: Arc<Standings>,
}

impl Identity {
    /// Services that remember nothing yet.
    #[must_use]
    pub fn new(hasher: Hasher, tokens: Tokens, settings: IdentitySettings) -> Self {
        let IdentitySettings { session_lifetime, guess_limits, confirms_addresses } = settings;
        Self {
            hasher,
            tokens: Arc::new(tokens),
            session_lifetime,
            confirms_addresses,
            guesses: Arc::new(Guesses::new(guess_limits)),
            standings: Arc::default(),
        }
    }

    /// Begins to register from this address; the answer says afterwards whether the e-mail address had an account
    /// ([`RegistrationTry::found_taken`]). Whoever tries one address after the other to see which have accounts is stopped.
    ///
    /// # Errors
    /// [`kernel::Code::RateLimited`].
    pub fn begin_registration(&self, db: &Db, client: &Client) -> Result<RegistrationTry> {
        self.guesses.begin_registration(&client.network(), db.environment().now())
    }

    /// The claims of an access token, verified, and whoever they stand for ([`Identity::confirm`]). With the first use of a token that
    /// came with a refresh, that refresh's answer has arrived: the refresh token before it is good for nothing any more.
    ///
    /// # Errors
    /// [`kernel::Code::TokenExpired`], [`kernel::Code::TokenInvalid`], and see [`Identity::confirm`].
    pub async fn authenticate(&self, db: &Db, token: &str) -> Result<(Arc<Claims>, Actor)> {
        let (claims, is_first) = self.tokens.verify(db, token).await?;
        let actor = self.confirm(db, &claims).await?;
        if let Some(hash) = claims.came_with().filter(|_| is_first) {
            let used = move |tx| async move { sessions::set_used(&tx, hash).await };
            if let Err(error) = db.run_in(Pool::Auth, actor, used).await {
                tracing::warn!(%error, "it cannot be written that the answer to a refresh has arrived");
            }
        }
        Ok((claims, actor))
    }

    /// Whoever these verified claims stand for, with the role that the account has now. What an admin, the owner or a password change
    /// has ended is refused: at once by the process that ended it, and by every other within a second. Where the process has asked
    /// before, it costs no statement.
    ///
    /// # Errors
    /// [`kernel::Code::SessionRevoked`] where the session has ended or the account is suspended.
    pub async fn confirm(&self, db: &Db, claims: &Claims) -> Result<Actor> {
        self.standings.confirm(db, claims).await
    }
}
