//! Profiles: what a person keeps about body and life, and what others see of them.

mod links;
mod model;
pub(crate) mod store;

use database::Tx;
use kernel::{Code, Error, FieldError, Result, UserId, Uuid};

pub use self::model::{Person, Profile, ProfileChange, PublicProfile};
use crate::username;

/// These people, whatever their status, in no particular order.
///
/// # Errors
/// What the database answers.
pub async fn people(tx: &Tx, ids: &[UserId]) -> Result<Vec<Person>> {
    store::people(tx, ids).await
}

/// Those of these accounts that are not suspended.
///
/// # Errors
/// What the database answers.
pub async fn active_accounts(tx: &Tx, ids: &[UserId]) -> Result<Vec<UserId>> {
    store::active(tx, ids).await
}

/// The caller's own profile.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn profile(tx: &Tx) -> Result<Profile> {
    store::find(tx, tx.user_id()?).await?.ok_or_else(|| Code::NotFound.into())
}

/// Changes the caller's own profile, if its version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::PreconditionFailed`], [`Code::ValidationFailed`] for a date of birth that is not in the past and for links beyond their
/// bounds.
pub async fn change_profile(
    tx: &Tx,
    matches: impl Fn(i64) -> bool,
    change: ProfileChange,
) -> Result<Profile> {
    let links = change.social_media_links.map(Option::unwrap_or_default);
    if let Some(links) = &links {
        links::check(links)?;
    }
    let before = profile(tx).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let born = change.date_of_birth.filter(|born| *born != before.date_of_birth).flatten();
    if born.is_some_and(|day| day >= tx.now().date_naive()) {
        let future = FieldError::new("/dateOfBirth", "in_the_future", "This day has not been yet.");
        return Err(Error::invalid(vec![future]));
    }
    let user_id = before.user_id;
    let changed = Profile {
        fitness_goals: change.fitness_goals.unwrap_or(before.fitness_goals),
        experience_level: change.experience_level.unwrap_or(before.experience_level),
        weight_grams: change.weight_grams.unwrap_or(before.weight_grams),
        height_millimetres: change.height_millimetres.unwrap_or(before.height_millimetres),
        date_of_birth: change.date_of_birth.unwrap_or(before.date_of_birth),
        phone: change.phone.unwrap_or(before.phone),
        address: change.address.unwrap_or(before.address),
        ..before
    };
    if !store::update(tx, changed).await? {
        return Err(Code::PreconditionFailed.into());
    }
    if let Some(links) = links {
        store::update_social_media_links(tx, user_id, links.into()).await?;
    }
    profile(tx).await
}

/// What anybody may see of an active account, by its id, its username or one that it gave up not long ago.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn public_profile(tx: &Tx, user: &str) -> Result<PublicProfile> {
    let found = match user.parse::<Uuid>() {
        Ok(id) => store::find_public(tx, id.into()).await?,
        Err(_) => match store::find_public_by_username(tx, user).await? {
            Some(found) => Some(found),
            // A name that was given up leads to its last owner for a while.
            None => match username::keeper(tx, user).await? {
                Some(keeper) => store::find_public(tx, keeper).await?,
                None => None,
            },
        },
    };
    found.ok_or_else(|| Code::NotFound.into())
}
