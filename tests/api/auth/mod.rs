//! `/auth`: accounts, sessions, tokens.

mod access_tokens;
mod forms;
mod login;
mod refresh;
mod register;
mod reset_password;
mod verify_email;
