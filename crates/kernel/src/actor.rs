//! The caller of a use case, and the roles of accounts.

use sea_orm::{
    DeriveActiveEnum, EnumIter,
    strum::{Display, EnumString, IntoStaticStr},
};
use serde::{Deserialize, Serialize};

use crate::{Code, Result, SessionId, UserId};

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
        /// The role that it has now.
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

    /// Whether this caller does a trainer's work: trainers and admins, as long as they are.
    #[must_use]
    pub fn is_trainer(&self) -> bool {
        matches!(self, Self::System | Self::User { role: Role::Trainer | Role::Admin, .. })
    }

    /// Whether this caller does a trainer's work on what `owner` made: its owner, who has to be a trainer now, or an admin. Whoever
    /// wrote a course and is a learner now does not manage it any more.
    #[must_use]
    pub fn manages(&self, owner: UserId) -> bool {
        self.is_admin() || (self.is_trainer() && self.user_id() == Some(owner))
    }

    /// Whether this caller decides about what is `owner`'s as a person, such as a picture: the owner, whatever their role, or an admin.
    #[must_use]
    pub fn acts_for(&self, owner: UserId) -> bool {
        self.is_admin() || self.user_id() == Some(owner)
    }

    /// The trainer or admin who asks, to be the owner of what is made.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`], [`Code::Forbidden`].
    pub fn trainer_id(&self) -> Result<UserId> {
        match self {
            Self::User { id, .. } if self.is_trainer() => Ok(*id),
            Self::Anonymous => Err(Code::Unauthenticated.into()),
            Self::User { .. } | Self::System => Err(Code::Forbidden.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Uuid;

    #[test]
    fn whoever_was_a_trainer_does_not_manage_what_they_made() {
        let (owner, other) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let actor = |role| Actor::User { id: owner, role, session: SessionId(Uuid::nil()) };
        assert!(actor(Role::Trainer).manages(owner) && actor(Role::Admin).manages(owner));
        assert!(!actor(Role::User).manages(owner) && !actor(Role::Trainer).manages(other));
        assert!(actor(Role::User).acts_for(owner) && !actor(Role::User).acts_for(other));
        assert!(actor(Role::User).trainer_id().is_err() && Actor::System.trainer_id().is_err());
        assert!(Actor::System.manages(owner) && !Actor::Anonymous.manages(owner));
    }
}
