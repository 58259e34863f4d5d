//! All SQL of this crate.

use database::{MapDbErr, Tx};
use entity::{
    credentials,
    enums::{Level, LinkPurpose},
    link_tokens, profiles, refresh_tokens, sessions, signing_keys, users,
};
use kernel::{Cursor, Limit, Result, SessionId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Set, Value};

use crate::{
    account::Account,
    admin::UserFilter,
    profile::{Person, Profile, PublicProfile},
    session::{Client, Session},
};

/// The columns of [`Account`], from `users u` and `credentials c`.
const ACCOUNT: &str = "u.id, c.email_display AS email, c.email_verified_at, u.username, u.name, u.bio, u.avatar_url, \
                       u.role, u.status, u.version, u.created_at, u.updated_at";

// Accounts -------------------------------------------------------------------------------------------------------

/// What a login has to know.
#[derive(FromQueryResult)]
pub(crate) struct Login {
    pub(crate) user_id: UserId,
    pub(crate) password_hash: String,
    pub(crate) status: String,
}

pub(crate) async fn insert_user(tx: &Tx, user: users::ActiveModel) -> Result<(), DbErr> {
    users::Entity::insert(user)
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

pub(crate) async fn insert_credentials(tx: &Tx, row: credentials::ActiveModel) -> Result<(), DbErr> {
    credentials::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

pub(crate) async fn insert_profile(tx: &Tx, user_id: UserId) -> Result<(), DbErr> {
    let row = profiles::ActiveModel {
        id: Set(tx.new_id()),
        user_id: Set(user_id),
        experience_level: Set(Some(Level::Beginner)),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    profiles::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

pub(crate) async fn account(tx: &Tx, id: UserId) -> Result<Option<Account>> {
    let sql = format!("SELECT {ACCOUNT} FROM users u JOIN credentials c ON c.user_id = u.id WHERE u.id = ?");
    tx.one(&sql, [id.into()]).await
}

pub(crate) async fn accounts(
    tx: &Tx,
    filter: &UserFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Account>> {
    let mut sql = format!(
        "SELECT {ACCOUNT} FROM users u JOIN credentials c ON c.user_id = u.id WHERE u.created_at IS NOT NULL"
    );
    let mut values: Vec<Value> = Vec::new();
    if let Some(role) = filter.role {
        sql.push_str(" AND u.role = ?");
        values.push(role.as_str().into());
    }
    if let Some(status) = &filter.status {
        sql.push_str(" AND u.status = ?");
        values.push(status.clone().into());
    }
    if let Some(email) = &filter.email {
        sql.push_str(" AND c.email = ?");
        values.push(email.trim().to_lowercase().into());
    }
    if let Some(after) = after {
        sql.push_str(" AND (u.created_at < ? OR (u.created_at = ? AND u.id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY u.created_at DESC, u.id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

pub(crate) async fn login(tx: &Tx, email: &str) -> Result<Option<Login>> {
    let sql = "SELECT c.user_id, c.password_hash, u.status FROM credentials c JOIN users u ON u.id = c.user_id \
               WHERE c.email = ?";
    tx.one(sql, [email.into()]).await
}

pub(crate) async fn login_of(tx: &Tx, user_id: UserId) -> Result<Option<Login>> {
    let sql = "SELECT c.user_id, c.password_hash, u.status FROM credentials c JOIN users u ON u.id = c.user_id \
               WHERE c.user_id = ?";
    tx.one(sql, [user_id.into()]).await
}

/// The same, locked until the end of the transaction.
pub(crate) async fn lock_login(tx: &Tx, user_id: UserId) -> Result<Option<Login>> {
    let lock = tx.for_update();
    let sql = format!(
        "SELECT c.user_id, c.password_hash, u.status FROM credentials c JOIN users u ON u.id = c.user_id \
         WHERE c.user_id = ?{lock}"
    );
    tx.one(&sql, [user_id.into()]).await
}

pub(crate) async fn set_password(tx: &Tx, user_id: UserId, hash: &str) -> Result<()> {
    let sql = "UPDATE credentials SET password_hash = ?, updated_at = ? WHERE user_id = ?";
    tx.change(sql, [hash.into(), tx.now().into(), user_id.into()])
        .await
        .map(drop)
}

/// Marks the address as verified, if it is still this one.
pub(crate) async fn set_verified(tx: &Tx, user_id: UserId, email: &str) -> Result<()> {
    let sql = "UPDATE credentials SET email_verified_at = coalesce(email_verified_at, ?), updated_at = ? \
               WHERE user_id = ? AND email = ?";
    tx.change(
        sql,
        [tx.now().into(), tx.now().into(), user_id.into(), email.into()],
    )
    .await
    .map(drop)
}

pub(crate) struct UserColumns {
    pub(crate) username: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) bio: Option<String>,
    pub(crate) avatar_url: Option<String>,
}

/// Writes the public columns where the version is still this one.
pub(crate) async fn update_user(
    tx: &Tx,
    id: UserId,
    version: i64,
    columns: UserColumns,
) -> Result<u64, DbErr> {
    let sql = "UPDATE users SET username = ?, name = ?, bio = ?, avatar_url = ?, version = version + 1, updated_at = ? \
               WHERE id = ? AND version = ?";
    let values = [
        columns.username.into(),
        columns.name.into(),
        columns.bio.into(),
        columns.avatar_url.into(),
        tx.now().into(),
        id.into(),
        version.into(),
    ];
    Ok(tx.execute_raw(tx.statement(sql, values)).await?.rows_affected())
}

/// Writes role and status where the version is still this one.
pub(crate) async fn update_standing(
    tx: &Tx,
    id: UserId,
    version: i64,
    role: &str,
    status: &str,
) -> Result<u64> {
    let sql = "UPDATE users SET role = ?, status = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?";
    tx.change(
        sql,
        [
            role.into(),
            status.into(),
            tx.now().into(),
            id.into(),
            version.into(),
        ],
    )
    .await
}

/// How many active admins there are besides this one; they are locked, so that two cannot demote each other.
pub(crate) async fn other_active_admins(tx: &Tx, id: UserId) -> Result<usize> {
    let lock = tx.for_update();
    let sql = format!("SELECT id FROM users WHERE role = 'ADMIN' AND status = 'ACTIVE' ORDER BY id{lock}");
    let rows = tx.query_all_raw(tx.statement(&sql, [])).await.map_db_err()?;
    let ids = rows
        .iter()
        .map(|row| row.try_get::<UserId>("", "id"))
        .collect::<Result<Vec<_>, _>>()
        .map_db_err()?;
    Ok(ids.into_iter().filter(|other| *other != id).count())
}

// Profiles -------------------------------------------------------------------------------------------------------

pub(crate) async fn profile(tx: &Tx, user_id: UserId) -> Result<Option<Profile>> {
    let sql = "SELECT p.id, p.user_id, p.fitness_goals, p.experience_level, p.weight_grams, p.height_millimetres, \
               p.date_of_birth, p.phone, p.address, u.social_media_links, p.version, p.created_at, p.updated_at \
               FROM profiles p JOIN users u ON u.id = p.user_id WHERE p.user_id = ?";
    tx.one(sql, [user_id.into()]).await
}

pub(crate) async fn update_profile(tx: &Tx, profile: &Profile, version: i64) -> Result<u64> {
    let sql = "UPDATE profiles SET fitness_goals = ?, experience_level = ?, weight_grams = ?, height_millimetres = ?, \
               date_of_birth = ?, phone = ?, address = ?, version = version + 1, updated_at = ? \
               WHERE user_id = ? AND version = ?";
    let values = [
        profile.fitness_goals.clone().into(),
        profile.experience_level.clone().into(),
        profile.weight_grams.into(),
        profile.height_millimetres.into(),
        profile.date_of_birth.into(),
        profile.phone.clone().into(),
        profile.address.clone().into(),
        tx.now().into(),
        profile.user_id.into(),
        version.into(),
    ];
    tx.change(sql, values).await
}

pub(crate) async fn update_links(tx: &Tx, user_id: UserId, links: &serde_json::Value) -> Result<()> {
    let sql = "UPDATE users SET social_media_links = ? WHERE id = ?";
    tx.change(sql, [links.clone().into(), user_id.into()])
        .await
        .map(drop)
}

pub(crate) async fn public_profile(tx: &Tx, by: &str, value: Value) -> Result<Option<PublicProfile>> {
    let sql = format!(
        "SELECT id, username, name, bio, avatar_url, social_media_links, role, created_at FROM users \
         WHERE {by} = ? AND status = 'ACTIVE'"
    );
    tx.one(&sql, [value]).await
}

pub(crate) async fn people(tx: &Tx, ids: &[UserId]) -> Result<Vec<Person>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let marks = vec!["?"; ids.len()].join(", ");
    let sql = format!("SELECT id, username, name, avatar_url FROM users WHERE id IN ({marks})");
    tx.all(&sql, ids.iter().map(|id| (*id).into()).collect::<Vec<Value>>())
        .await
}

// Sessions -------------------------------------------------------------------------------------------------------

/// Whether a session still lives, and what its account may do now.
#[derive(FromQueryResult)]
pub(crate) struct Standing {
    pub(crate) role: String,
    pub(crate) status: String,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
}

/// A refresh token with its session and account.
#[derive(FromQueryResult)]
pub(crate) struct Refresh {
    pub(crate) session_id: SessionId,
    pub(crate) user_id: UserId,
    pub(crate) role: String,
    pub(crate) status: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) spent_at: Option<Timestamp>,
    pub(crate) successor_seed: Option<Vec<u8>>,
}

pub(crate) async fn insert_session(
    tx: &Tx,
    user_id: UserId,
    client: &Client,
    expires_at: Timestamp,
) -> Result<SessionId> {
    let id = tx.new_id();
    let row = sessions::ActiveModel {
        id: Set(id),
        user_id: Set(user_id),
        user_agent: Set(client.user_agent.clone()),
        ip_address: Set(client.ip_address.clone()),
        created_at: Set(tx.now()),
        last_used_at: Set(tx.now()),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    sessions::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_db_err()?;
    Ok(id)
}

pub(crate) async fn insert_refresh_token(tx: &Tx, hash: Vec<u8>, session_id: SessionId) -> Result<()> {
    let row = refresh_tokens::ActiveModel {
        token_hash: Set(hash),
        session_id: Set(session_id),
        issued_at: Set(tx.now()),
        ..Default::default()
    };
    refresh_tokens::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_db_err()?;
    Ok(())
}

/// The token's row is locked until the end of the transaction, so that two refreshes stand in line.
pub(crate) async fn refresh_token(tx: &Tx, hash: &[u8]) -> Result<Option<Refresh>> {
    let lock = if tx.is_postgres() { " FOR UPDATE OF t" } else { "" };
    let sql = format!(
        "SELECT s.id AS session_id, s.user_id, u.role, u.status, s.expires_at, s.revoked_at, t.spent_at, t.successor_seed \
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id \
         WHERE t.token_hash = ?{lock}"
    );
    tx.one(&sql, [hash.to_vec().into()]).await
}

pub(crate) async fn spend_refresh_token(tx: &Tx, hash: &[u8], seed: &[u8]) -> Result<()> {
    let sql = "UPDATE refresh_tokens SET spent_at = ?, successor_seed = ? WHERE token_hash = ?";
    tx.change(sql, [tx.now().into(), seed.to_vec().into(), hash.to_vec().into()])
        .await
        .map(drop)
}

pub(crate) async fn touch_session(
    tx: &Tx,
    id: SessionId,
    client: &Client,
    expires_at: Timestamp,
) -> Result<()> {
    let sql =
        "UPDATE sessions SET last_used_at = ?, expires_at = ?, user_agent = ?, ip_address = ? WHERE id = ?";
    let agent = client.user_agent.clone();
    let values = [
        tx.now().into(),
        expires_at.into(),
        agent.into(),
        client.ip_address.clone().into(),
        id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn standing(tx: &Tx, session_id: SessionId, user_id: UserId) -> Result<Option<Standing>> {
    let sql = "SELECT u.role, u.status, s.revoked_at, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id \
               WHERE s.id = ? AND s.user_id = ?";
    tx.one(sql, [session_id.into(), user_id.into()]).await
}

pub(crate) async fn sessions(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Session>> {
    let mut sql = "SELECT id, user_agent, ip_address, created_at, last_used_at, expires_at FROM sessions \
                   WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ?"
        .to_owned();
    let mut values: Vec<Value> = vec![user_id.into(), tx.now().into()];
    if let Some(after) = after {
        sql.push_str(" AND (created_at < ? OR (created_at = ? AND id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY created_at DESC, id DESC LIMIT {}",
        limit.fetch()
    ));
    tx.all(&sql, values).await
}

/// Which of these sessions live, and are of an account that is not suspended.
pub(crate) async fn living(tx: &Tx, sessions: &[SessionId]) -> Result<Vec<SessionId>> {
    let (among, ids) = tx.among(sessions);
    let sql = format!(
        "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id \
         WHERE s.id {among} AND s.revoked_at IS NULL AND s.expires_at > ? AND u.status = 'ACTIVE'"
    );
    let rows = tx
        .query_all_raw(tx.statement(&sql, [ids, tx.now().into()]))
        .await
        .map_db_err()?;
    let ids: Result<Vec<SessionId>, DbErr> = rows.iter().map(|row| row.try_get("", "id")).collect();
    ids.map_db_err()
}

/// Ends one session of this account, or all, or all but one; answers with how many. What is open by them looks again.
pub(crate) async fn revoke_sessions(
    tx: &Tx,
    user_id: UserId,
    only: Option<SessionId>,
    but: Option<SessionId>,
    reason: &str,
) -> Result<u64> {
    let mut sql =
        "UPDATE sessions SET revoked_at = ?, revoked_reason = ? WHERE user_id = ? AND revoked_at IS NULL"
            .to_owned();
    let mut values: Vec<Value> = vec![tx.now().into(), reason.into(), user_id.into()];
    for (id, condition) in [(only, " AND id = ?"), (but, " AND id <> ?")] {
        if let Some(id) = id {
            sql.push_str(condition);
            values.push(id.into());
        }
    }
    let ended = tx.change(&sql, values).await?;
    if ended > 0 {
        tx.notify(&[user_id]).await?;
    }
    Ok(ended)
}

/// Forgets sessions and links that ended before `before`; their refresh tokens go with them.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<u64> {
    let sessions = "DELETE FROM sessions WHERE expires_at < ? OR revoked_at < ?";
    let links = "DELETE FROM link_tokens WHERE expires_at < ?";
    let keys = "DELETE FROM signing_keys WHERE retires_at < ?";
    Ok(tx.change(sessions, [before.into(), before.into()]).await?
        + tx.change(links, [before.into()]).await?
        + tx.change(keys, [before.into()]).await?)
}

// Links sent by mail ---------------------------------------------------------------------------------------------

/// A link that can still be used.
#[derive(FromQueryResult)]
pub(crate) struct Link {
    pub(crate) user_id: UserId,
    pub(crate) email: String,
}

pub(crate) async fn insert_link(
    tx: &Tx,
    hash: Vec<u8>,
    user_id: UserId,
    purpose: LinkPurpose,
    email: &str,
    expires_at: Timestamp,
) -> Result<()> {
    let row = link_tokens::ActiveModel {
        token_hash: Set(hash),
        user_id: Set(user_id),
        purpose: Set(purpose),
        email: Set(email.to_owned()),
        created_at: Set(tx.now()),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    link_tokens::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_db_err()?;
    Ok(())
}

/// Looks at a link without using it.
pub(crate) async fn usable_link(tx: &Tx, hash: &[u8], purpose: LinkPurpose) -> Result<Option<Link>> {
    let sql = "SELECT user_id, email FROM link_tokens \
               WHERE token_hash = ? AND purpose = ? AND used_at IS NULL AND expires_at > ?";
    tx.one(sql, [hash.to_vec().into(), purpose.into(), tx.now().into()])
        .await
}

/// Uses a link: of two at once, one finds it.
pub(crate) async fn use_link(tx: &Tx, hash: &[u8], purpose: LinkPurpose) -> Result<Option<Link>> {
    let sql = "UPDATE link_tokens SET used_at = ? \
               WHERE token_hash = ? AND purpose = ? AND used_at IS NULL AND expires_at > ? RETURNING user_id, email";
    tx.one(
        sql,
        [
            tx.now().into(),
            hash.to_vec().into(),
            purpose.into(),
            tx.now().into(),
        ],
    )
    .await
}

/// Makes every other link of this purpose useless.
pub(crate) async fn spend_links(tx: &Tx, user_id: UserId, purpose: LinkPurpose) -> Result<()> {
    let sql = "UPDATE link_tokens SET used_at = ? WHERE user_id = ? AND purpose = ? AND used_at IS NULL";
    tx.change(sql, [tx.now().into(), user_id.into(), purpose.into()])
        .await
        .map(drop)
}

/// The address an account is written to.
#[derive(FromQueryResult)]
pub(crate) struct Address {
    pub(crate) email: String,
    pub(crate) email_display: String,
    pub(crate) email_verified_at: Option<Timestamp>,
    pub(crate) name: Option<String>,
}

pub(crate) async fn address(tx: &Tx, user_id: UserId) -> Result<Option<Address>> {
    let sql = "SELECT c.email, c.email_display, c.email_verified_at, u.name FROM credentials c \
               JOIN users u ON u.id = c.user_id WHERE c.user_id = ?";
    tx.one(sql, [user_id.into()]).await
}

// Signing keys ---------------------------------------------------------------------------------------------------

/// A signing key at rest.
#[derive(FromQueryResult)]
pub(crate) struct SealedKey {
    pub(crate) kid: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sealed_private_key: Vec<u8>,
    pub(crate) activates_at: Timestamp,
    pub(crate) retires_at: Option<Timestamp>,
}

pub(crate) async fn signing_keys(tx: &Tx) -> Result<Vec<SealedKey>> {
    let sql = "SELECT kid, public_key, sealed_private_key, activates_at, retires_at FROM signing_keys \
               WHERE retires_at IS NULL OR retires_at > ? ORDER BY activates_at DESC, kid";
    tx.all(sql, [tx.now().into()]).await
}

pub(crate) async fn insert_signing_key(
    tx: &Tx,
    kid: &str,
    public: Vec<u8>,
    sealed: Vec<u8>,
    activates_at: Timestamp,
) -> Result<(), DbErr> {
    let row = signing_keys::ActiveModel {
        kid: Set(kid.to_owned()),
        public_key: Set(public),
        sealed_private_key: Set(sealed),
        created_at: Set(tx.now()),
        activates_at: Set(activates_at),
        ..Default::default()
    };
    signing_keys::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

pub(crate) async fn retire_signing_keys(tx: &Tx, at: Timestamp) -> Result<u64> {
    tx.change(
        "UPDATE signing_keys SET retires_at = ? WHERE retires_at IS NULL",
        [at.into()],
    )
    .await
}
