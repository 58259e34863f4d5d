//! Login sessions and their refresh tokens.

use entity::enums::{Role, UserStatus};
use kernel::{SessionId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, FromQueryResult, strum::IntoStaticStr};

/// One of an account's sessions.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::sessions::Entity")]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The `User-Agent` header of the login or the last refresh.
    pub user_agent: Option<String>,
    /// The IP address of the login or the last refresh.
    pub ip_address: Option<String>,
    /// When somebody logged in.
    pub created_at: Timestamp,
    /// When the tokens were last refreshed.
    pub last_used_at: Timestamp,
    /// When the session ends unless it is refreshed before.
    pub expires_at: Timestamp,
}

/// Which of an account's sessions are revoked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sessions {
    /// Every session.
    All,
    /// This one.
    One(SessionId),
    /// Every session but this one.
    AllBut(SessionId),
}

/// Why a session was revoked, as it stands in `sessions.revoked_reason`.
#[derive(Clone, Copy, Debug, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum RevocationReason {
    /// Its owner logged out.
    Logout,
    /// Its owner ended it from another session.
    Revoked,
    /// Its owner changed the password.
    PasswordChanged,
    /// Its owner set a new password by a link.
    PasswordReset,
    /// An admin changed the account's role or status.
    StandingChanged,
    /// A refresh token was used twice: somebody else may have it.
    RefreshTokenReused,
}

/// Whether a session is still active, and what its account may do now.
#[derive(FromQueryResult)]
pub(crate) struct SessionStatus {
    pub(crate) role: Role,
    pub(crate) status: UserStatus,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
}

impl SessionStatus {
    pub(crate) fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now && self.status == UserStatus::Active
    }
}

/// A refresh token with its session and account.
#[derive(FromQueryResult)]
pub(crate) struct RefreshToken {
    pub(crate) session_id: SessionId,
    pub(crate) user_id: UserId,
    #[sea_orm(nested)]
    pub(crate) session: SessionStatus,
    /// When it was exchanged for its successor.
    pub(crate) spent_at: Option<Timestamp>,
    /// What the successor was derived from, besides the token itself.
    pub(crate) successor_seed: Option<Vec<u8>>,
    /// When an access token that came with it was first used.
    pub(crate) used_at: Option<Timestamp>,
}
