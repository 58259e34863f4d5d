use actix_web::{HttpRequest, http::header, web::Data};
use database::Pool;
use identity::{Client, LoggedIn, Registration};
use kernel::Actor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::me::Me;
use crate::{
    http::{
        extract::{Idempotency, Json, address_of},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        register,
        login,
        refresh,
        logout,
        verify_email,
        resend_verification,
        forgot_password,
        reset_password
    );
}

/// A new account.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Register {
    /// Compared without regard to case.
    #[schema(format = "email", max_length = 254, example = "lena@example.com")]
    email: String,
    /// 10 to 128 characters, and not a common one.
    #[schema(
        format = "password",
        min_length = 10,
        max_length = 128,
        example = "seven purple anvils"
    )]
    password: String,
    /// Unique.
    #[schema(pattern = "^[a-z0-9_]{3,30}$", nullable = false, example = "lena_lifts")]
    username: Option<String>,
    /// The name to show.
    #[schema(
        min_length = 1,
        max_length = 100,
        nullable = false,
        example = "Lena Lindqvist"
    )]
    name: Option<String>,
}

/// Who logs in.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Login {
    /// The address of the account.
    #[schema(max_length = 254, example = "lena@example.com")]
    email: String,
    /// Its password.
    #[schema(format = "password", max_length = 128, example = "seven purple anvils")]
    password: String,
}

/// Which session.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RefreshToken {
    /// The refresh token of the last login or refresh.
    #[schema(max_length = 200, example = "q0y4zWn1X2mX9t3b2oWq8m7a6s5d4f3g2h1j0k9l8z7")]
    refresh_token: String,
}

/// Which address.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EmailAddress {
    /// The address of an account.
    #[schema(format = "email", max_length = 254, example = "lena@example.com")]
    email: String,
}

/// Which link.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LinkToken {
    /// The token of the link.
    #[schema(max_length = 200, example = "q0y4zWn1X2mX9t3b2oWq8m7a6s5d4f3g2h1j0k9l8z7")]
    token: String,
}

/// A new password by a link.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ResetPassword {
    /// The token of the link.
    #[schema(max_length = 200, example = "q0y4zWn1X2mX9t3b2oWq8m7a6s5d4f3g2h1j0k9l8z7")]
    token: String,
    /// 10 to 128 characters, and not a common one.
    #[schema(
        format = "password",
        min_length = 10,
        max_length = 128,
        example = "eight green anvils"
    )]
    new_password: String,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionTokens {
    /// Goes into `Authorization: Bearer`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2ln")]
    access_token: String,
    /// Always `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(minimum = 1, example = 600)]
    expires_in: u64,
    /// Good for one refresh; keep it secret.
    #[schema(example = "q0y4zWn1X2mX9t3b2oWq8m7a6s5d4f3g2h1j0k9l8z7")]
    refresh_token: String,
    /// Who logged in.
    user: Me,
}

impl SessionTokens {
    fn new(state: &State, session: LoggedIn) -> Self {
        let LoggedIn {
            access_token,
            refresh_token,
            account,
        } = session;
        let expires_in = state.identity.tokens.lifetime().as_secs();
        Self {
            access_token,
            token_type: "Bearer",
            expires_in,
            refresh_token,
            user: account.into(),
        }
    }
}

/// Register
///
/// Makes an account and logs it in. A mail asks to verify the address. Roles are given by admins only.
#[utoipa::path(post, path = "/auth/register",
    tag = "auth", operation_id = "register", security(()), request_body = Register,
    extensions(("x-problem-codes" = json!(["email_taken", "username_taken"]))),
    responses((status = 201, description = "The account was made and is logged in.", body = SessionTokens)))]
async fn register(
    state: Data<State>,
    request: HttpRequest,
    key: Idempotency,
    body: Json<Register>,
) -> Result<Reply<SessionTokens>, Problem> {
    let Register {
        email,
        password,
        username,
        name,
    } = body.value;
    limit(&state, &request, &email)?;
    let own = [email.as_str(), username.as_deref().unwrap_or_default()];
    let hash =
        identity::hash_new_password(&state.db, &state.identity.hasher, password, "/password", &own).await?;
    let (shared, client) = (state.clone(), client(&state, &request));
    let reply = key
        .run(
            &state.db,
            (Pool::Auth, Actor::Anonymous),
            "register",
            &body.raw,
            move |tx| async move {
                let registration = Registration {
                    email,
                    password_hash: hash,
                    username,
                    name,
                };
                let account = identity::register(&tx, registration).await?;
                let session = shared.identity.begin_session(&tx, account.id, client).await?;
                let (location, version) = (format!("/users/{}", account.id), account.version);
                Ok(Reply::created(&location, &SessionTokens::new(&shared, session))?.version(version))
            },
        )
        .await?;
    state.wake_worker.notify_one();
    Ok(reply)
}

/// Log in
///
/// Begins a session. An unknown address, a wrong password and a suspended account cost the same time and answer the same.
#[utoipa::path(post, path = "/auth/login",
    tag = "auth", operation_id = "login", security(()), request_body = Login,
    extensions(("x-problem-codes" = json!(["invalid_credentials"]))),
    responses((status = 200, description = "The session began.", body = SessionTokens)))]
async fn login(
    state: Data<State>,
    request: HttpRequest,
    body: Json<Login>,
) -> Result<Reply<SessionTokens>, Problem> {
    let Login { email, password } = body.value;
    limit(&state, &request, &email)?;
    let client = client(&state, &request);
    let session = identity::login(&state.db, &state.identity, &email, password, client).await?;
    Ok(Reply::ok(&SessionTokens::new(&state, session))?)
}

/// Refresh
///
/// Continues a session: spends the refresh token and answers with its successor. A repetition within ten seconds gives the
/// same successor, for clients whose answer was lost; any later reuse ends the session.
#[utoipa::path(post, path = "/auth/refresh",
    tag = "auth", operation_id = "refreshSession", security(()), request_body = RefreshToken,
    extensions(("x-problem-codes" = json!(["refresh_token_invalid", "refresh_token_reused"]))),
    responses((status = 200, description = "The session goes on.", body = SessionTokens)))]
async fn refresh(
    state: Data<State>,
    request: HttpRequest,
    body: Json<RefreshToken>,
) -> Result<Reply<SessionTokens>, Problem> {
    let client = client(&state, &request);
    let session = identity::refresh(&state.db, &state.identity, body.value.refresh_token, client).await?;
    Ok(Reply::ok(&SessionTokens::new(&state, session))?)
}

/// Log out
///
/// Ends the session of a refresh token. An unknown token is no error: the session is over either way.
#[utoipa::path(post, path = "/auth/logout",
    tag = "auth", operation_id = "logout", security(()), request_body = RefreshToken,
    responses((status = 204, description = "The session has ended.")))]
async fn logout(state: Data<State>, body: Json<RefreshToken>) -> Result<Reply<Nothing>, Problem> {
    let token = body.value.refresh_token;
    let work = |tx| async move { identity::logout(&tx, &token).await };
    state.db.run_in(Pool::Auth, Actor::Anonymous, work).await?;
    Ok(Reply::no_content())
}

/// Verify an address
///
/// By the token of the link that was sent to it. A link works once, for 48 hours.
#[utoipa::path(post, path = "/auth/verify-email",
    tag = "auth", operation_id = "verifyEmail", security(()), request_body = LinkToken,
    extensions(("x-problem-codes" = json!(["link_invalid"]))),
    responses((status = 204, description = "The address is verified.")))]
async fn verify_email(state: Data<State>, body: Json<LinkToken>) -> Result<Reply<Nothing>, Problem> {
    let token = body.value.token;
    let work = |tx| async move { identity::verify_email(&tx, &token).await };
    state.db.run_in(Pool::Auth, Actor::Anonymous, work).await?;
    Ok(Reply::no_content())
}

/// Send the verification again
///
/// Answers the same whether the address belongs to an account or not.
#[utoipa::path(post, path = "/auth/verify-email/resend",
    tag = "auth", operation_id = "resendVerification", security(()), request_body = EmailAddress,
    responses((status = 202, description = "If there is something to verify, a mail is on its way.")))]
async fn resend_verification(
    state: Data<State>,
    request: HttpRequest,
    body: Json<EmailAddress>,
) -> Result<Reply<Nothing>, Problem> {
    let email = body.value.email;
    limit(&state, &request, &email)?;
    let work = |tx| async move { identity::resend_verification(&tx, &email).await };
    state.db.run_in(Pool::Auth, Actor::Anonymous, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::accepted())
}

/// Forgot the password
///
/// Sends a link to set a new one. Answers the same whether the address belongs to an account or not.
#[utoipa::path(post, path = "/auth/forgot-password",
    tag = "auth", operation_id = "forgotPassword", security(()), request_body = EmailAddress,
    responses((status = 202, description = "If there is such an account, a mail is on its way.")))]
async fn forgot_password(
    state: Data<State>,
    request: HttpRequest,
    body: Json<EmailAddress>,
) -> Result<Reply<Nothing>, Problem> {
    let email = body.value.email;
    limit(&state, &request, &email)?;
    let work = |tx| async move { identity::forgot_password(&tx, &email).await };
    state.db.run_in(Pool::Auth, Actor::Anonymous, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::accepted())
}

/// Set a new password
///
/// By the token of the link that was sent. A link works once, for an hour; every session of the account ends.
#[utoipa::path(post, path = "/auth/reset-password",
    tag = "auth", operation_id = "resetPassword", security(()), request_body = ResetPassword,
    extensions(("x-problem-codes" = json!(["link_invalid"]))),
    responses((status = 204, description = "The password was changed.")))]
async fn reset_password(state: Data<State>, body: Json<ResetPassword>) -> Result<Reply<Nothing>, Problem> {
    let ResetPassword { token, new_password } = body.value;
    identity::reset_password(&state.db, &state.identity.hasher, &token, new_password).await?;
    state.wake_worker.notify_one();
    Ok(Reply::no_content())
}

/// Counts a try at this account from this address.
fn limit(state: &State, request: &HttpRequest, account: &str) -> Result<(), Problem> {
    let address = address_of(request, &state.config.trusted_proxies);
    Ok(address.map_or(Ok(()), |address| state.limits.login(address, account))?)
}

/// Where a session is used from, for its list.
fn client(state: &State, request: &HttpRequest) -> Client {
    let agent = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    Client {
        user_agent: agent.map(|agent| agent.chars().take(300).collect()),
        ip_address: address_of(request, &state.config.trusted_proxies).map(|address| address.to_string()),
    }
}
