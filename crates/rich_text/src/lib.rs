#![doc = include_str!("../README.md")]

mod address;
mod elements;
mod flow;
mod gate;
mod items;
mod json;
mod notes;
mod rules;
mod said;
mod style;
mod tree;

use kernel::{Error, FieldError, Result, Warning};

pub use json::{check_json, json_is_blank};
pub use rules::Rules;
pub use said::{is_blank, plain, said};

use notes::Notes;
use tree::Tree;

/// A text that may be shown to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// The text; empty where nothing of it can be seen.
    pub html: String,
    notes: Notes,
}

impl Cleaned {
    /// What was left out, for whoever wrote the text, which stands at this pointer of the request.
    #[must_use]
    pub fn warnings(&self, pointer: &str) -> Vec<Warning> {
        self.notes.warnings(pointer)
    }
}

/// The part of `html` that may be shown to anybody, as paragraphs, headings, lists and tables. A text that exceeds the limits on
/// elements is not meant as HTML: it is escaped, and shown as it was typed.
#[must_use]
pub fn clean(html: &str, rules: Rules<'_>) -> Cleaned {
    let rewritten = Tree::parse(&within_table(html)).map(|tree| flow::rewrite(&tree, &rules));
    let (rewritten, notes) = match rewritten.filter(|(_, notes)| !notes.shown_as_typed) {
        Some(rewritten) => rewritten,
        None => {
            let notes = Notes { shown_as_typed: true, ..Notes::default() };
            let typed = if rules.only_legible { kernel::legible(html) } else { html.to_owned() };
            (flow::escaped(&typed), notes)
        }
    };
    let html = gate::pass(&rewritten);
    Cleaned { html: if is_blank(&html) { String::new() } else { html }, notes }
}

/// Rows and cells that were copied without their table: a parser would forget where they end.
fn within_table(html: &str) -> std::borrow::Cow<'_, str> {
    let has =
        |tag: &str| html.as_bytes().windows(tag.len()).any(|part| part.eq_ignore_ascii_case(tag.as_bytes()));
    let has_cells = ["<td>", "<td ", "<th>", "<th "].into_iter().any(has);
    if has_cells && !has("<table") { format!("<table>{html}</table>").into() } else { html.into() }
}

/// Refuses a cleaned text of more than `most` characters.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub fn within(clean: &str, most: usize, pointer: &str) -> Result<()> {
    if clean.chars().nth(most).is_none() {
        return Ok(());
    }
    let detail = format!("At most {most} characters, once it is cleaned.");
    Err(Error::invalid(vec![FieldError::new(pointer, "too_long", detail)]))
}

#[cfg(test)]
mod tests;
