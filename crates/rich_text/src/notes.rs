//! What was left out of a text, for whoever wrote it.

use std::collections::BTreeMap;

use kernel::Warning;

/// What a text lost when it was cleaned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// Elements that went with what was in them, by name.
    pub(crate) elements: BTreeMap<String, usize>,
    /// Pictures without an address from which they can be shown.
    pub(crate) images: usize,
    /// Links whose text stayed, without an address that can be followed.
    pub(crate) links: usize,
    /// Players and embedded pages that became links.
    pub(crate) players: usize,
    /// Whether colours, fonts or sizes were left out.
    pub(crate) formatting: bool,
    /// Whether the text was too large as a tree, and is shown as it was typed.
    pub(crate) shown_as_typed: bool,
}

impl Notes {
    /// The same in words, at this pointer.
    pub(crate) fn warnings(&self, pointer: &str) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut add = |code, detail: String| warnings.push(Warning::new(pointer, code, detail));
        if self.shown_as_typed {
            add(
                "shown_as_typed",
                "This has too many elements for HTML: it is shown as it was typed.".to_owned(),
            );
        }
        if !self.elements.is_empty() {
            let names: Vec<String> =
                self.elements.iter().map(|(name, count)| format!("{name} ({count})")).collect();
            add("element_removed", format!("Left out with what was in it: {}.", names.join(", ")));
        }
        if self.images > 0 {
            let detail = "left out: a picture needs an address with https. Upload it first.";
            add(
                "image_removed",
                format!("{} {detail}", counted(self.images, "picture was", "pictures were")),
            );
        }
        if self.links > 0 {
            let detail = "no address that can be followed; the text stayed.";
            add("link_removed", format!("{} {detail}", counted(self.links, "link had", "links had")));
        }
        if self.players > 0 {
            let detail = "its host is not among those whose players are shown.";
            add(
                "player_replaced",
                format!("{} a link: {detail}", counted(self.players, "player became", "players became")),
            );
        }
        if self.formatting {
            add("formatting_removed", "Colours, fonts and sizes were left out.".to_owned());
        }
        warnings
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
