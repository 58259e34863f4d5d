//! The private profile of a person, and what others may see of them.

use entity::{
    enums::{Level, Role},
    users,
};
use kernel::{Timestamp, UserId, Uuid};
use sea_orm::{DerivePartialModel, prelude::Date};
use serde_json::{Map, Value};

/// The training profile of a person: for the owner and admins only.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::profiles::Entity")]
pub struct Profile {
    /// The profile's id.
    pub id: Uuid,
    /// The user whose profile it is.
    pub user_id: UserId,
    /// What the person wants to reach, in their own words.
    pub fitness_goals: Option<String>,
    /// How much experience the person has.
    pub experience_level: Option<Level>,
    /// The body weight in grams.
    pub weight_grams: Option<i64>,
    /// The body height in millimetres.
    pub height_millimetres: Option<i64>,
    /// The day of birth.
    pub date_of_birth: Option<Date>,
    /// The telephone number, as the person wrote it.
    pub phone: Option<String>,
    /// The postal address, as the person wrote it.
    pub address: Option<String>,
    /// The links to social media, which are public: a JSON object, such as one from the network's name to an address.
    #[sea_orm(from_expr = "users::Column::SocialMediaLinks")]
    pub social_media_links: Value,
    /// Grows by one with every change.
    pub version: i64,
    /// When the profile was made.
    pub created_at: Timestamp,
    /// When the profile was last changed.
    pub updated_at: Timestamp,
}

/// What changes in a profile: `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// See [`Profile::fitness_goals`].
    pub fitness_goals: Option<Option<String>>,
    /// See [`Profile::experience_level`].
    pub experience_level: Option<Option<Level>>,
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
    /// See [`Profile::social_media_links`]; clearing them leaves an empty object.
    pub social_media_links: Option<Option<Map<String, Value>>>,
}

/// What anybody may see of a person.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::users::Entity")]
pub struct PublicProfile {
    /// The user's id.
    pub id: UserId,
    /// The unique username.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// A few words about the person, plain text.
    pub bio: Option<String>,
    /// The address of a picture.
    pub avatar_url: Option<String>,
    /// The links to social media: a JSON object, such as one from the network's name to an address.
    pub social_media_links: Value,
    /// What the account may do.
    pub role: Role,
    /// When the person registered.
    pub created_at: Timestamp,
}

/// A person, as everybody who deals with them may see them.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "entity::users::Entity")]
pub struct Person {
    /// The user's id.
    pub id: UserId,
    /// The unique username.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The address of a picture.
    pub avatar_url: Option<String>,
}

impl Person {
    /// What the person is called: the name, or else the username; empty where there is nothing to be seen in either.
    #[must_use]
    pub fn display_name(&self) -> String {
        let seen = [&self.name, &self.username].into_iter().flatten().map(|name| kernel::one_line(name));
        seen.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
    }
}
