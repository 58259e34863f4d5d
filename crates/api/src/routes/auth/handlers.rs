//! The operations below `/auth`. Nobody is logged in yet: they run as the auth role.

use actix_web::HttpRequest;
use database::Pool;
use identity::LoggedIn;
use kernel::{Actor, Code};

use super::dto::{
    EmailAddress, LinkToken, Login, PendingRegistration, RefreshToken, Register, ResetPassword, SessionTokens,
};
use crate::http::{
    extract::{address_of, client_of},
    prelude::*,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        register,
        login,
        refresh_session,
        logout,
        verify_email,
        resend_verification,
        request_password_reset,
        reset_password
    );
}

/// Register an account
///
/// Makes an account and logs it in. A mail asks to verify the address. Only admins give roles.
///
/// Where the school wants addresses to be verified first, the answer is 202, nobody is logged in, and the link of the mail comes before the
/// first login. An address that has an account is answered the same; its owner is told by mail. A `username` is refused there
/// (`not_allowed`): it is chosen after the first login.
#[utoipa::path(post, path = "/auth/register",
    tag = "auth", operation_id = "register", security(()), request_body = Register,
    extensions(("x-problem-codes" = json!(["email_taken", "username_taken"]))),
    responses((status = 201, description = "The account was made and is logged in.", body = SessionTokens),
        (status = 202, description = "A mail is on its way: the address has to be verified before the first login.",
            body = PendingRegistration)))]
async fn register(
    state: Data<State>,
    request: HttpRequest,
    key: Idempotency,
    body: Json<Register>,
) -> Answer<SessionTokens> {
    let Json { value: body, raw } = body;
    limit_mails(&state, &request, &body.email.0)?;
    let client = client_of(&request, &state.config);
    let attempt = state.identity.begin_registration(&state.db, &client)?;
    let own_names = [body.email.0.as_str(), body.username.as_deref().unwrap_or_default()];
    let (hasher, password) = (&state.identity.hasher, body.password.0.clone());
    let share = client.share(false);
    let hash =
        identity::hash_new_password(&state.db, hasher, password, "/password", &own_names, share).await?;
    let pending = PendingRegistration { email: body.email.0.clone() };
    let registration = body.into_registration(hash);
    let shared = state.clone();
    let work = async move |tx| {
        if shared.identity.confirms_addresses {
            identity::register_unconfirmed(&tx, registration).await?;
            return Reply::deferred(&pending);
        }
        let account = identity::register(&tx, registration).await?;
        let session = shared.identity.begin_session(&tx, account.id, client).await?;
        let location = format!("/users/{}", account.id);
        Ok(Reply::created(&location, &tokens(&shared, session))?.version(account.version))
    };
    let whose = (Pool::Auth, Actor::Anonymous);
    let reply = key.run_in(&state.db, whose, "register", &raw, work).await;
    if reply.as_ref().is_err_and(|refusal| refusal.code() == Code::EmailTaken) {
        attempt.found_taken(state.db.environment().now());
    }
    let reply = reply?;
    state.wake_worker.notify_one();
    Ok(reply)
}

/// Log in
///
/// Begins a session. An unknown address, a wrong password and a suspended account cost the same time and get the same answer. After about
/// ten wrong passwords in an hour, an account takes no more from devices that it was not used from before (429).
#[utoipa::path(post, path = "/auth/login",
    tag = "auth", operation_id = "login", security(()), request_body = Login,
    extensions(("x-problem-codes" = json!(["invalid_credentials"]))),
    responses((status = 200, description = "The session began.", body = SessionTokens)))]
async fn login(state: Data<State>, request: HttpRequest, body: Json<Login>) -> Answer<SessionTokens> {
    let Login { email, password } = body.value;
    let client = client_of(&request, &state.config);
    let session = identity::login(&state.db, &state.identity, &email, password, client).await?;
    Ok(Reply::ok(&tokens(&state, session))?)
}

/// Refresh a session
///
/// Spends the refresh token and answers its successor. A repetition answers the same successor, for clients whose answer was lost: within
/// ten minutes, and until the successor or its access token was used. Any other reuse ends the session.
#[utoipa::path(post, path = "/auth/refresh",
    tag = "auth", operation_id = "refreshSession", security(()), request_body = RefreshToken,
    extensions(("x-problem-codes" = json!(["refresh_token_invalid", "refresh_token_reused"]))),
    responses((status = 200, description = "The new tokens of the session.", body = SessionTokens)))]
async fn refresh_session(
    state: Data<State>,
    request: HttpRequest,
    body: Json<RefreshToken>,
) -> Answer<SessionTokens> {
    let client = client_of(&request, &state.config);
    let session = identity::refresh(&state.db, &state.identity, body.value.refresh_token, client).await?;
    Ok(Reply::ok(&tokens(&state, session))?)
}

/// Log out
///
/// Ends the session of a refresh token. An unknown token is no error: the session is over either way.
#[utoipa::path(post, path = "/auth/logout",
    tag = "auth", operation_id = "logout", security(()), request_body = RefreshToken,
    responses((status = 204, description = "The session has ended.")))]
async fn logout(state: Data<State>, body: Json<RefreshToken>) -> Answer<Nothing> {
    let token = body.value.refresh_token;
    state
        .db
        .run_in(Pool::Auth, Actor::Anonymous, async move |tx| identity::logout(&tx, &token).await)
        .await?;
    Ok(Reply::no_content())
}

/// Verify an e-mail address
///
/// Takes the token of the link that was sent to the address. A link works once, within 48 hours; opened again, it changes nothing, and is
/// answered the same as long as the address is verified.
#[utoipa::path(post, path = "/auth/verify-email",
    tag = "auth", operation_id = "verifyEmail", security(()), request_body = LinkToken,
    extensions(("x-problem-codes" = json!(["link_invalid"]))),
    responses((status = 204, description = "The address is verified.")))]
async fn verify_email(state: Data<State>, body: Json<LinkToken>) -> Answer<Nothing> {
    let token = body.value.token;
    let work = async move |tx| identity::verify_email(&tx, &token).await;
    state.db.run_in(Pool::Auth, Actor::Anonymous, work).await?;
    Ok(Reply::no_content())
}

/// Resend the verification mail
///
/// The answer is the same whether the address belongs to an account or not.
#[utoipa::path(post, path = "/auth/verify-email/resend",
    tag = "auth", operation_id = "resendVerification", security(()), request_body = EmailAddress,
    responses((status = 202, description = "If there is something to verify, a mail is on its way.")))]
async fn resend_verification(
    state: Data<State>,
    request: HttpRequest,
    body: Json<EmailAddress>,
) -> Answer<Nothing> {
    let email = body.value.email.0;
    limit_mails(&state, &request, &email)?;
    let work = async move |tx| identity::resend_verification(&tx, &email).await;
    state.db.run_in(Pool::Auth, Actor::Anonymous, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::accepted())
}

/// Request a password reset
///
/// Sends a link to set a new password. The answer is the same whether the address belongs to an account or not.
#[utoipa::path(post, path = "/auth/forgot-password",
    tag = "auth", operation_id = "requestPasswordReset", security(()), request_body = EmailAddress,
    responses((status = 202, description = "If there is such an account, a mail is on its way.")))]
async fn request_password_reset(
    state: Data<State>,
    request: HttpRequest,
    body: Json<EmailAddress>,
) -> Answer<Nothing> {
    let email = body.value.email.0;
    limit_mails(&state, &request, &email)?;
    let work = async move |tx| identity::request_password_reset(&tx, &email).await;
    state.db.run_in(Pool::Auth, Actor::Anonymous, work).await?;
    state.wake_worker.notify_one();
    Ok(Reply::accepted())
}

/// Reset a password
///
/// Takes the token of the link that was sent. A link works once, within an hour. Every session of the account ends.
#[utoipa::path(post, path = "/auth/reset-password",
    tag = "auth", operation_id = "resetPassword", security(()), request_body = ResetPassword,
    extensions(("x-problem-codes" = json!(["link_invalid"]))),
    responses((status = 204, description = "The password was changed.")))]
async fn reset_password(
    state: Data<State>,
    request: HttpRequest,
    body: Json<ResetPassword>,
) -> Answer<Nothing> {
    let ResetPassword { token, new_password } = body.value;
    let share = client_of(&request, &state.config).share(false);
    identity::reset_password(&state.db, &state.identity, token, new_password.into(), share).await?;
    state.wake_worker.notify_one();
    Ok(Reply::no_content())
}

fn tokens(state: &State, session: LoggedIn) -> SessionTokens {
    SessionTokens::new(session, state.identity.tokens.lifetime().as_secs())
}

/// Counts a mail that this address has sent to another, and refuses one too many.
fn limit_mails(state: &State, request: &HttpRequest, account: &str) -> Result<(), Problem> {
    let address = address_of(request, &state.config.trusted_proxies);
    Ok(address.map_or(Ok(()), |address| state.limits.mail(address, account))?)
}
