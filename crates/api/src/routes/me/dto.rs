//! What the operations of the caller's own account take and answer.

use chrono::NaiveDate;
use identity::{AccountChange, Level, ProfileChange, Role, Session, UserStatus};
use kernel::{SessionId, UserId, Uuid};

use crate::routes::shared::{Links, NewPassword, links, prelude::*};

/// An account as its owner and admins see it.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = identity::Account, ignore(version))]
pub(in crate::routes) struct Account {
    /// The user's id.
    id: UserId,
    /// The e-mail address, as the person wrote it.
    #[schema(example = "lena@example.com")]
    email: String,
    /// When the address was verified; null until then.
    email_verified_at: Option<DateTime<Utc>>,
    /// The unique username.
    #[schema(example = "lena_lifts")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Lena Lindqvist")]
    name: Option<String>,
    /// A few words about the person, plain text.
    #[schema(example = "Lifting since 2019.")]
    bio: Option<String>,
    /// The address of a picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
    /// What the account may do: `USER`, `TRAINER` or `ADMIN`; more may be added.
    #[schema(value_type = String, example = "USER")]
    role: Role,
    /// Whether the account may log in: `ACTIVE` or `SUSPENDED`; more may be added.
    #[schema(value_type = String, example = "ACTIVE")]
    status: UserStatus,
    /// When the account was registered.
    created_at: DateTime<Utc>,
    /// When the account was last changed.
    updated_at: DateTime<Utc>,
}

/// What changes in the caller's account.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = AccountChange)]
pub(super) struct PatchMe {
    /// The unique username: 3 to 30 lower-case letters, digits and underscores, not the name of a role. Null gives it up. The one before
    /// leads here for 90 days, and nobody else can take it meanwhile.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9_]{3,30}$", example = "lena_lifts")]
    username: Option<Option<String>>,
    /// The name to show.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, example = "Lena Lindqvist")]
    name: Option<Option<String>>,
    /// A few words about the person, plain text.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 2000, example = "Lifting since 2019.")]
    bio: Option<Option<String>>,
    /// The address of a picture; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    avatar_url: Option<Option<String>>,
}

/// The training profile of a person: for its owner and admins only.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = identity::Profile, ignore(version), used(weight_grams, height_millimetres, social_media_links))]
pub(super) struct PrivateProfile {
    /// The profile's id.
    id: Uuid,
    /// The id of the user whose profile it is.
    user_id: UserId,
    /// What the person wants to reach, in their own words.
    #[schema(example = "A first pull-up by summer.")]
    fitness_goals: Option<String>,
    /// How much experience the person has: `BEGINNER`, `INTERMEDIATE`, `ADVANCED` or `EXPERT`; more may be added.
    #[schema(value_type = Option<String>, example = "BEGINNER")]
    experience_level: Option<Level>,
    /// The body weight in kilograms. Private.
    #[schema(example = 68.5)]
    #[dto(with = weight_grams.map(|grams| in_units(grams, GRAMS)))]
    weight: Option<f64>,
    /// The body height in centimetres. Private.
    #[schema(example = 172.0)]
    #[dto(with = height_millimetres.map(|millimetres| in_units(millimetres, MILLIMETRES)))]
    height: Option<f64>,
    /// The day of birth. Private.
    date_of_birth: Option<NaiveDate>,
    /// The telephone number, as the person wrote it. Private.
    #[schema(example = "+46 70 123 45 67")]
    phone: Option<String>,
    /// The postal address, as the person wrote it. Private.
    #[schema(example = "Storgatan 1, Uppsala")]
    address: Option<String>,
    /// The links to social media: an object, such as one from the network's name to an address. Public.
    #[schema(value_type = Object, additional_properties = true, example = json!({"instagram": "https://instagram.com/lena_lifts"}))]
    #[dto(with = links(&social_media_links))]
    social_media_links: Links,
    /// When the profile was made.
    created_at: DateTime<Utc>,
    /// When the profile was last changed.
    updated_at: DateTime<Utc>,
}

/// The grams of a kilogram.
const GRAMS: f64 = 1000.0;
/// The millimetres of a centimetre.
const MILLIMETRES: f64 = 10.0;

#[expect(clippy::cast_precision_loss, reason = "a body weighs and measures less than 2^53")]
fn in_units(whole: i64, unit: f64) -> f64 {
    whole as f64 / unit
}

#[expect(clippy::cast_possible_truncation, reason = "the schema bounds both")]
fn to_whole(value: f64, unit: f64) -> i64 {
    (value * unit).round() as i64
}

/// What changes in the caller's profile.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchProfile {
    /// What the person wants to reach, in their own words.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 2000, example = "A first pull-up by summer.")]
    fitness_goals: Option<Option<String>>,
    /// How much experience the person has.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<schema::Level>)]
    experience_level: Option<Option<Level>>,
    /// The body weight in kilograms, to the gram.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<f64>, minimum = 1, maximum = 1000, example = 68.5)]
    weight: Option<Option<f64>>,
    /// The body height in centimetres, to the millimetre.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<f64>, minimum = 10, maximum = 300, example = 172)]
    height: Option<Option<f64>>,
    /// The day of birth, before today.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "date", pattern = "^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "1990-04-30")]
    date_of_birth: Option<Option<NaiveDate>>,
    /// The telephone number, in any form.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 40, example = "+46 70 123 45 67")]
    phone: Option<Option<String>>,
    /// The postal address, in any form.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, max_length = 500, example = "Storgatan 1, Uppsala")]
    address: Option<Option<String>>,
    /// The links to social media, which replace those that were there; null leaves an empty object.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<SocialMediaLinks>)]
    social_media_links: Option<Option<Links>>,
}

impl From<PatchProfile> for ProfileChange {
    fn from(patch: PatchProfile) -> Self {
        let PatchProfile {
            fitness_goals,
            experience_level,
            weight,
            height,
            date_of_birth,
            phone,
            address,
            social_media_links,
        } = patch;
        let whole =
            |value: Option<Option<f64>>, unit| value.map(|value| value.map(|value| to_whole(value, unit)));
        Self {
            fitness_goals,
            experience_level,
            weight_grams: whole(weight, GRAMS),
            height_millimetres: whole(height, MILLIMETRES),
            date_of_birth,
            phone,
            address,
            social_media_links,
        }
    }
}

/// A pattern for text that is no address that runs in a page, and that every database of ours keeps.
const NOT_ACTIVE: &str = r"^(?!\s*([Jj][Aa][Vv][Aa][Ss][Cc][Rr][Ii][Pp][Tt]|[Vv][Bb][Ss][Cc][Rr][Ii][Pp][Tt]|[Dd][Aa][Tt][Aa]):)[^\u0000]*$";

/// The schema of links to social media. By hand, because utoipa has no bounds for the names of an object.
struct SocialMediaLinks;

impl utoipa::PartialSchema for SocialMediaLinks {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{
            ObjectBuilder, RefOr, Schema, Type,
            schema::{AdditionalProperties, SchemaType},
        };
        let name = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(40));
        // Anything, but a text is no address that would run in a page.
        let member = ObjectBuilder::new().schema_type(SchemaType::AnyValue).pattern(Some(NOT_ACTIVE));
        ObjectBuilder::new()
            .description(Some(
                "The links to social media: an object of at most 20 members, such as one from the network's name to an address. In all \
                 it has at most 8,000 characters and five levels.",
            ))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::from(Schema::from(member)))))
            .property_names(Some(name))
            .max_properties(Some(20))
            .examples([serde_json::json!({ "instagram": "https://instagram.com/lena_lifts" })])
            .build()
            .into()
    }
}

impl ToSchema for SocialMediaLinks {}

/// A new password, with the current one.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChangePassword {
    /// The current password.
    #[schema(format = "password", max_length = 128, example = "seven purple anvils")]
    pub(super) current_password: String,
    /// The new password, which must not be a common one.
    pub(super) new_password: NewPassword,
}

/// A device that is logged in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct DeviceSession {
    /// The session's id.
    id: SessionId,
    /// The `User-Agent` header of the login or the last refresh.
    #[schema(example = "PalestraApp/2.1 (iPhone; iOS 26.1)")]
    user_agent: Option<String>,
    /// The IP address of the login or the last refresh.
    #[schema(example = "192.0.2.7")]
    ip_address: Option<String>,
    /// When somebody logged in.
    created_at: DateTime<Utc>,
    /// When the tokens were last refreshed.
    last_used_at: DateTime<Utc>,
    /// When the session ends unless it is refreshed before.
    expires_at: DateTime<Utc>,
    /// Whether it is the session of this request.
    is_current: bool,
}

page! {
    /// A page of sessions.
    SessionPage of DeviceSession
}

/// From a session, and the id of the session of the request.
impl From<(Session, Option<SessionId>)> for DeviceSession {
    fn from((session, current): (Session, Option<SessionId>)) -> Self {
        let Session { id, user_agent, ip_address, created_at, last_used_at, expires_at } = session;
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
