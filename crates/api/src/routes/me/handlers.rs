//! The operations below `/me` that concern the account itself.

use actix_web::HttpRequest;
use kernel::{Actor, SessionId};

use super::dto::{Account, ChangePassword, PatchMe, PatchProfile, PrivateProfile, SessionPage};
use crate::http::{extract::client_of, prelude::*};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        get_me,
        update_me,
        get_profile,
        update_profile,
        change_password,
        list_sessions,
        revoke_other_sessions,
        revoke_session
    );
}

/// Get my account
///
/// The caller's own account, with its e-mail address and role.
#[utoipa::path(get, path = "/me",
    tag = "me", operation_id = "getMe", security(("bearer" = [])),
    responses((status = 200, description = "The account.", body = Account)))]
async fn get_me(caller: Member) -> Answer<Account> {
    let account = caller.read(async move |tx| identity::account(&tx).await).await?;
    let version = account.version;
    Ok(Reply::ok(&Account::from(account))?.version_and_content(version))
}

/// Update my account
///
/// Changes the username, the name, the bio or the picture. A username that was given up leads to its owner for 90 days and is nobody else's
/// meanwhile; names of roles are for admins.
#[utoipa::path(patch, path = "/me",
    tag = "me", operation_id = "updateMe", security(("bearer" = [])), request_body = PatchMe,
    extensions(("x-problem-codes" = json!(["username_taken"]))),
    responses((status = 200, description = "The account as it is now.", body = Account)))]
async fn update_me(caller: Member, seen: IfMatch, body: Json<PatchMe>) -> Answer<Account> {
    let matches = move |version| seen.accepts(version);
    let work = async move |tx| identity::change_account(&tx, matches, body.value.into()).await;
    let account = caller.run(work).await?;
    let version = account.version;
    Ok(Reply::ok(&Account::from(account))?.version_and_content(version))
}

/// Get my profile
///
/// The caller's own profile with its private fields.
#[utoipa::path(get, path = "/me/profile",
    tag = "me", operation_id = "getMyProfile", security(("bearer" = [])),
    responses((status = 200, description = "The profile.", body = PrivateProfile)))]
async fn get_profile(caller: Member) -> Answer<PrivateProfile> {
    let profile = caller.read(async move |tx| identity::profile(&tx).await).await?;
    let version = profile.version;
    Ok(Reply::ok(&PrivateProfile::from(profile))?.version(version))
}

/// Update my profile
///
/// Weight, height, date of birth, phone and address are visible to the owner and to admins, and to nobody else.
#[utoipa::path(patch, path = "/me/profile",
    tag = "me", operation_id = "updateMyProfile", security(("bearer" = [])), request_body = PatchProfile,
    responses((status = 200, description = "The profile as it is now.", body = PrivateProfile)))]
async fn update_profile(caller: Member, seen: IfMatch, body: Json<PatchProfile>) -> Answer<PrivateProfile> {
    let matches = move |version| seen.accepts(version);
    let work = async move |tx| identity::change_profile(&tx, matches, body.value.into()).await;
    let profile = caller.run(work).await?;
    let version = profile.version;
    Ok(Reply::ok(&PrivateProfile::from(profile))?.version(version))
}

/// Change my password
///
/// Sets a new password and ends every other session. After ten wrong current passwords in an hour no more is taken (429): whoever
/// found a device unlocked does not guess it either.
#[utoipa::path(put, path = "/me/password",
    tag = "me", operation_id = "changePassword", security(("bearer" = [])), request_body = ChangePassword,
    responses((status = 204, description = "The password was changed.")))]
async fn change_password(
    caller: Member,
    request: HttpRequest,
    body: Json<ChangePassword>,
) -> Answer<Nothing> {
    let ChangePassword { current_password, new_password } = body.value;
    let (db, identity) = (&caller.state.db, &caller.state.identity);
    let share = client_of(&request, &caller.state.config).share(true);
    identity::change_password(db, identity, caller.actor, current_password, new_password.into(), share)
        .await?;
    caller.state.wake_worker.notify_one();
    Ok(Reply::no_content())
}

/// List my sessions
///
/// Every device that is logged in, newest first.
#[utoipa::path(get, path = "/me/sessions",
    tag = "me", operation_id = "listMySessions", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of sessions.", body = SessionPage)))]
async fn list_sessions(caller: Member, list: List) -> Answer<SessionPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| identity::list_sessions(&tx, after, limit).await;
    let sessions = caller.read(work).await?;
    let current = match caller.actor {
        Actor::User { session, .. } => Some(session),
        Actor::Anonymous | Actor::System => None,
    };
    let sessions = sessions.map(|session| (session, current));
    Ok(Reply::ok(&SessionPage::of(list_id, sessions))?)
}

/// Revoke my other sessions
///
/// Logs out every device but the one that asks.
#[utoipa::path(delete, path = "/me/sessions",
    tag = "me", operation_id = "revokeMyOtherSessions", security(("bearer" = [])),
    responses((status = 204, description = "The other sessions have ended.")))]
async fn revoke_other_sessions(caller: Member) -> Answer<Nothing> {
    caller.run(async move |tx| identity::revoke_other_sessions(&tx).await).await?;
    Ok(Reply::no_content())
}

/// Revoke a session
///
/// Logs out one device. Its tokens are refused: at once by the server that answers this, within a second by every other.
#[utoipa::path(delete, path = "/me/sessions/{session_id}",
    tag = "me", operation_id = "revokeMySession", security(("bearer" = [])),
    params(("session_id" = Uuid, Path, description = "The session's id.")),
    responses((status = 204, description = "The session has ended.")))]
async fn revoke_session(caller: Member, Path(id): Path<SessionId>) -> Answer<Nothing> {
    caller.run(async move |tx| identity::revoke_session(&tx, id).await).await?;
    Ok(Reply::no_content())
}
