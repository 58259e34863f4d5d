//! The statements about profiles, and about what others see of a person.

use database::{MapDbErr, Tx};
use entity::{
    enums::{Level, UserStatus},
    profiles, users,
};
use kernel::{Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select, Set};
use serde_json::Value;

use super::model::{Person, Profile, PublicProfile};

pub(crate) async fn insert(tx: &Tx, user_id: UserId) -> Result<()> {
    let profile = profiles::ActiveModel {
        id: Set(tx.new_id()),
        user_id: Set(user_id),
        experience_level: Set(Some(Level::Beginner)),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let insert = profiles::Entity::insert(profile);
    insert.exec_without_returning(tx).await.map(drop).map_db_err()
}

/// Those of these accounts that are active.
pub(crate) async fn active(tx: &Tx, ids: &[UserId]) -> Result<Vec<UserId>> {
    users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(users::COLUMN.id.is_in(ids.iter().copied()))
        .filter(users::COLUMN.status.eq(UserStatus::Active))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}

pub(crate) async fn find(tx: &Tx, user_id: UserId) -> Result<Option<Profile>> {
    profiles::Entity::find()
        .inner_join(users::Entity)
        .filter(profiles::COLUMN.user_id.eq(user_id))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// Writes the private columns, if the stored version is still the profile's; answers whether it was.
pub(crate) async fn update(tx: &Tx, profile: Profile) -> Result<bool> {
    let updated = profiles::Entity::update_many()
        .set(profiles::ActiveModel {
            fitness_goals: Set(profile.fitness_goals),
            experience_level: Set(profile.experience_level),
            weight_grams: Set(profile.weight_grams),
            height_millimetres: Set(profile.height_millimetres),
            date_of_birth: Set(profile.date_of_birth),
            phone: Set(profile.phone),
            address: Set(profile.address),
            version: Set(profile.version + 1),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(profiles::COLUMN.user_id.eq(profile.user_id))
        .filter(profiles::COLUMN.version.eq(profile.version))
        .exec(tx)
        .await
        .map_db_err()?;
    Ok(updated.rows_affected == 1)
}

pub(crate) async fn update_social_media_links(tx: &Tx, user_id: UserId, links: Value) -> Result<()> {
    users::Entity::update_many()
        .set(users::ActiveModel { social_media_links: Set(links), ..Default::default() })
        .filter(users::COLUMN.id.eq(user_id))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

pub(crate) async fn find_public(tx: &Tx, id: UserId) -> Result<Option<PublicProfile>> {
    public(tx, users::Entity::find_by_id(id)).await
}

pub(crate) async fn find_public_by_username(tx: &Tx, username: &str) -> Result<Option<PublicProfile>> {
    let named = users::Entity::find().filter(users::COLUMN.username.eq(username));
    public(tx, named).await
}

/// A suspended account has no public profile.
async fn public(tx: &Tx, select: Select<users::Entity>) -> Result<Option<PublicProfile>> {
    let active = select.filter(users::COLUMN.status.eq(UserStatus::Active));
    active.into_partial_model().one(tx).await.map_db_err()
}

pub(crate) async fn people(tx: &Tx, ids: &[UserId]) -> Result<Vec<Person>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    users::Entity::find()
        .filter(users::COLUMN.id.is_in(ids.iter().copied()))
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}
