#![doc = include_str!("../README.md")]

mod account;
mod admin;
mod keys;
pub mod mail;
mod password;
mod profile;
mod session;
mod store;
mod tokens;

pub use account::{
    Account, AccountChange, Registration, account, change_account, forgot_password, hash_new_password,
    register, resend_verification, reset_password, verify_email,
};
pub use admin::{UserChange, UserFilter, change_user, create_account, create_admin, list_users, user};
pub use keys::{PublicKey, ensure_signing_key, rotate_signing_key, signing_key_is_older};
pub use password::{Hasher, HasherSettings};
pub use profile::{
    Person, Profile, ProfileChange, PublicProfile, change_profile, people, profile, public_profile,
};
pub use session::{
    Client, LoggedIn, Session, change_password, confirm, list_sessions, living, login, logout, refresh,
    revoke_other_sessions, revoke_session, sweep,
};
pub use tokens::{Claims, TokenSettings, Tokens};

/// The services that identity's use cases lean on.
#[derive(Clone)]
pub struct Identity {
    /// The lane in which passwords are hashed.
    pub hasher: Hasher,
    /// Access tokens.
    pub tokens: std::sync::Arc<Tokens>,
    /// How long a session lives without being used.
    pub session_lifetime: std::time::Duration,
}
