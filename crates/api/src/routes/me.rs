use actix_web::web::Data;
use chrono::{DateTime, NaiveDate, Utc};
use courses::Level;
use identity::{Account, AccountChange, Profile, ProfileChange, Session};
use kernel::{Error, FieldError, Result, SessionId, UserId, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::shared::{Links, PageQuery, links, page, schema};
use crate::{
    http::{
        extract::{Confirmed, IfMatch, Json, Member, Path, Query, merge},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
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

/// An account as its owner and admins see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub(super) struct Me {
    /// The user's id.
    id: UserId,
    /// As the person wrote it.
    #[schema(example = "lena@example.com")]
    email: String,
    /// When the address was verified.
    email_verified_at: Option<DateTime<Utc>>,
    /// Unique.
    #[schema(example = "lena_lifts")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Lena Lindqvist")]
    name: Option<String>,
    /// A few words.
    #[schema(example = "Lifting since 2019.")]
    bio: Option<String>,
    /// A picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
    /// `USER`, `TRAINER` or `ADMIN`; more may be added.
    #[schema(example = "USER")]
    role: String,
    /// `ACTIVE` or `SUSPENDED`; more may be added.
    #[schema(example = "ACTIVE")]
    status: String,
    /// When it was registered.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<Account> for Me {
    fn from(account: Account) -> Self {
        let Account {
            id,
            email,
            email_verified_at,
            username,
            name,
            bio,
            avatar_url,
            role,
            status,
            version: _,
            created_at,
            updated_at,
        } = account;
        Self {
            id,
            email,
            email_verified_at,
            username,
            name,
            bio,
            avatar_url,
            role,
            status,
            created_at,
            updated_at,
        }
    }
}

/// What changes in one's account.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchMe {
    /// Unique; null gives it up.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9_]{3,30}$", example = "lena_lifts")]
    username: Option<Option<String>>,
    /// The name to show.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, example = "Lena Lindqvist")]
    name: Option<Option<String>>,
    /// A few words, plain text.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 2000, example = "Lifting since 2019.")]
    bio: Option<Option<String>>,
    /// A picture; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    avatar_url: Option<Option<String>>,
}

/// What a person keeps about body and life: for the owner and admins only.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PrivateProfile {
    /// The profile's id.
    id: UserId,
    /// Whose it is.
    user_id: UserId,
    /// In the person's words.
    #[schema(example = "A first pull-up by summer.")]
    fitness_goals: Option<String>,
    /// `BEGINNER`, `INTERMEDIATE`, `ADVANCED` or `EXPERT`; more may be added.
    #[schema(example = "BEGINNER")]
    experience_level: Option<String>,
    /// Kilograms. Private.
    #[schema(example = 68.5)]
    weight: Option<f64>,
    /// Centimetres. Private.
    #[schema(example = 172.0)]
    height: Option<f64>,
    /// A day. Private.
    date_of_birth: Option<NaiveDate>,
    /// Private.
    #[schema(example = "+46 70 123 45 67")]
    phone: Option<String>,
    /// Private.
    #[schema(example = "Storgatan 1, Uppsala")]
    address: Option<String>,
    /// Network to address. Public.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    social_media_links: Links,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<Profile> for PrivateProfile {
    fn from(profile: Profile) -> Self {
        let Profile {
            id,
            user_id,
            fitness_goals,
            experience_level,
            weight_grams,
            height_millimetres,
            date_of_birth,
            phone,
            address,
            social_media_links,
            version: _,
            created_at,
            updated_at,
        } = profile;
        Self {
            id,
            user_id,
            fitness_goals,
            experience_level,
            weight: weight_grams.map(|grams| from_whole(grams, 1000.0)),
            height: height_millimetres.map(|millimetres| from_whole(millimetres, 10.0)),
            date_of_birth,
            phone,
            address,
            social_media_links: links(&social_media_links),
            created_at,
            updated_at,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a body weighs and measures less than 2^53"
)]
fn from_whole(whole: i64, unit: f64) -> f64 {
    whole as f64 / unit
}

#[expect(clippy::cast_possible_truncation, reason = "the schema bounds both")]
fn to_whole(value: f64, unit: f64) -> i64 {
    (value * unit).round() as i64
}

/// What changes in one's profile.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchProfile {
    /// In your words.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 2000, example = "A first pull-up by summer.")]
    fitness_goals: Option<Option<String>>,
    /// How experienced you are.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<schema::Level>)]
    experience_level: Option<Option<Level>>,
    /// Kilograms, to the gram.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<f64>, minimum = 1, maximum = 1000, example = 68.5)]
    weight: Option<Option<f64>>,
    /// Centimetres, to the millimetre.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<f64>, minimum = 10, maximum = 300, example = 172)]
    height: Option<Option<f64>>,
    /// A day that has been.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "date", pattern = "^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "1990-04-30")]
    date_of_birth: Option<Option<NaiveDate>>,
    /// As you write it.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 40, example = "+46 70 123 45 67")]
    phone: Option<Option<String>>,
    /// As you write it.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 500, example = "Storgatan 1, Uppsala")]
    address: Option<Option<String>>,
    /// The whole new set: network to address.
    #[serde(default)]
    #[schema(value_type = Option<SocialMediaLinks>, nullable = false)]
    social_media_links: Option<Links>,
}

/// Network to address, at most 20 networks; https only.
struct SocialMediaLinks;

impl utoipa::PartialSchema for SocialMediaLinks {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ObjectBuilder, SchemaFormat, Type};
        let name = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(40));
        let link = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uri".to_owned())))
            .pattern(Some("^https://"))
            .max_length(Some(500));
        ObjectBuilder::new()
            .description(Some("Network to address, at most 20 networks; https only."))
            .additional_properties(Some(utoipa::openapi::RefOr::from(utoipa::openapi::Schema::from(
                link,
            ))))
            .property_names(Some(name))
            .max_properties(Some(20))
            .examples([serde_json::json!({ "instagram": "https://instagram.com/lena_lifts" })])
            .build()
            .into()
    }
}

impl ToSchema for SocialMediaLinks {}

/// A new password.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangePassword {
    /// The one that holds now.
    #[schema(format = "password", max_length = 128, example = "seven purple anvils")]
    current_password: String,
    /// 10 to 128 characters, and not a common one.
    #[schema(
        format = "password",
        min_length = 10,
        max_length = 128,
        example = "eight green anvils"
    )]
    new_password: String,
}

/// A device that is logged in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeviceSession {
    /// The session's id.
    id: SessionId,
    /// The `User-Agent` of its last use.
    #[schema(example = "PalestraApp/2.1 (iPhone; iOS 26.1)")]
    user_agent: Option<String>,
    /// The address of its last use.
    #[schema(example = "192.0.2.7")]
    ip_address: Option<String>,
    /// When somebody logged in.
    created_at: DateTime<Utc>,
    /// When its tokens were last refreshed.
    last_used_at: DateTime<Utc>,
    /// When it ends unless it is used before.
    expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    is_current: bool,
}

page! {
    /// A page of sessions.
    SessionPage of DeviceSession
}

impl From<(Session, Option<SessionId>)> for DeviceSession {
    fn from((session, current): (Session, Option<SessionId>)) -> Self {
        let Session {
            id,
            user_agent,
            ip_address,
            created_at,
            last_used_at,
            expires_at,
        } = session;
        Self {
            id,
            user_agent,
            ip_address,
            created_at,
            last_used_at,
            expires_at,
            is_current: current == Some(id),
        }
    }
}

/// My account
#[utoipa::path(get, path = "/me",
    tag = "me", operation_id = "getMe", security(("bearer" = [])),
    description = "The caller's own account, with its address and role.",
    responses((status = 200, description = "The account.", body = Me)))]
async fn get_me(state: Data<State>, Member(actor): Member) -> Result<Reply<Me>, Problem> {
    let account = state
        .db
        .read(actor, |tx| async move { identity::account(&tx).await })
        .await?;
    let version = account.version;
    Ok(Reply::ok(&Me::from(account))?.version_and_content(version))
}

/// Change my account
///
/// Username, name, bio and picture. A username given up is free for others.
#[utoipa::path(patch, path = "/me",
    tag = "me", operation_id = "updateMe", security(("bearer" = [])), request_body = PatchMe,
    extensions(("x-problem-codes" = json!(["username_taken"]))),
    responses((status = 200, description = "The account as it is now.", body = Me)))]
async fn update_me(
    state: Data<State>,
    Member(actor): Member,
    seen: IfMatch,
    body: Json<PatchMe>,
) -> Result<Reply<Me>, Problem> {
    let PatchMe {
        username,
        name,
        bio,
        avatar_url,
    } = body.value;
    let change = AccountChange {
        username,
        name,
        bio,
        avatar_url,
    };
    let matches = move |version| seen.accepts(version);
    let work = |tx| async move { identity::change_account(&tx, matches, change).await };
    let account = state.db.run(actor, work).await?;
    let version = account.version;
    Ok(Reply::ok(&Me::from(account))?.version_and_content(version))
}

/// My profile
///
/// The caller's own profile with its private fields.
#[utoipa::path(get, path = "/me/profile",
    tag = "me", operation_id = "getMyProfile", security(("bearer" = [])),
    responses((status = 200, description = "The profile.", body = PrivateProfile)))]
async fn get_profile(state: Data<State>, Member(actor): Member) -> Result<Reply<PrivateProfile>, Problem> {
    let profile = state
        .db
        .read(actor, |tx| async move { identity::profile(&tx).await })
        .await?;
    let version = profile.version;
    Ok(Reply::ok(&PrivateProfile::from(profile))?.version(version))
}

/// Change my profile
///
/// Weight, height, date of birth, phone and address are seen by the owner and admins, and by nobody else.
#[utoipa::path(patch, path = "/me/profile",
    tag = "me", operation_id = "updateMyProfile", security(("bearer" = [])), request_body = PatchProfile,
    responses((status = 200, description = "The profile as it is now.", body = PrivateProfile)))]
async fn update_profile(
    state: Data<State>,
    Member(actor): Member,
    seen: IfMatch,
    body: Json<PatchProfile>,
) -> Result<Reply<PrivateProfile>, Problem> {
    let PatchProfile {
        fitness_goals,
        experience_level,
        weight,
        height,
        date_of_birth,
        phone,
        address,
        social_media_links,
    } = body.value;
    let change = ProfileChange {
        fitness_goals,
        experience_level: experience_level.map(|level| level.map(|level| level.as_str().to_owned())),
        weight_grams: weight.map(|weight| weight.map(|kilograms| to_whole(kilograms, 1000.0))),
        height_millimetres: height.map(|height| height.map(|centimetres| to_whole(centimetres, 10.0))),
        date_of_birth,
        phone,
        address,
        social_media_links: social_media_links.map(|links| serde_json::json!(links)),
    };
    if date_of_birth
        .flatten()
        .is_some_and(|day| day >= state.db.environment().now().date_naive())
    {
        let future = FieldError::new("/dateOfBirth", "in_the_future", "This day has not been yet.");
        return Err(Error::invalid(vec![future]).into());
    }
    let matches = move |version| seen.accepts(version);
    let work = |tx| async move { identity::change_profile(&tx, matches, change).await };
    let profile = state.db.run(actor, work).await?;
    let version = profile.version;
    Ok(Reply::ok(&PrivateProfile::from(profile))?.version(version))
}

/// Change my password
///
/// Ends every other session.
#[utoipa::path(put, path = "/me/password",
    tag = "me", operation_id = "changePassword", security(("bearer" = [])), request_body = ChangePassword,
    extensions(("x-problem-codes" = json!(["session_revoked"]))),
    responses((status = 204, description = "The password was changed.")))]
async fn change_password(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    body: Json<ChangePassword>,
) -> Result<Reply<Nothing>, Problem> {
    let ChangePassword {
        current_password,
        new_password,
    } = body.value;
    if let Some(id) = actor.user_id() {
        state.limits.password(id)?;
    }
    identity::change_password(&state.db, &state.identity, actor, current_password, new_password).await?;
    state.wake_worker.notify_one();
    Ok(Reply::no_content())
}

/// My sessions
///
/// Every device that is logged in, newest first.
#[utoipa::path(get, path = "/me/sessions",
    tag = "me", operation_id = "listMySessions", security(("bearer" = [])), params(PageQuery),
    extensions(("x-problem-codes" = json!(["session_revoked"]))),
    responses((status = 200, description = "A page of sessions.", body = SessionPage)))]
async fn list_sessions(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Query(page): Query<PageQuery>,
) -> Result<Reply<SessionPage>, Problem> {
    let (after, limit) = page.position();
    let sessions = state
        .db
        .read(actor, move |tx| async move {
            identity::list_sessions(&tx, after, limit).await
        })
        .await?;
    let current = match actor {
        kernel::Actor::User { session, .. } => Some(session),
        _ => None,
    };
    Ok(Reply::ok(&SessionPage::from(
        sessions.map(|session| (session, current)),
    ))?)
}

/// Log out everywhere else
///
/// Ends every session but the one that asks.
#[utoipa::path(delete, path = "/me/sessions",
    tag = "me", operation_id = "revokeMyOtherSessions", security(("bearer" = [])),
    extensions(("x-problem-codes" = json!(["session_revoked"]))),
    responses((status = 204, description = "They have ended.")))]
async fn revoke_other_sessions(
    state: Data<State>,
    Confirmed(actor): Confirmed,
) -> Result<Reply<Nothing>, Problem> {
    state
        .db
        .run(
            actor,
            |tx| async move { identity::revoke_other_sessions(&tx).await },
        )
        .await?;
    Ok(Reply::no_content())
}

/// Log out one device
///
/// Its refresh token is worth nothing at once, its access token within its lifetime, and at once on sensitive routes.
#[utoipa::path(delete, path = "/me/sessions/{session_id}",
    tag = "me", operation_id = "revokeMySession", security(("bearer" = [])),
    params(("session_id" = Uuid, Path, description = "The session's id.")),
    extensions(("x-problem-codes" = json!(["session_revoked"]))),
    responses((status = 204, description = "It has ended.")))]
async fn revoke_session(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(id): Path<SessionId>,
) -> Result<Reply<Nothing>, Problem> {
    state
        .db
        .run(
            actor,
            move |tx| async move { identity::revoke_session(&tx, id).await },
        )
        .await?;
    Ok(Reply::no_content())
}
