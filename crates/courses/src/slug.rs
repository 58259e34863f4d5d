use database::Tx;
use deunicode::deunicode;
use kernel::{CourseId, Error, Result, Uuid};

use crate::store;

/// Longer slugs are cut, so that there is room for a number.
const LONGEST: usize = 80;

/// The address of a title: lower-case letters and digits joined by hyphens.
pub(crate) fn of(title: &str, fallback: &str) -> String {
    let mut slug = String::new();
    for c in deunicode(title).to_lowercase().chars() {
        if slug.len() >= LONGEST {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    // A path takes an id or a slug; one must never be taken for the other.
    if slug.is_empty() || slug.parse::<Uuid>().is_ok() {
        format!("{fallback}-{slug}").trim_end_matches('-').to_owned()
    } else {
        slug.to_owned()
    }
}

/// Takes a free slug for this title: itself, or with the first free number behind it. Of many at once each gets
/// another, since the table refuses a second one.
pub(crate) async fn claim(tx: &Tx, course_id: CourseId, title: &str) -> Result<String> {
    let base = of(title, "course");
    for number in 1..10_000 {
        let slug = if number == 1 {
            base.clone()
        } else {
            format!("{base}-{number}")
        };
        if store::course::claim_slug(tx, &slug, course_id).await? {
            return Ok(slug);
        }
    }
    Err(Error::internal("ten thousand courses of one title"))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_slug_is_letters_digits_and_single_hyphens() {
        assert_eq!(
            of("  Strength & Mobility: Part 1! ", "course"),
            "strength-mobility-part-1"
        );
        assert_eq!(of("Dehnübungen für Läufer", "course"), "dehnubungen-fur-laufer");
        assert_eq!(of("!!!", "course"), "course");
        assert_eq!(
            of("0190f0e0-0000-7000-8000-000000000000", "course"),
            "course-0190f0e0-0000-7000-8000-000000000000"
        );
        assert!(of(&"a".repeat(500), "course").len() <= 80);
    }
}
