use std::{collections::HashSet, time::Duration};

use database::{Db, Pool, Tx};
use entity::enums::LinkPurpose;
use kernel::{
    Actor, Code, Cursor, Error, FieldError, Limit, Page, Result, Role, SessionId, Timestamp, UserId, Uuid,
    hash_token, to_base64url,
};
use sea_orm::FromQueryResult;

use crate::{Account, Identity, account, mail, store};

/// Within this time a repeated refresh is taken for a client whose answer was lost.
const RETRY: Duration = Duration::from_secs(10);
/// Ended sessions and used links are kept so long, then forgotten.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Mixed into the successor of a refresh token.
const SUCCESSOR: &str = "refresh token successor";

/// Where a login comes from, as the list of sessions shows it.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The `User-Agent`, cut to 300 characters.
    pub user_agent: Option<String>,
    /// The address.
    pub ip_address: Option<String>,
}

/// A session that has just begun or was continued.
pub struct LoggedIn {
    /// The access token.
    pub access_token: String,
    /// The one refresh token that continues the session from here.
    pub refresh_token: String,
    /// Whose it is.
    pub account: Account,
}

/// One of an account's sessions.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The `User-Agent` of its last use.
    pub user_agent: Option<String>,
    /// The address of its last use.
    pub ip_address: Option<String>,
    /// When somebody logged in.
    pub created_at: Timestamp,
    /// When its tokens were last refreshed.
    pub last_used_at: Timestamp,
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
}

/// Begins a session. Unknown address, wrong password and suspended account cost the same and answer the same.
///
/// # Errors
/// [`Code::InvalidCredentials`], [`Code::Overloaded`] where too many log in at once.
pub async fn login(
    db: &Db,
    identity: &Identity,
    email: &str,
    password: String,
    client: Client,
) -> Result<LoggedIn> {
    let place = identity.hasher.enter()?;
    let email = account::normal(email);
    let login = db
        .read_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
            store::login(&tx, &email).await
        })
        .await?;
    let stored = login.as_ref().map(|login| login.password_hash.clone());
    let correct = place.verify(password.clone(), stored.clone()).await?;
    let Some(login) = login.filter(|login| correct && login.status == "ACTIVE") else {
        return Err(Code::InvalidCredentials.into());
    };
    let outdated = stored
        .as_deref()
        .is_some_and(|hash| identity.hasher.is_outdated(hash));
    let rehashed = if outdated {
        let mut salt = [0; 16];
        salt.copy_from_slice(db.environment().secret().split_at(16).0);
        Some(place.hash(password, salt).await?)
    } else {
        None
    };
    drop(place);
    let identity = identity.clone();
    db.run_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
        unchanged(&tx, login.user_id, stored.as_deref()).await?;
        if let Some(hash) = rehashed {
            store::set_password(&tx, login.user_id, &hash).await?;
        }
        begin(&tx, &identity, login.user_id, client).await
    })
    .await
}

/// Hashing takes its time, and meanwhile the password may have been reset or the account suspended: then what was
/// verified holds no more. The rows are locked until the end of the transaction.
async fn unchanged(tx: &Tx, user_id: UserId, verified: Option<&str>) -> Result<()> {
    let now = store::lock_login(tx, user_id).await?;
    let same = now.is_some_and(|now| now.status == "ACTIVE" && Some(now.password_hash.as_str()) == verified);
    if same {
        Ok(())
    } else {
        Err(Code::InvalidCredentials.into())
    }
}

/// Begins a session for an account that has just proved who it is.
///
/// # Errors
/// What the database answers.
pub(crate) async fn begin(tx: &Tx, identity: &Identity, user_id: UserId, client: Client) -> Result<LoggedIn> {
    let account = store::account(tx, user_id)
        .await?
        .ok_or(Code::InvalidCredentials)?;
    let session = store::insert_session(tx, user_id, &client, tx.now() + identity.session_lifetime).await?;
    let refresh_token = to_base64url(&tx.secret());
    store::insert_refresh_token(tx, hash_token(refresh_token.as_bytes()), session).await?;
    let access_token = identity
        .tokens
        .issue(tx, user_id, role_of(&account.role)?, session)?;
    Ok(LoggedIn {
        access_token,
        refresh_token,
        account,
    })
}

impl Identity {
    /// Begins the first session of an account, in the transaction that registers it.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn begin_session(&self, tx: &Tx, user_id: UserId, client: Client) -> Result<LoggedIn> {
        begin(tx, self, user_id, client).await
    }
}

/// How a refresh ends: reuse must leave its mark although the caller is refused.
enum Refreshed {
    Continued(Box<LoggedIn>),
    Refused(Code),
}

/// Continues a session: spends this refresh token and makes its successor.
///
/// The successor is derived from the spent token, a random seed kept with it, and the master key. So a client whose
/// answer was lost, and two tabs that refresh at once, get the same successor within ten seconds; nothing readable is
/// stored. Any other reuse ends the session, since either the thief or the owner holds a spent token.
///
/// # Errors
/// [`Code::RefreshTokenInvalid`], [`Code::RefreshTokenReused`].
pub async fn refresh(db: &Db, identity: &Identity, token: String, client: Client) -> Result<LoggedIn> {
    let identity = identity.clone();
    let refreshed = db
        .run_in(Pool::Auth, Actor::Anonymous, move |tx| async move {
            rotate(&tx, &identity, &token, client).await
        })
        .await?;
    match refreshed {
        Refreshed::Continued(session) => Ok(*session),
        Refreshed::Refused(code) => Err(code.into()),
    }
}

async fn rotate(tx: &Tx, identity: &Identity, token: &str, client: Client) -> Result<Refreshed> {
    let hash = hash_token(token.as_bytes());
    let Some(found) = store::refresh_token(tx, &hash).await? else {
        return Ok(Refreshed::Refused(Code::RefreshTokenInvalid));
    };
    if found.revoked_at.is_some() || found.expires_at <= tx.now() || found.status != "ACTIVE" {
        return Ok(Refreshed::Refused(Code::RefreshTokenInvalid));
    }
    let successor = match (found.spent_at, found.successor_seed) {
        (None, _) => {
            let seed = tx.secret();
            store::spend_refresh_token(tx, &hash, &seed).await?;
            let successor = successor(tx, token, &seed);
            store::insert_refresh_token(tx, hash_token(successor.as_bytes()), found.session_id).await?;
            store::touch_session(
                tx,
                found.session_id,
                &client,
                tx.now() + identity.session_lifetime,
            )
            .await?;
            successor
        }
        (Some(spent_at), Some(seed)) if spent_at + RETRY > tx.now() => {
            let successor = successor(tx, token, &seed);
            let next = store::refresh_token(tx, &hash_token(successor.as_bytes())).await?;
            if next.is_none_or(|next| next.spent_at.is_some()) {
                return reused(tx, found.user_id, found.session_id).await;
            }
            successor
        }
        _ => return reused(tx, found.user_id, found.session_id).await,
    };
    let access_token = identity
        .tokens
        .issue(tx, found.user_id, role_of(&found.role)?, found.session_id)?;
    let account = store::account(tx, found.user_id)
        .await?
        .ok_or(Code::RefreshTokenInvalid)?;
    Ok(Refreshed::Continued(Box::new(LoggedIn {
        access_token,
        refresh_token: successor,
        account,
    })))
}

async fn reused(tx: &Tx, user_id: UserId, session: SessionId) -> Result<Refreshed> {
    store::revoke_sessions(tx, user_id, Some(session), None, "refresh_token_reused").await?;
    database::audit::record(
        tx,
        "session.refresh_token_reused",
        session,
        serde_json::json!({ "userId": user_id }),
    )
    .await?;
    Ok(Refreshed::Refused(Code::RefreshTokenReused))
}

fn successor(tx: &Tx, token: &str, seed: &[u8]) -> String {
    to_base64url(&tx.keyring().mac(SUCCESSOR, &[token.as_bytes(), seed].concat()))
}

/// Ends the session of this refresh token. An unknown token is no error: the session is over either way.
///
/// # Errors
/// What the database answers.
pub async fn logout(tx: &Tx, token: &str) -> Result<()> {
    if let Some(found) = store::refresh_token(tx, &hash_token(token.as_bytes())).await? {
        store::revoke_sessions(tx, found.user_id, Some(found.session_id), None, "logout").await?;
    }
    Ok(())
}

/// Asks the database whether the caller's session still lives and what its account may do now: for routes where a
/// token's word is not enough.
///
/// # Errors
/// [`Code::Unauthenticated`], [`Code::SessionRevoked`].
pub async fn confirm(tx: &Tx) -> Result<Actor> {
    let Actor::User { id, session, .. } = tx.actor() else {
        return Err(Code::Unauthenticated.into());
    };
    let standing = store::standing(tx, session, id)
        .await?
        .ok_or(Code::SessionRevoked)?;
    if standing.revoked_at.is_some() || standing.expires_at <= tx.now() || standing.status != "ACTIVE" {
        return Err(Code::SessionRevoked.into());
    }
    Ok(Actor::User {
        id,
        session,
        role: role_of(&standing.role)?,
    })
}

/// Which of these sessions live at this moment: for what stays open longer than a token is good. For the worker.
///
/// # Errors
/// What the database answers.
pub async fn living(tx: &Tx, sessions: &[SessionId]) -> Result<HashSet<SessionId>> {
    Ok(store::living(tx, sessions).await?.into_iter().collect())
}

/// The caller's sessions that still live, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_sessions(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Session>> {
    let rows = store::sessions(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |session| {
        Cursor::at(session.created_at, session.id)
    }))
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Code::NotFound`] for one that is not theirs or has ended.
pub async fn revoke_session(tx: &Tx, session: SessionId) -> Result<()> {
    match store::revoke_sessions(tx, tx.user_id()?, Some(session), None, "revoked").await? {
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
    store::revoke_sessions(tx, id, None, Some(session), "revoked")
        .await
        .map(drop)
}

/// Changes the caller's password and ends the other sessions.
///
/// # Errors
/// [`Code::ValidationFailed`] where the current password is wrong or the new one is guessed first.
pub async fn change_password(
    db: &Db,
    identity: &Identity,
    actor: Actor,
    current: String,
    new: String,
) -> Result<()> {
    let Actor::User { id, session, .. } = actor else {
        return Err(Code::Unauthenticated.into());
    };
    let login = db
        .read_in(Pool::Auth, actor, move |tx| async move {
            store::login_of(&tx, id).await
        })
        .await?;
    let stored = login.map(|login| login.password_hash);
    if !identity.hasher.enter()?.verify(current, stored.clone()).await? {
        let wrong = FieldError::new(
            "/currentPassword",
            "wrong_password",
            "This is not the current password.",
        );
        return Err(Error::invalid(vec![wrong]));
    }
    let hash = account::hash_new_password(db, &identity.hasher, new, "/newPassword", &[]).await?;
    db.run_in(Pool::Auth, actor, move |tx| async move {
        unchanged(&tx, id, stored.as_deref()).await?;
        store::set_password(&tx, id, &hash).await?;
        store::spend_links(&tx, id, LinkPurpose::ResetPassword).await?;
        store::revoke_sessions(&tx, id, None, Some(session), "password_changed").await?;
        mail::enqueue(&tx, mail::PASSWORD_CHANGED, id).await
    })
    .await
}

/// Forgets sessions, links and keys that ended long ago; answers with how many.
///
/// # Errors
/// What the database answers.
pub async fn sweep(tx: &Tx) -> Result<u64> {
    store::sweep(tx, tx.now() - KEPT).await
}

pub(crate) fn role_of(stored: &str) -> Result<Role> {
    stored
        .parse()
        .map_err(|_| Error::internal(format!("unknown role {stored}")))
}
