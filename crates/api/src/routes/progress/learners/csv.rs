//! The learners of a course as a CSV file.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use database::Tx;
use kernel::{CourseId, Limit, Result, UserId};

use super::dto::CourseLearner;

/// How many rows the file has at most.
const MAX_ROWS: usize = 10_000;

/// Without it, spreadsheets take UTF-8 for the encoding of their country.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The name of the file: of which course it is, and of which day.
///
/// # Errors
/// What the database answers.
pub(super) async fn file_name(tx: &Tx, course_id: CourseId) -> Result<String> {
    let course = courses::courses_by_ids(tx, &[course_id]).await?.into_iter().next();
    let title = course.map(|course| course.title).unwrap_or_default();
    Ok(format!("{title} - learners - {}.csv", tx.now().date_naive()))
}

/// The learners of a course with their progress, the latest enrollments first.
///
/// # Errors
/// Those of [`progress::learners`].
pub(super) async fn learners(tx: &Tx, course_id: CourseId) -> Result<Vec<CourseLearner>> {
    let (mut learners, mut after) = (Vec::new(), None);
    while learners.len() < MAX_ROWS {
        let page = progress::learners(tx, course_id, None, after, Limit::new(100)).await?;
        learners.extend(page.data.into_iter().map(CourseLearner::from));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(learners)
}

/// The file; with a column of e-mail addresses where these are given.
pub(super) fn written(learners: Vec<CourseLearner>, emails: Option<&HashMap<UserId, String>>) -> String {
    let mut text = String::from(BYTE_ORDER_MARK);
    text.push_str("userId,username,name,");
    text.push_str(if emails.is_some() { "email," } else { "" });
    text.push_str(
        "enrolledAt,lastActiveAt,completedAt,totalLessons,completedLessons,percent,watchedSeconds\r\n",
    );
    let time = |at: Option<DateTime<Utc>>| {
        at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)).unwrap_or_default()
    };
    for learner in learners {
        let email = emails.map(|emails| emails.get(&learner.user_id).cloned().unwrap_or_default());
        let who = [
            learner.user_id.to_string(),
            learner.username.unwrap_or_default(),
            learner.name.unwrap_or_default(),
        ];
        let progress = [
            time(Some(learner.enrolled_at)),
            time(learner.last_active_at),
            time(learner.completed_at),
            learner.total_lessons.to_string(),
            learner.completed_lessons.to_string(),
            learner.percent.to_string(),
            learner.watched_seconds.to_string(),
        ];
        let cells = who.into_iter().chain(email).chain(progress).map(|text| cell(&text));
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

/// The text of a cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = text.replace('"', "\"\"");
    // Semicolons and tabs separate cells where a comma stands in numbers.
    match (formula, text.contains(['"', ',', ';', '\t', '\r', '\n']) || formula) {
        (true, _) => format!("\"'{quoted}\""),
        (false, true) => format!("\"{quoted}\""),
        (false, false) => quoted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("Lena"), "Lena");
        assert_eq!(cell("Lena, \"the\" First"), "\"Lena, \"\"the\"\" First\"");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell(" @SUM"), "\"' @SUM\"");
        assert_eq!(cell("-1+2"), "\"'-1+2\"");
    }
}
