//! Whose session still stands, and what its account may do now: every request with an access token asks.

use std::time::Duration;

use database::{Db, Tx};
use kernel::{Actor, Code, Result, Role, SessionId, Timestamp, UserId};
use quick_cache::sync::Cache;

use crate::{access_token::Claims, session::store as sessions};

/// How many sessions are remembered.
const REMEMBERED: usize = 50_000;
/// How long what is remembered holds, unless an invalidation ends it before ([`Db::generation_of`]): so long at most a change counts
/// for nothing that somebody made by hand in the database.
const TTL: Duration = Duration::from_secs(60);
/// How long it holds while changes of other processes are not heard of.
const TTL_WITHOUT_INVALIDATIONS: Duration = Duration::from_secs(1);

/// The sessions that were asked about last, as they are in the database.
///
/// A token says who somebody is; whether they still may, and as what, is said here. What ends a session or changes an account
/// invalidates what is remembered of the account ([`database::Tx::invalidate_account_cache`]): at once in the process that did it, and
/// in every other within a second.
pub(crate) struct Standings(Cache<SessionId, Standing>);

#[derive(Clone, Copy)]
struct Standing {
    /// The role of the account; `None` where the session has ended, or its account is suspended.
    role: Option<Role>,
    /// When the session ends unless it is refreshed before.
    expires_at: Timestamp,
    generation: u64,
    at: Timestamp,
}

impl Default for Standings {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Standings {
    /// Who asks with these claims, with the role that the account has now. It costs a statement where nothing is remembered.
    pub(crate) async fn confirm(&self, db: &Db, claims: &Claims) -> Result<Actor> {
        let Actor::User { id, session, .. } = claims.actor() else {
            return Err(Code::TokenInvalid.into());
        };
        let standing = match self.remembered(db, id, session) {
            Some(standing) => standing,
            None => self.read(db, claims.actor(), id, session).await?,
        };
        let role = standing.role.ok_or(Code::SessionRevoked)?;
        Ok(Actor::User { id, role, session })
    }

    fn remembered(&self, db: &Db, user_id: UserId, session: SessionId) -> Option<Standing> {
        let found = self.0.get(&session)?;
        let now = db.environment().now();
        let ttl = if db.invalidations_are_live() { TTL } else { TTL_WITHOUT_INVALIDATIONS };
        let holds = found.generation == db.generation_of(user_id)
            && found.at <= now
            && found.at + ttl > now
            // Where it has been refreshed meanwhile, it ends later than is known here.
            && found.expires_at > now;
        holds.then_some(found)
    }

    async fn read(&self, db: &Db, actor: Actor, user_id: UserId, session: SessionId) -> Result<Standing> {
        // Before the row is read: what ends the session afterwards counts.
        let generation = db.generation_of(user_id);
        let read = move |tx: Tx| async move {
            let status = sessions::status(&tx, session, user_id).await?;
            let active = status.as_ref().filter(|status| status.is_active(tx.now()));
            Ok(Standing {
                role: active.map(|status| status.role),
                // One that has ended does not begin again.
                expires_at: active.map_or(Timestamp::MAX_UTC, |status| status.expires_at),
                generation,
                at: tx.now(),
            })
        };
        let standing = db.read(actor, read).await?;
        self.0.insert(session, standing);
        Ok(standing)
    }
}
