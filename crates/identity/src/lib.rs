#![doc = include_str!("../README.md")]

mod access_token;
mod account;
mod admin;
mod client;
mod credentials;
mod link_token;
pub mod mail;
mod profile;
mod services;
mod session;
mod signing_key;
mod standing;
mod username;

pub use access_token::{Claims, TokenSettings, Tokens};
pub use account::{
    Account, AccountChange, Registration, account, change_account, register, register_unconfirmed,
};
pub use admin::{
    SUSPENDED, UserChange, UserFilter, change_user, create_account, create_admin, list_users, user,
};
pub use client::{Client, Share};
pub use credentials::{
    GuessLimits, Hasher, HasherSettings, RegistrationTry, change_password, email_addresses,
    hash_new_password, request_password_reset, resend_verification, reset_password, verify_email,
};
pub use entity::enums::{Level, Role, UserStatus};
pub use profile::{
    Person, Profile, ProfileChange, PublicProfile, active_accounts, change_profile, people, profile,
    public_profile,
};
pub use services::{Identity, IdentitySettings};
pub use session::{
    LoggedIn, Session, active_sessions, list_sessions, login, logout, refresh, revoke_other_sessions,
    revoke_session, sweep, verify_session,
};
pub use signing_key::{PublicKey, ensure_signing_key, rotate_signing_key, signing_key_is_older};
pub use username::accounts_called;
