use std::time::Duration;

use database::Tx;
use kernel::{Actor, Code, Result, Role, Timestamp, hash_token, to_base64url};

use crate::store;

/// How long a ticket is good.
const LIFETIME: Duration = Duration::from_secs(60);

/// What opens a stream, once, where no header can be set: a browser's `EventSource`.
pub struct Ticket {
    /// 256 random bits; only their hash is kept.
    pub ticket: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// Makes a ticket for the caller's session.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn ticket(tx: &Tx) -> Result<Ticket> {
    let Actor::User { id, session, .. } = tx.actor() else {
        return Err(Code::Unauthenticated.into());
    };
    let ticket = to_base64url(&tx.secret());
    let expires_at = tx.now() + LIFETIME;
    store::live::insert_ticket(tx, hash_token(ticket.as_bytes()), (id, session), expires_at).await?;
    Ok(Ticket { ticket, expires_at })
}

/// Takes a ticket, which is then gone: who made it. The role is the least; whoever listens needs none. For the role that works
/// before anybody is known.
///
/// # Errors
/// [`Code::TokenInvalid`] for one that is unknown, was taken or has expired.
pub async fn redeem(tx: &Tx, ticket: &str) -> Result<Actor> {
    let taken = store::live::take_ticket(tx, hash_token(ticket.as_bytes())).await?;
    let (id, session) = taken
        .filter(|taken| taken.expires_at > tx.now())
        .map(|taken| (taken.user_id, taken.session_id))
        .ok_or(Code::TokenInvalid)?;
    Ok(Actor::User {
        id,
        role: Role::User,
        session,
    })
}
