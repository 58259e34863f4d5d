//! On whose behalf the worker reads.

use database::{Db, Pool, Tx};
use kernel::{Actor, Result, UserId, Uuid};

use super::event_store;

/// The actor as whom the worker reads on behalf of somebody; `None` for an account that is suspended or gone.
pub(super) async fn reader(db: &Db, user_id: UserId) -> Result<Option<Actor>> {
    let role = move |tx: Tx| async move { event_store::role(&tx, user_id).await };
    let role = db.read_in(Pool::Worker, Actor::System, role).await?;
    Ok(role.map(|role| Actor::User { id: user_id, role, session: Uuid::nil().into() }))
}
