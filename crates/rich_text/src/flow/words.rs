//! Words within a line, with their emphasis, links and pictures.

use super::writer::{Context, Mark, Writer, attribute, escaped, marked, tick};
use crate::{
    address,
    elements::{Kind, is_block},
    gate::FRAME,
    style::{self, Style},
    tree::{Data, NodeId},
};

/// Emphasis that is the same twice as once.
const EMPHASIS: [&str; 9] = ["strong", "b", "em", "i", "u", "s", "code", "kbd", "mark"];

/// The longest title of an element, in bytes.
const MAX_TITLE: usize = 1_000;

impl Writer<'_> {
    /// Words within a line. Lines of their own among them leave a break.
    pub(super) fn words(&mut self, nodes: &[NodeId], context: &Context) -> String {
        let mut words = String::new();
        let (mut has_words, mut is_behind_line) = (false, false);
        for id in nodes {
            let kind = self.kind(*id);
            let is_line = is_block(kind) || self.holds_lines(*id);
            let word = self.word(*id, kind, context);
            let is_empty = word.trim().is_empty();
            let has_boundary = (is_line || is_behind_line) && has_words && !is_empty;
            if has_boundary && !words.ends_with("<br>") && !words.ends_with('\n') {
                words.push_str(if context.is_preformatted { "\n" } else { "<br>" });
                words.push_str(if context.is_preformatted { &word } else { word.trim_start() });
            } else {
                words.push_str(&word);
            }
            has_words |= !is_empty;
            is_behind_line = is_line || (is_behind_line && is_empty);
        }
        words
    }

    fn word(&mut self, id: NodeId, kind: Kind, context: &Context) -> String {
        if let Data::Text(text) = self.tree.data(id) {
            return if self.rules.only_legible { escaped(&kernel::legible(text)) } else { escaped(text) };
        }
        match kind {
            Kind::Dropped(is_seen) => {
                if is_seen {
                    self.count_dropped(id);
                }
                String::new()
            }
            Kind::Break => if context.is_preformatted { "\n" } else { "<br>" }.to_owned(),
            Kind::Image => self.image(id),
            Kind::Player => self.player(id, context),
            Kind::Input => self.input(id),
            _ if self.is_word_marker(id) => String::new(),
            _ => {
                let marks = self.marks(id, kind, context);
                let mut within = context.clone();
                within.in_link |= marks.iter().any(|mark| mark.name == "a");
                within.marks.extend(marks.iter().cloned());
                let words = self.words(self.tree.children(id), &within);
                // Nothing stays of an element without anything in it, and a blank is not emphasised.
                if words.trim().is_empty() { words } else { marked(&words, &marks) }
            }
        }
    }

    fn count_dropped(&mut self, id: NodeId) {
        if let Some(name) = self.tree.name(id) {
            *self.notes.elements.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// The value of an attribute, as far as it can be seen.
    fn attribute(&self, id: NodeId, name: &str) -> Option<String> {
        let value = self.tree.attribute(id, name)?;
        Some(if self.rules.only_legible { kernel::legible(value) } else { value.to_owned() })
    }

    /// The elements that an element within a line becomes, the first of them outside.
    pub(super) fn marks(&mut self, id: NodeId, kind: Kind, context: &Context) -> Vec<Mark> {
        let style = self.style(id);
        let is_denied = |says: Option<bool>| says == Some(false);
        let own = match kind {
            Kind::Inline("strong" | "b") if is_denied(style.bold) => None,
            Kind::Inline("em" | "i") if is_denied(style.italic) => None,
            Kind::Inline("u") if is_denied(style.underlined) => None,
            Kind::Inline(name)
                if EMPHASIS.contains(&name) && context.marks.iter().any(|mark| mark.name == name) =>
            {
                None
            }
            Kind::Inline("abbr") => {
                let title = self.title(id);
                Some(Mark { name: "abbr", attributes: title.unwrap_or_default() })
            }
            Kind::Inline("bdi") => Some(Mark { name: "bdi", attributes: self.dir_attribute(id, &style) }),
            Kind::Inline(name) => Some(Mark::plain(name)),
            Kind::Link if !context.in_link => self.link(id),
            Kind::Transparent if self.tree.name(id) == Some("span") => {
                let attributes = self.dir_attribute(id, &style);
                (!attributes.is_empty()).then_some(Mark { name: "span", attributes })
            }
            _ => None,
        };
        let mut marks: Vec<Mark> = own.into_iter().collect();
        for mark in self.style_marks(id, context) {
            if marks.iter().all(|own| !is_same_emphasis(own.name, mark.name)) {
                marks.push(mark);
            }
        }
        marks
    }

    /// The emphasis of an element's style that is not there already.
    pub(super) fn style_marks(&mut self, id: NodeId, context: &Context) -> Vec<Mark> {
        let style = self.style(id);
        self.notes.formatting |= style.is_decorated || self.tree.name(id) == Some("font");
        let wanted = [
            ("strong", style.bold == Some(true) && !context.in_heading),
            ("em", style.italic == Some(true)),
            // A link is underlined anyway.
            ("u", style.underlined == Some(true) && !context.in_link && self.tree.name(id) != Some("a")),
            ("s", style.struck == Some(true)),
            ("sup", style.is_raised),
            ("sub", style.is_lowered),
            ("mark", style.is_highlighted),
        ];
        let is_there = |name: &str| context.marks.iter().any(|mark| is_same_emphasis(mark.name, name));
        let added = wanted.into_iter().filter(|(name, is_wanted)| *is_wanted && !is_there(name));
        added.map(|(name, _)| Mark::plain(name)).collect()
    }

    fn dir_attribute(&self, id: NodeId, style: &Style) -> String {
        self.direction(id, style).map(|direction| attribute("dir", direction)).unwrap_or_default()
    }

    fn link(&mut self, id: NodeId) -> Option<Mark> {
        let href = self.attribute(id, "href")?;
        let Some(address) = address::of_link(&href) else {
            self.notes.links += 1;
            return None;
        };
        let title = self.title(id).unwrap_or_default();
        Some(Mark { name: "a", attributes: attribute("href", &address) + &title })
    }

    /// The title of an element; none where it is longer than anybody reads.
    fn title(&self, id: NodeId) -> Option<String> {
        let title = self.attribute(id, "title").filter(|title| title.len() <= MAX_TITLE);
        title.map(|title| attribute("title", &title))
    }

    fn image(&mut self, id: NodeId) -> String {
        // Some pages load a picture only when it is scrolled to, and have its address elsewhere until then.
        let addresses = ["src", "data-src"].map(|name| self.attribute(id, name));
        let Some(src) = addresses.iter().flatten().find_map(|src| address::of_image(src)) else {
            self.notes.images += 1;
            return String::new();
        };
        let mut tag = format!("<img{}", attribute("src", &src));
        for name in ["alt", "title"] {
            if let Some(value) = self.attribute(id, name) {
                tag.push_str(&attribute(name, &value));
            }
        }
        for name in ["width", "height"] {
            let given = self.tree.attribute(id, name).unwrap_or_default().trim();
            if let Ok(size) = given.strip_suffix("px").unwrap_or(given).parse::<u16>() {
                tag.push_str(&attribute(name, &size.to_string()));
            }
        }
        tag.push('>');
        tag
    }

    /// A player of a host that is listed; of any other host, a link to what it would have shown.
    fn player(&mut self, id: NodeId, context: &Context) -> String {
        let own = ["src", "url", "data", "data-src"].iter().find_map(|name| self.attribute(id, name));
        let sources = self.tree.children(id).iter().filter(|child| self.tree.name(**child) == Some("source"));
        let Some(src) = own.or_else(|| sources.into_iter().find_map(|child| self.attribute(*child, "src")))
        else {
            self.count_dropped(id);
            return String::new();
        };
        let title = self.attribute(id, "title").filter(|title| !kernel::is_blank(title));
        if let Some(address) = address::of_player(&src, self.rules.players) {
            let title = title.map(|title| attribute("title", &title)).unwrap_or_default();
            // In one order, so that a text that is sent back is the same text.
            let fixed: String = FRAME.iter().map(|(name, value)| attribute(name, value)).collect();
            return format!("<iframe{}{title}{fixed}></iframe>", attribute("src", &address));
        }
        let Some(address) = address::of_link(&src) else {
            self.count_dropped(id);
            return String::new();
        };
        self.notes.players += 1;
        let words = escaped(title.as_deref().unwrap_or(&address));
        if context.in_link { words } else { format!("<a{}>{words}</a>", attribute("href", &address)) }
    }

    /// A box to be ticked becomes a sign for it; other controls have nothing to say.
    fn input(&self, id: NodeId) -> String {
        let is_shown = self.is_box(id) && !self.ticked.contains(&id);
        if is_shown { tick(self.tree.attribute(id, "checked").is_some()).to_owned() } else { String::new() }
    }

    pub(super) fn is_box(&self, id: NodeId) -> bool {
        self.tree.name(id) == Some("input")
            && self.tree.attribute(id, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("checkbox"))
    }

    pub(super) fn is_word_marker(&self, id: NodeId) -> bool {
        self.tree.attribute(id, "style").is_some_and(style::is_word_marker)
    }
}

fn is_same_emphasis(one: &str, other: &str) -> bool {
    one == other
        || [["strong", "b"], ["em", "i"]].iter().any(|names| names.contains(&one) && names.contains(&other))
}
