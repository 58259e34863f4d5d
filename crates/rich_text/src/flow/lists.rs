//! Lists: of HTML, of editors that write their items flat, of Word, and lists of things to do.

use super::writer::{Context, Writer, marked, placed, tick};
use crate::{
    elements::Kind,
    items::{Item, nest},
    style,
    tree::{Data, NodeId},
};

impl Writer<'_> {
    /// How many of these nodes, from the first on, are items without a list around them.
    pub(super) fn loose_items(&self, nodes: &[NodeId]) -> usize {
        let is_item = |id: NodeId| self.kind(id) == Kind::Item || self.word_level(id).is_some();
        let mut count = 0;
        for (index, id) in nodes.iter().enumerate() {
            if is_item(*id) {
                count = index + 1;
            } else if count == 0 || !self.is_blank_text(*id) {
                break;
            }
        }
        count
    }

    /// Items without a list around them, as lists.
    pub(super) fn loose_list(&mut self, nodes: &[NodeId], context: &Context) -> String {
        let inner = Context { wraps: false, align: None, direction: None, ..context.clone() };
        let mut items = Vec::new();
        for id in nodes {
            if self.kind(*id) == Kind::Item {
                items.push(self.item(*id, false, context));
            } else if let Some(level) = self.word_level(*id) {
                items.push(self.word_item(*id, level, &inner));
            }
        }
        nest(&items)
    }

    /// The children of a list, as a list.
    pub(super) fn list(
        &mut self,
        nodes: &[NodeId],
        is_numbered: bool,
        start: Option<i64>,
        context: &Context,
    ) -> String {
        let mut items: Vec<Item> = Vec::new();
        for id in nodes {
            match self.kind(*id) {
                Kind::Item => items.push(self.item(*id, is_numbered, context)),
                Kind::Dropped(_) => {}
                _ if self.is_blank_text(*id) => {}
                kind => {
                    let inner = Context { wraps: false, align: None, direction: None, ..context.clone() };
                    let content = self.flow(&[*id], &inner);
                    match items.last_mut() {
                        // A list within a list belongs to the item before it.
                        Some(last) if matches!(kind, Kind::List(_)) => last.content.push_str(&content),
                        _ => items.push(Item {
                            level: 0,
                            is_numbered,
                            start: None,
                            attributes: String::new(),
                            content,
                        }),
                    }
                }
            }
        }
        if let Some(first) = items.first_mut() {
            first.start = start;
        }
        nest(&items)
    }

    fn item(&mut self, id: NodeId, is_numbered: bool, context: &Context) -> Item {
        let style = self.style(id);
        self.notes.formatting |= style.is_decorated;
        let place = placed(self.align(id, &style), self.direction(id, &style).or(context.direction));
        let mut inner = Context { wraps: false, align: None, direction: None, ..context.clone() };
        let more = self.style_marks(id, &inner);
        inner.marks.extend(more);
        let kind = self.tree.attribute(id, "data-list");
        let sign = self.sign(id).map(tick);
        let content = self.flow(self.tree.children(id), &inner);
        let value = self.tree.attribute(id, "value").and_then(|value| value.trim().parse::<i64>().ok());
        let value = value.map(|value| format!(" value=\"{value}\"")).unwrap_or_default();
        let level =
            self.classes(id).find_map(|class| class.strip_prefix("ql-indent-")?.parse::<usize>().ok());
        Item {
            level: level.unwrap_or(0).min(8),
            is_numbered: kind.map_or(is_numbered, |kind| kind == "ordered"),
            start: None,
            attributes: value + &place,
            content: sign.map_or(content.clone(), |sign| signed(&content, sign)),
        }
    }

    /// Whether an item of a list of things to do is ticked; `None` for any other item.
    fn sign(&mut self, id: NodeId) -> Option<bool> {
        match (self.tree.attribute(id, "data-list"), self.tree.attribute(id, "data-checked")) {
            (Some("checked"), _) => return Some(true),
            (Some("unchecked"), _) => return Some(false),
            (_, Some(checked)) => {
                let is_checked = checked == "true";
                self.ticked.extend(self.own_boxes(id));
                return Some(is_checked);
            }
            _ => {}
        }
        let drawn = self.own(id).into_iter().find_map(|below| {
            let is_box = self.has_class(below, "checkbox");
            is_box.then(|| self.has_class(below, "checkbox-on"))
        });
        let first = self.own_boxes(id).into_iter().next();
        self.ticked.extend(first);
        first.map(|first| self.tree.attribute(first, "checked").is_some()).or(drawn)
    }

    fn own_boxes(&self, id: NodeId) -> Vec<NodeId> {
        self.own(id).into_iter().filter(|below| self.is_box(*below)).collect()
    }

    /// What is in an item, without the items of lists in it.
    fn own(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut open: Vec<NodeId> = self.tree.children(id).iter().rev().copied().collect();
        while let Some(next) = open.pop() {
            if !matches!(self.kind(next), Kind::Item | Kind::List(_)) {
                found.push(next);
                open.extend(self.tree.children(next).iter().rev());
            }
        }
        found
    }

    /// The level of a paragraph that is an item of a list in Word.
    fn word_level(&self, id: NodeId) -> Option<usize> {
        let is_line = matches!(self.kind(id), Kind::Line(_));
        self.tree.attribute(id, "style").filter(|_| is_line).and_then(style::word_list_level)
    }

    fn word_item(&mut self, id: NodeId, level: usize, context: &Context) -> Item {
        let marker = self.tree.descendants(id).into_iter().find(|below| self.is_word_marker(*below));
        let marker = marker.map(|marker| self.plain(marker)).unwrap_or_default();
        let marker = marker.trim();
        let is_numbered = marker.starts_with(char::is_alphanumeric) && marker.ends_with(['.', ')']);
        let mut inner = context.clone();
        let more = self.style_marks(id, &inner);
        inner.marks.extend(more);
        let words = self.words(self.tree.children(id), &inner);
        let style = self.style(id);
        Item {
            level,
            is_numbered,
            start: marker.trim_end_matches(['.', ')']).parse().ok().filter(|_| is_numbered),
            attributes: placed(self.align(id, &style), self.direction(id, &style)),
            content: if words.trim().is_empty() { String::new() } else { marked(words.trim(), &inner.marks) },
        }
    }

    /// The text below a node.
    fn plain(&self, id: NodeId) -> String {
        let texts = self.tree.descendants(id).into_iter().filter_map(|below| match self.tree.data(below) {
            Data::Text(text) => Some(text.as_str()),
            Data::Element { .. } | Data::Other => None,
        });
        texts.collect()
    }
}

/// The content of an item with a sign in front of its first words.
fn signed(content: &str, sign: &str) -> String {
    let content = content.trim_start();
    match content.strip_prefix("<p").and_then(|rest| rest.split_once('>')) {
        Some((attributes, words)) if attributes.is_empty() || attributes.starts_with(' ') => {
            format!("<p{attributes}>{sign}{}", words.trim_start())
        }
        _ => format!("{sign}{content}"),
    }
}
