//! What registering and logging in take and answer.

use identity::{LoggedIn, Registration};

use crate::routes::{
    me::Account,
    shared::{Email, NewPassword, prelude::*},
};

/// A new account.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Register {
    /// The e-mail address of the account. It belongs to one account, without regard to case.
    pub(super) email: Email,
    /// The password, which must not be a common one, nor the address or the username.
    pub(super) password: NewPassword,
    /// The unique username: 3 to 30 lower-case letters, digits and underscores, not the name of a role.
    #[schema(pattern = "^[a-z0-9_]{3,30}$", nullable = false, example = "lena_lifts")]
    pub(super) username: Option<String>,
    /// The name to show.
    #[schema(min_length = 1, max_length = 100, nullable = false, example = "Lena Lindqvist")]
    pub(super) name: Option<String>,
}

impl Register {
    /// What is registered, with the hash of the password.
    pub(super) fn into_registration(self, password_hash: String) -> Registration {
        let Self { email, password: _, username, name } = self;
        Registration { email: email.into(), password_hash, username, name }
    }
}

/// The credentials of somebody who logs in.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Login {
    /// The e-mail address of the account.
    #[schema(max_length = 254, example = "lena@example.com")]
    pub(super) email: String,
    /// The password of the account.
    #[schema(format = "password", max_length = 128, example = "seven purple anvils")]
    pub(super) password: String,
}

/// The refresh token of a session.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RefreshToken {
    /// The refresh token of the last login or refresh.
    #[schema(max_length = 200, example = "q0y4zWn1X2mX9t3b2oWq8m7a6s5d4f3g2h1j0k9l8z7")]
    pub(super) refresh_token: String,
}

/// The e-mail address of an account.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EmailAddress {
    /// The e-mail address of an account.
    pub(super) email: Email,
}

/// The token of a link in a mail.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LinkToken {
    /// The token of the link.
    #[schema(max_length = 200, example = "q0y4zWn1X2mX9t3b2oWq8m7a6s5d4f3g2h1j0k9l8z7")]
    pub(super) token: String,
}

/// A new password, with the token of a link in a mail.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ResetPassword {
    /// The token of the link.
    #[schema(max_length = 200, example = "q0y4zWn1X2mX9t3b2oWq8m7a6s5d4f3g2h1j0k9l8z7")]
    pub(super) token: String,
    /// The new password, which must not be a common one.
    pub(super) new_password: NewPassword,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionTokens {
    /// The access token, for the header `Authorization: Bearer`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2ln")]
    access_token: String,
    /// Always `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// The seconds until the access token expires.
    #[schema(minimum = 1, example = 600)]
    expires_in: u64,
    /// The refresh token, which is good for one refresh. Keep it secret.
    #[schema(example = "q0y4zWn1X2mX9t3b2oWq8m7a6s5d4f3g2h1j0k9l8z7")]
    refresh_token: String,
    /// The account that is logged in.
    user: Account,
}

/// A registration that waits for its address to be verified.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PendingRegistration {
    /// Where the mail with the link went, as it was typed.
    #[schema(example = "mira@example.com")]
    pub(super) email: String,
}

impl SessionTokens {
    pub(super) fn new(session: LoggedIn, expires_in: u64) -> Self {
        let LoggedIn { access_token, refresh_token, account } = session;
        Self { access_token, token_type: "Bearer", expires_in, refresh_token, user: account.into() }
    }
}
