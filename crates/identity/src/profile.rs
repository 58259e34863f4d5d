use database::Tx;
use kernel::{Code, Result, Timestamp, UserId, Uuid};
use sea_orm::{DerivePartialModel, FromQueryResult, prelude::Date};
use serde_json::Value;

use crate::store;

/// What a person keeps about body and life: for the owner and admins only.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Profile {
    /// The profile's id.
    pub id: UserId,
    /// Whose it is.
    pub user_id: UserId,
    /// In the person's words.
    pub fitness_goals: Option<String>,
    /// `BEGINNER` … `EXPERT`.
    pub experience_level: Option<String>,
    /// Grams.
    pub weight_grams: Option<i64>,
    /// Millimetres.
    pub height_millimetres: Option<i64>,
    /// A day.
    pub date_of_birth: Option<Date>,
    /// As the person wrote it.
    pub phone: Option<String>,
    /// As the person wrote it.
    pub address: Option<String>,
    /// Public: name of the network to address.
    pub social_media_links: Value,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What changes in a profile: `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// See [`Profile::fitness_goals`].
    pub fitness_goals: Option<Option<String>>,
    /// See [`Profile::experience_level`].
    pub experience_level: Option<Option<String>>,
    /// See [`Profile::weight_grams`].
    pub weight_grams: Option<Option<i64>>,
    /// See [`Profile::height_millimetres`].
    pub height_millimetres: Option<Option<i64>>,
    /// See [`Profile::date_of_birth`].
    pub date_of_birth: Option<Option<Date>>,
    /// See [`Profile::phone`].
    pub phone: Option<Option<String>>,
    /// See [`Profile::address`].
    pub address: Option<Option<String>>,
    /// See [`Profile::social_media_links`].
    pub social_media_links: Option<Value>,
}

/// What anybody may see of somebody.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PublicProfile {
    /// The user's id.
    pub id: UserId,
    /// Unique.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// A few words.
    pub bio: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
    /// Name of the network to address.
    pub social_media_links: Value,
    /// `USER`, `TRAINER` or `ADMIN`.
    pub role: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// Somebody, as whoever deals with them may see them.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "entity::users::Entity")]
pub struct Person {
    /// The user's id.
    pub id: UserId,
    /// Unique.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
}

impl Person {
    /// What they are called: the name, else the username.
    #[must_use]
    pub fn display_name(&self) -> String {
        self.name
            .as_ref()
            .or(self.username.as_ref())
            .cloned()
            .unwrap_or_default()
    }
}

/// These people, whatever their state, in no order.
///
/// # Errors
/// What the database answers.
pub async fn people(tx: &Tx, ids: &[UserId]) -> Result<Vec<Person>> {
    store::people(tx, ids).await
}

/// The caller's own profile.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn profile(tx: &Tx) -> Result<Profile> {
    store::profile(tx, tx.user_id()?)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

/// Changes the caller's own profile, if its version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::PreconditionFailed`].
pub async fn change_profile(
    tx: &Tx,
    matches: impl Fn(i64) -> bool,
    change: ProfileChange,
) -> Result<Profile> {
    let before = profile(tx).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let version = before.version;
    let after = Profile {
        fitness_goals: change.fitness_goals.unwrap_or(before.fitness_goals),
        experience_level: change.experience_level.unwrap_or(before.experience_level),
        weight_grams: change.weight_grams.unwrap_or(before.weight_grams),
        height_millimetres: change.height_millimetres.unwrap_or(before.height_millimetres),
        date_of_birth: change.date_of_birth.unwrap_or(before.date_of_birth),
        phone: change.phone.unwrap_or(before.phone),
        address: change.address.unwrap_or(before.address),
        ..before
    };
    if store::update_profile(tx, &after, version).await? == 0 {
        return Err(Code::PreconditionFailed.into());
    }
    if let Some(links) = change.social_media_links {
        store::update_links(tx, after.user_id, &links).await?;
    }
    profile(tx).await
}

/// What anybody may see of an active account, by id or username.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn public_profile(tx: &Tx, user: &str) -> Result<PublicProfile> {
    let found = match user.parse::<Uuid>() {
        Ok(id) => store::public_profile(tx, "id", id.into()).await?,
        Err(_) => store::public_profile(tx, "username", user.into()).await?,
    };
    found.ok_or_else(|| Code::NotFound.into())
}
