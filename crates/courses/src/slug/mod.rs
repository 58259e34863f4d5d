//! The addresses of courses and categories, made from their titles.

mod store;

use database::Tx;
use deunicode::deunicode;
use kernel::{CourseId, Error, Result, Uuid};

/// The most characters of a title in a slug; the rest of the column is room for a number.
const MAX_LENGTH: usize = 80;

/// The slug of a title: lower-case letters and digits joined by hyphens.
pub(crate) fn slugify(title: &str, fallback: &str) -> String {
    let mut slug = String::new();
    for c in deunicode(title).to_lowercase().chars() {
        if slug.len() >= MAX_LENGTH {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    // Paths take an id or a slug: a slug must never look like an id.
    if slug.is_empty() || slug.parse::<Uuid>().is_ok() {
        format!("{fallback}-{slug}").trim_end_matches('-').to_owned()
    } else {
        slug.to_owned()
    }
}

/// Claims a free slug for the title of a course: the slug of the title, or that with the first free number behind it. Concurrent
/// claims get different slugs, since the primary key refuses a second row.
pub(crate) async fn claim(tx: &Tx, course_id: CourseId, title: &str) -> Result<String> {
    let base = slugify(title, "course");
    for number in 1..10_000 {
        let slug = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        if store::claim(tx, &slug, course_id).await? {
            return Ok(slug);
        }
    }
    Err(Error::internal("ten thousand courses have this title"))
}

#[cfg(test)]
mod tests {
    use super::slugify;

    #[test]
    fn a_slug_is_letters_digits_and_single_hyphens() {
        assert_eq!(slugify("  Strength & Mobility: Part 1! ", "course"), "strength-mobility-part-1");
        assert_eq!(slugify("Dehnübungen für Läufer", "course"), "dehnubungen-fur-laufer");
        assert_eq!(slugify("!!!", "course"), "course");
        assert_eq!(
            slugify("0190f0e0-0000-7000-8000-000000000000", "course"),
            "course-0190f0e0-0000-7000-8000-000000000000"
        );
        assert!(slugify(&"a".repeat(500), "course").len() <= 80);
    }
}
