//! How a text is cleaned.

/// How a text is cleaned.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The hosts whose players are shown.
    pub players: &'a [String],
    /// Whether characters that nobody sees are left out: they could hide words from the rules of a community.
    pub only_legible: bool,
}
