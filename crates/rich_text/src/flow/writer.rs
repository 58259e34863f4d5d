//! What a text is rewritten with: what is known of a part of the tree, and how elements are written.

use std::collections::HashSet;

use crate::{
    notes::Notes,
    rules::Rules,
    tree::{NodeId, Tree},
};

/// What holds for a part of the tree, from the elements around it.
#[derive(Clone, Default)]
pub(super) struct Context {
    /// Whether lines without an element of their own become paragraphs.
    pub(super) wraps: bool,
    /// The emphasis around it that is written into each line.
    pub(super) marks: Vec<Mark>,
    /// The alignment of an element around it that is not written.
    pub(super) align: Option<&'static str>,
    /// The direction of an element around it that is not written.
    pub(super) direction: Option<&'static str>,
    /// Whether it stands in a link.
    pub(super) in_link: bool,
    /// Whether it stands in a heading, or the head of a table.
    pub(super) in_heading: bool,
    /// Whether its blanks and line breaks count.
    pub(super) is_preformatted: bool,
}

pub(super) struct Writer<'a> {
    pub(super) tree: &'a Tree,
    pub(super) rules: &'a Rules<'a>,
    pub(super) holds_lines: Vec<bool>,
    /// The boxes that are written in front of their items already.
    pub(super) ticked: HashSet<NodeId>,
    pub(super) notes: Notes,
    /// How many bytes of marks were written again, into one line after the other.
    pub(super) repeated: usize,
}

/// The most bytes of marks that are written again: an address as long as a text, around thousands of lines, is no text.
const MAX_REPEATED: usize = 1_000_000;

impl Writer<'_> {
    /// Whether the marks around may be written into one more line; otherwise the text is shown as it was typed.
    pub(super) fn may_repeat(&mut self, marks: &[Mark]) -> bool {
        let cost: usize = marks.iter().map(|mark| mark.attributes.len() + 2 * mark.name.len() + 5).sum();
        self.repeated = self.repeated.saturating_add(cost);
        self.notes.shown_as_typed |= self.repeated > MAX_REPEATED;
        self.repeated <= MAX_REPEATED
    }
}

/// An element around words.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) name: &'static str,
    pub(super) attributes: String,
}

impl Mark {
    pub(super) fn plain(name: &'static str) -> Self {
        Self { name, attributes: String::new() }
    }
}

/// Words in these elements, the first of them outside.
pub(super) fn marked(words: &str, marks: &[Mark]) -> String {
    let mut html = words.to_owned();
    for Mark { name, attributes } in marks.iter().rev() {
        html = format!("<{name}{attributes}>{html}</{name}>");
    }
    html
}

/// An attribute as it is written in a tag.
pub(super) fn attribute(name: &str, value: &str) -> String {
    format!(" {name}=\"{}\"", value.replace('&', "&amp;").replace('"', "&quot;"))
}

/// Text as it is written between tags.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The sign for a box that is ticked or not.
pub(super) fn tick(is_ticked: bool) -> &'static str {
    if is_ticked { "☑ " } else { "☐ " }
}

/// The attributes of a line: its direction and its alignment.
pub(super) fn placed(align: Option<&str>, direction: Option<&str>) -> String {
    let direction = direction.map(|direction| attribute("dir", direction)).unwrap_or_default();
    let align = align.map(|align| attribute("style", &format!("text-align:{align}"))).unwrap_or_default();
    direction + &align
}
