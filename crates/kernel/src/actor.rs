//! The caller of a use case, and the roles of accounts.

use sea_orm::{
    DeriveActiveEnum, EnumIter,
    strum::{Display, EnumString, IntoStaticStr},
};
use serde::{Deserialize, Serialize};

use crate::{SessionId, UserId};

/// What an account may do. Only an admin changes a role; registration never accepts one.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    DeriveActiveEnum,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(crate = "sea_orm::strum", serialize_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Learns.
    User,
    /// Also creates courses.
    Trainer,
    /// Also manages users, categories and everybody's courses.
    Admin,
}

impl Role {
    /// The text in JSON, tokens and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Who asks. Every use case receives it through its transaction, and on PostgreSQL the row-level policies see
/// the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody has logged in.
    Anonymous,
    /// A logged-in account, by an access token of one of its sessions.
    User {
        /// The account.
        id: UserId,
        /// The role written in its access token.
        role: Role,
        /// The session that the token belongs to.
        session: SessionId,
    },
    /// Palestra itself: the worker, the command line, the demo school.
    System,
}

impl Actor {
    /// The account, unless nobody has logged in.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::Anonymous | Self::System => None,
        }
    }

    /// Whether this caller acts on everybody's rows.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        matches!(self, Self::System | Self::User { role: Role::Admin, .. })
    }

    /// Whether this caller manages what `owner` owns: the owner, or an admin.
    #[must_use]
    pub fn manages(&self, owner: UserId) -> bool {
        self.is_admin() || self.user_id() == Some(owner)
    }
}
