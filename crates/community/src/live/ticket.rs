//! Tickets that open a stream without a header.

use std::time::Duration;

use database::Tx;
use kernel::{Actor, Code, Result, Role, hash_token, to_base64url};

use super::{model::Ticket, store};

/// How long a ticket is valid.
const LIFETIME: Duration = Duration::from_secs(60);

/// Creates a ticket for the caller's session.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn create_ticket(tx: &Tx) -> Result<Ticket> {
    let Actor::User { id, session, .. } = tx.actor() else {
        return Err(Code::Unauthenticated.into());
    };
    let ticket = to_base64url(&tx.secret());
    let expires_at = tx.now() + LIFETIME;
    store::insert_ticket(tx, hash_token(ticket.as_bytes()), id, session, expires_at).await?;
    Ok(Ticket { ticket, expires_at })
}

/// Redeems a ticket, which is then gone, and answers with its owner. The role is the lowest, because a stream needs none. Runs in the
/// database's auth role, before the caller is known.
///
/// # Errors
/// [`Code::TokenInvalid`] for a ticket that is unknown, was redeemed or has expired.
pub async fn redeem(tx: &Tx, ticket: &str) -> Result<Actor> {
    let ticket = store::take_ticket(tx, hash_token(ticket.as_bytes())).await?;
    let ticket = ticket.filter(|ticket| ticket.expires_at > tx.now());
    let ticket = ticket.ok_or(Code::TokenInvalid)?;
    Ok(Actor::User { id: ticket.user_id, role: Role::User, session: ticket.session_id })
}
