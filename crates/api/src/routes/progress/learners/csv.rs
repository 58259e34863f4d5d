//! The learners of a course as a CSV file.

use chrono::{DateTime, SecondsFormat, Utc};
use database::Tx;
use kernel::{CourseId, Limit, Result};

use super::dto::CourseLearner;

/// How many rows the file has at most.
const MAX_ROWS: usize = 10_000;

/// The learners of a course with their progress, the latest enrollments first.
///
/// # Errors
/// Those of [`progress::learners`].
pub(super) async fn learners(tx: &Tx, course_id: CourseId) -> Result<String> {
    let mut text = String::from(
        "userId,username,name,enrolledAt,lastActiveAt,completedAt,totalLessons,completedLessons,percent,watchedSeconds\r\n",
    );
    let (mut after, mut rows) = (None, 0);
    while rows < MAX_ROWS {
        let page = progress::learners(tx, course_id, None, after, Limit::new(100)).await?;
        rows += page.data.len();
        for learner in page.data.into_iter().map(CourseLearner::from) {
            let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
            let time = |at: Option<DateTime<Utc>>| at.map(written).unwrap_or_default();
            let cells = [
                learner.user_id.to_string(),
                learner.username.unwrap_or_default(),
                learner.name.unwrap_or_default(),
                time(Some(learner.enrolled_at)),
                time(learner.last_active_at),
                time(learner.completed_at),
                learner.total_lessons.to_string(),
                learner.completed_lessons.to_string(),
                learner.percent.to_string(),
                learner.watched_seconds.to_string(),
            ];
            text.push_str(&cells.map(|text| cell(&text)).join(","));
            text.push_str("\r\n");
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(text)
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
