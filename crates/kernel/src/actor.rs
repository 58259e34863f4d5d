use std::{fmt, str::FromStr};

use uuid::Uuid;

/// What an account may do. Only an admin changes a role; registration never accepts one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Learns.
    User,
    /// Also creates courses.
    Trainer,
    /// Also manages users, categories and everybody's courses.
    Admin,
}

impl Role {
    /// The name used in JSON, tokens and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Trainer => "TRAINER",
            Self::Admin => "ADMIN",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        match s {
            "USER" => Ok(Self::User),
            "TRAINER" => Ok(Self::Trainer),
            "ADMIN" => Ok(Self::Admin),
            _ => Err(()),
        }
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
        id: Uuid,
        /// The role written in its access token.
        role: Role,
        /// The session that the token belongs to.
        session: Uuid,
    },
    /// Palestra itself: the worker, the command line, the demo school.
    System,
}

impl Actor {
    /// The account, unless nobody has logged in.
    #[must_use]
    pub fn user_id(&self) -> Option<Uuid> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::Anonymous | Self::System => None,
        }
    }

    /// Whether this caller acts on everybody's rows.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        matches!(
            self,
            Self::System
                | Self::User {
                    role: Role::Admin,
                    ..
                }
        )
    }

    /// Whether this caller manages what `owner` owns: the owner, or an admin.
    #[must_use]
    pub fn manages(&self, owner: Uuid) -> bool {
        self.is_admin() || self.user_id() == Some(owner)
    }
}
