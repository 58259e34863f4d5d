//! The uploaded pictures that texts name by their address: they are kept as long as the texts are.

mod model;
mod store;

use std::collections::BTreeSet;

use database::Tx;
use kernel::{FileId, Result};

pub use self::model::TextPlace;

/// What stands before the id in the address of a picture.
const PREFIX: &str = "/images/";
/// The characters of an id.
const ID_LENGTH: usize = 36;

/// Keeps the pictures that a text names, in place of those that it named before. `texts` is everything at this place.
///
/// # Errors
/// What the database answers.
pub async fn keep_pictures(
    tx: &Tx,
    place: TextPlace,
    before: &[Option<&str>],
    texts: &[Option<&str>],
) -> Result<()> {
    let all =
        |texts: &[Option<&str>]| texts.iter().flatten().copied().flat_map(named).collect::<BTreeSet<_>>();
    let (before, after) = (all(before), all(texts));
    // Also where both name the same: a picture may not have been there the first time.
    if !before.is_empty() {
        store::delete(tx, place).await?;
    }
    store::insert(tx, after.into_iter().map(|id| (place, id)).collect()).await
}

/// Keeps the pictures that new texts name.
///
/// # Errors
/// What the database answers.
pub async fn keep_new_pictures<'a>(
    tx: &Tx,
    texts: impl Iterator<Item = (TextPlace, Option<&'a str>)>,
) -> Result<()> {
    let named_at = |(place, text): (TextPlace, Option<&'a str>)| {
        text.into_iter().flat_map(named).collect::<BTreeSet<_>>().into_iter().map(move |id| (place, id))
    };
    store::insert(tx, texts.flat_map(named_at).collect()).await
}

/// The pictures whose addresses are in a text, at whichever host: a front end may serve them under its own.
fn named(text: &str) -> impl Iterator<Item = FileId> {
    text.match_indices(PREFIX).filter_map(move |(at, _)| {
        let begin = at + PREFIX.len();
        text.get(begin..begin + ID_LENGTH)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_at_any_host_and_in_any_format() {
        let id = "0198c0de-0000-7000-8000-000000000001";
        for text in [
            format!("<p><img src=\"https://school.example/api/v1/images/{id}/640\"></p>"),
            format!("{{\"src\":\"/images/{id}/320\"}}"),
            format!("https://cdn.example/images/{id}"),
        ] {
            assert_eq!(named(&text).collect::<Vec<_>>(), [id.parse().unwrap()], "{text}");
        }
        for text in ["/images/", "/images/é198c0de-0000-7000-8000-000000000001", "/images/squat.jpg", ""] {
            assert_eq!(named(text).count(), 0, "{text}");
        }
    }
}
