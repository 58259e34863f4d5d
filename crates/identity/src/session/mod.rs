//! Sessions: logging in, refreshing, logging out, and which devices are logged in.

pub(crate) mod model;
pub(crate) mod store;

use std::{collections::HashSet, time::Duration};

use database::{Db, Pool, Tx, audit};
use entity::enums::UserStatus;
use kernel::{Actor, Code, Cursor, Error, Limit, Page, Result, SessionId, UserId, hash_token, to_base64url};
use serde_json::json;

pub use self::model::Session;
use self::model::{RefreshToken, RevocationReason, Sessions};
use crate::{
    account::{Account, store as account_store},
    client::Client,
    credentials::{self, hasher::Verified, model::normalize_email},
    mail,
    services::Identity,
    username,
};

/// Within this time a repeated refresh is taken for a client whose answer was lost, or for one of several tabs.
const REFRESH_RETRY_WINDOW: Duration = Duration::from_secs(10);
/// Within this time it is, as long as nothing of the answer was used: a phone may be in a lift, or closed, before it asks again.
const LOST_ANSWER_WINDOW: Duration = Duration::from_secs(10 * 60);
/// How long ended sessions, links and keys are kept before they are deleted.
const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Names the key that derives the successor of a refresh token.
const SUCCESSOR_KEY: &str = "refresh token successor";

/// A session that has just begun or was continued.
pub struct LoggedIn {
    /// The access token.
    pub access_token: String,
    /// The one refresh token that continues the session from here.
    pub refresh_token: String,
    /// The account that is logged in.
    pub account: Account,
}

/// Begins a session. Unknown address, wrong password and suspended account cost the same and answer the same, also where it was guessed
/// too often.
///
/// # Errors
/// [`Code::InvalidCredentials`], also where the school wants the address to be verified first and it is not; [`Code::RateLimited`];
/// [`Code::Overloaded`] where too many log in at once.
pub async fn login(
    db: &Db,
    identity: &Identity,
    email: &str,
    password: String,
    client: Client,
) -> Result<LoggedIn> {
    let email = normalize_email(email);
    let (wanted, from) = (email.clone(), client.clone());
    let found = db
        .read_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
            credentials::store::find_for_login(&tx, &wanted, &from).await
        })
        .await?;
    let is_known = found.as_ref().is_some_and(|found| found.is_known_device);
    let guess = identity.guesses.begin(&email, &client, is_known, db.environment().now())?;
    let slot = identity.hasher.acquire_for(client.share(is_known))?;
    let stored = found.as_ref().map(|found| found.password_hash.clone());
    let verified = slot.verify(password.clone(), stored.clone()).await?;
    let is_correct = verified != Verified::Wrong;
    let Some(found) = found.filter(|found| is_correct && found.status == UserStatus::Active) else {
        guess.failed(db.environment().now());
        return Err(invalid_credentials(identity));
    };
    guess.succeeded();
    if identity.confirms_addresses && found.email_verified_at.is_none() {
        // Answered like an address that somebody else has: whoever registers addresses does not learn which are taken.
        let remind = move |tx| async move { mail::enqueue(&tx, mail::VERIFY_EMAIL, found.user_id).await };
        db.run_in(Pool::Auth, Actor::Anonymous, remind).await?;
        return Err(invalid_credentials(identity));
    }
    // A hash of another form of the password is as old as one with other parameters.
    let is_outdated = verified == Verified::AsTyped
        || stored.as_deref().is_some_and(|hash| identity.hasher.is_outdated(hash));
    let rehashed =
        if is_outdated { Some(slot.hash(password, credentials::new_salt(db)).await?) } else { None };
    drop(slot);
    let identity = identity.clone();
    db.run_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
        credentials::require_unchanged(&tx, found.user_id, stored.as_deref()).await?;
        if let Some(hash) = rehashed {
            credentials::store::set_password(&tx, found.user_id, hash).await?;
        }
        identity.begin_session(&tx, found.user_id, client).await
    })
    .await
}

fn invalid_credentials(identity: &Identity) -> Error {
    let refusal = Error::new(Code::InvalidCredentials);
    if identity.confirms_addresses {
        refusal
            .detail("Or the e-mail address is not verified yet: then another mail with a link is on its way.")
    } else {
        refusal
    }
}

impl Identity {
    /// Begins a session for an account that has just proved who it is, or that is registered in this transaction.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn begin_session(&self, tx: &Tx, user_id: UserId, client: Client) -> Result<LoggedIn> {
        let account = account_store::find(tx, user_id).await?.ok_or(Code::InvalidCredentials)?;
        let session = store::insert(tx, user_id, client, tx.now() + self.session_lifetime).await?;
        let refresh_token = to_base64url(&tx.secret());
        store::insert_refresh_token(tx, hash_token(refresh_token.as_bytes()), session).await?;
        let access_token = self.tokens.issue(tx, user_id, account.role, session)?;
        Ok(LoggedIn { access_token, refresh_token, account })
    }
}

/// How a refresh ends. A refusal is no error inside the transaction: the revocation after a reuse has to be committed.
enum Rotation {
    Continued(Box<LoggedIn>),
    Refused(Code),
}

/// Continues a session: spends this refresh token and makes its successor.
///
/// The successor is derived from the spent token, a random seed kept with it, and the master key, so that nothing readable is stored. A
/// client whose answer was lost gets the same successor again, within ten minutes and until it or an access token that came with it was
/// used; two tabs that refresh at once get it within ten seconds. Any other reuse ends the session, since either the thief or the owner
/// holds a spent token.
///
/// # Errors
/// [`Code::RefreshTokenInvalid`], [`Code::RefreshTokenReused`].
pub async fn refresh(db: &Db, identity: &Identity, token: String, client: Client) -> Result<LoggedIn> {
    let identity = identity.clone();
    let rotation = db
        .run_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
            rotate(&tx, &identity, &token, client).await
        })
        .await?;
    match rotation {
        Rotation::Continued(session) => Ok(*session),
        Rotation::Refused(code) => Err(code.into()),
    }
}

async fn rotate(tx: &Tx, identity: &Identity, token: &str, client: Client) -> Result<Rotation> {
    let hash = hash_token(token.as_bytes());
    let Some(found) = store::lock_refresh_token(tx, &hash).await? else {
        return Ok(Rotation::Refused(Code::RefreshTokenInvalid));
    };
    if !found.session.is_active(tx.now()) {
        return Ok(Rotation::Refused(Code::RefreshTokenInvalid));
    }
    let refresh_token = match (found.spent_at, &found.successor_seed) {
        (None, _) => {
            let seed = tx.secret();
            store::spend_refresh_token(tx, hash, &seed).await?;
            let successor = derive_successor(tx, token, &seed);
            store::insert_refresh_token(tx, hash_token(successor.as_bytes()), found.session_id).await?;
            let expires_at = tx.now() + identity.session_lifetime;
            store::extend(tx, found.session_id, client, expires_at).await?;
            successor
        }
        (Some(spent_at), Some(seed)) if spent_at + LOST_ANSWER_WINDOW > tx.now() => {
            let successor = derive_successor(tx, token, seed);
            let next = store::lock_refresh_token(tx, &hash_token(successor.as_bytes())).await?;
            let is_beside = spent_at + REFRESH_RETRY_WINDOW > tx.now();
            if next.is_none_or(|next| next.spent_at.is_some() || (next.used_at.is_some() && !is_beside)) {
                return revoke_reused(tx, &found).await;
            }
            successor
        }
        _ => return revoke_reused(tx, &found).await,
    };
    let came_with = hash_token(refresh_token.as_bytes());
    let (user_id, session_id, role) = (found.user_id, found.session_id, found.session.role);
    let access_token = identity.tokens.issue_with(tx, user_id, role, session_id, Some(&came_with))?;
    let account = account_store::find(tx, found.user_id).await?.ok_or(Code::RefreshTokenInvalid)?;
    Ok(Rotation::Continued(Box::new(LoggedIn { access_token, refresh_token, account })))
}

/// Ends the session of a refresh token that was used again.
async fn revoke_reused(tx: &Tx, token: &RefreshToken) -> Result<Rotation> {
    let session = Sessions::One(token.session_id);
    store::revoke(tx, token.user_id, session, RevocationReason::RefreshTokenReused).await?;
    let detail = json!({ "userId": token.user_id });
    audit::record(tx, "session.refresh_token_reused", token.session_id, detail).await?;
    Ok(Rotation::Refused(Code::RefreshTokenReused))
}

fn derive_successor(tx: &Tx, token: &str, seed: &[u8]) -> String {
    to_base64url(&tx.keyring().mac(SUCCESSOR_KEY, &[token.as_bytes(), seed].concat()))
}

/// Ends the session of this refresh token. An unknown token is no error: the session is over either way.
///
/// # Errors
/// What the database answers.
pub async fn logout(tx: &Tx, token: &str) -> Result<()> {
    if let Some(found) = store::lock_refresh_token(tx, &hash_token(token.as_bytes())).await? {
        let session = Sessions::One(found.session_id);
        store::revoke(tx, found.user_id, session, RevocationReason::Logout).await?;
    }
    Ok(())
}

/// Checks in the database that the caller's session is still active, and answers the caller with the role that the account has
/// now. For whoever shows no access token: [`Identity::confirm`] has checked those.
///
/// # Errors
/// [`Code::Unauthenticated`], [`Code::SessionRevoked`].
pub async fn verify_session(tx: &Tx) -> Result<Actor> {
    let Actor::User { id, session, .. } = tx.actor() else {
        return Err(Code::Unauthenticated.into());
    };
    let status = store::status(tx, session, id).await?;
    let active = status.filter(|status| status.is_active(tx.now()));
    let role = active.ok_or(Code::SessionRevoked)?.role;
    Ok(Actor::User { id, session, role })
}

/// Those of these sessions that are active now, and whose account is not suspended: for connections that stay open longer than an
/// access token is valid. For the worker.
///
/// # Errors
/// What the database answers.
pub async fn active_sessions(tx: &Tx, sessions: &[SessionId]) -> Result<HashSet<SessionId>> {
    store::active_among(tx, sessions).await
}

/// The caller's active sessions, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_sessions(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Session>> {
    let rows = store::list_active(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |session| Cursor::at(session.created_at, session.id)))
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Code::NotFound`] for one that is not theirs or has ended.
pub async fn revoke_session(tx: &Tx, session: SessionId) -> Result<()> {
    let session = Sessions::One(session);
    match store::revoke(tx, tx.user_id()?, session, RevocationReason::Revoked).await? {
        0 => Err(Code::NotFound.into()),
        _ => Ok(()),
    }
}

/// Ends the caller's sessions, all but the one that asks.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn revoke_other_sessions(tx: &Tx) -> Result<()> {
    let Actor::User { id, session, .. } = tx.actor() else {
        return Err(Code::Unauthenticated.into());
    };
    let others = Sessions::AllBut(session);
    store::revoke(tx, id, others, RevocationReason::Revoked).await.map(drop)
}

/// Deletes the sessions, links and signing keys that ended more than 30 days ago, the usernames that are kept for nobody any more, and what
/// is remembered of mails that were sent; answers how many.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx) -> Result<u64> {
    let names = username::delete_expired(tx).await?;
    Ok(store::delete_ended(tx, tx.now() - RETENTION).await? + names + mail::sweep(tx).await?)
}
