//! Rewrites a tree as paragraphs, headings, lists and tables with words in them: whatever the page looked like from which somebody
//! copied, lines stay lines, and what is emphasised stays emphasised.

mod lists;
mod tables;
mod words;
mod writer;

use std::collections::HashSet;

pub(crate) use self::writer::escaped;
use self::writer::{Context, Writer, marked, placed};
use crate::{
    elements::{Kind, is_block, kind},
    notes::Notes,
    rules::Rules,
    said::is_blank,
    style::{self, Style},
    tree::{Data, NodeId, Tree},
};

/// The text of a tree in elements that are shown, and what it lost.
pub(crate) fn rewrite(tree: &Tree, rules: &Rules<'_>) -> (String, Notes) {
    let mut writer = Writer {
        tree,
        rules,
        holds_lines: holds_lines(tree),
        ticked: HashSet::new(),
        notes: Notes::default(),
        repeated: 0,
    };
    let html = writer.flow(tree.top(), &Context::default());
    (html, writer.notes)
}

/// Of each node, whether a line of its own stands somewhere below it.
fn holds_lines(tree: &Tree) -> Vec<bool> {
    let mut holds = vec![false; tree.len()];
    let mut all = Vec::new();
    for id in tree.top() {
        all.push(*id);
        all.extend(tree.descendants(*id));
    }
    // Children come after their parents, so that the other way round they are known first.
    for id in all.into_iter().rev() {
        let found = tree.children(id).iter().any(|child| {
            let is_own = tree.name(*child).is_some_and(|name| is_block(kind(name)));
            is_own || holds.get(*child).copied().unwrap_or_default()
        });
        if let Some(holds) = holds.get_mut(id) {
            *holds = found;
        }
    }
    holds
}

impl Writer<'_> {
    fn kind(&self, id: NodeId) -> Kind {
        match self.tree.data(id) {
            Data::Element { name, .. } => kind(name),
            Data::Text(_) => Kind::Transparent,
            Data::Other => Kind::Dropped(false),
        }
    }

    fn holds_lines(&self, id: NodeId) -> bool {
        self.holds_lines.get(id).copied().unwrap_or_default()
    }

    fn is_blank_text(&self, id: NodeId) -> bool {
        matches!(self.tree.data(id), Data::Text(text) if text.trim().is_empty())
            || matches!(self.tree.data(id), Data::Other)
    }

    /// Lines, some of them without an element of their own.
    fn flow(&mut self, nodes: &[NodeId], context: &Context) -> String {
        let mut html = String::new();
        let mut line = Vec::new();
        let mut rest = nodes;
        while let Some((&id, behind)) = rest.split_first() {
            let kind = self.kind(id);
            let listed = self.loose_items(rest);
            if listed > 0 {
                self.end_line(&mut html, &mut line, context);
                let (items, behind) = rest.split_at_checked(listed).unwrap_or((rest, &[]));
                html.push_str(&self.loose_list(items, context));
                rest = behind;
                continue;
            }
            rest = behind;
            if is_block(kind) {
                self.end_line(&mut html, &mut line, context);
                html.push_str(&self.block(id, kind, context));
            } else if self.holds_lines(id) && !matches!(kind, Kind::Dropped(_) | Kind::Player) {
                self.end_line(&mut html, &mut line, context);
                let within = self.within(id, kind, context);
                html.push_str(&self.flow(self.tree.children(id), &within));
            } else {
                line.push(id);
            }
        }
        self.end_line(&mut html, &mut line, context);
        html
    }

    /// Writes a line that had no element of its own.
    fn end_line(&mut self, html: &mut String, line: &mut Vec<NodeId>, context: &Context) {
        let nodes = std::mem::take(line);
        let words = self.words(&nodes, context);
        if words.trim().is_empty() {
            if !context.wraps {
                html.push_str(&words);
            }
            return;
        }
        if !self.may_repeat(&context.marks) {
            return;
        }
        if context.wraps {
            let words = marked(words.trim(), &context.marks);
            html.push_str(&format!("<p{}>{words}</p>", placed(context.align, context.direction)));
        } else {
            html.push_str(&marked(&words, &context.marks));
        }
    }

    /// The context of what is in an element that belongs within a line, but has lines in it.
    fn within(&mut self, id: NodeId, kind: Kind, context: &Context) -> Context {
        let mut within = Context { wraps: true, ..context.clone() };
        for mark in self.marks(id, kind, context) {
            match mark.name {
                "span" => within.direction = self.direction(id, &self.style(id)),
                _ => {
                    within.in_link |= mark.name == "a";
                    within.marks.push(mark);
                }
            }
        }
        within
    }

    /// An element that stands in a line of its own.
    fn block(&mut self, id: NodeId, kind: Kind, context: &Context) -> String {
        let style = self.style(id);
        self.notes.formatting |= style.is_decorated;
        let align = self.align(id, &style).or(context.align);
        let direction = self.direction(id, &style).or(context.direction);
        let place = placed(align, direction);
        // What is in an element that is written does not say it again.
        let inner = Context { wraps: false, align: None, direction: None, ..context.clone() };
        match kind {
            Kind::Line(name) => self.line(id, name, &place, &inner),
            Kind::Quote => {
                format!("<blockquote{place}>{}</blockquote>", self.flow(self.tree.children(id), &inner))
            }
            Kind::Preformatted => self.preformatted(id, &place, &inner),
            Kind::List(is_numbered) => {
                let start = self.tree.attribute(id, "start").and_then(|start| start.trim().parse().ok());
                let items = Context { direction, ..inner };
                self.list(self.tree.children(id), is_numbered, start, &items)
            }
            Kind::Table => self.table(id, direction, &inner),
            Kind::Figure => {
                let content = self.flow(self.tree.children(id), &inner);
                if is_blank(&content) { String::new() } else { format!("<figure{place}>{content}</figure>") }
            }
            Kind::Rule => "<hr>".to_owned(),
            _ if self.has_class(id, "ql-code-block-container") => self.preformatted(id, &place, &inner),
            _ => {
                let around = Context { align, direction, ..context.clone() };
                let within = self.within(id, Kind::Transparent, &around);
                self.flow(self.tree.children(id), &within)
            }
        }
    }

    fn line(&mut self, id: NodeId, name: &'static str, place: &str, context: &Context) -> String {
        let is_heading = name.starts_with('h');
        let mut context = Context { in_heading: context.in_heading || is_heading, ..context.clone() };
        let more = self.style_marks(id, &context);
        context.marks.extend(more);
        let words = self.words(self.tree.children(id), &context);
        // A blank is not emphasised.
        let is_marked = !words.trim().is_empty() && self.may_repeat(&context.marks);
        let words = if is_marked { marked(&words, &context.marks) } else { words };
        format!("<{name}{place}>{words}</{name}>")
    }

    fn preformatted(&mut self, id: NodeId, place: &str, context: &Context) -> String {
        let context = Context { is_preformatted: true, marks: Vec::new(), ..context.clone() };
        let words = self.words(self.tree.children(id), &context);
        // A parser takes a first line break for part of the tag.
        format!("<pre{place}>{}</pre>", words.trim_matches('\n'))
    }

    fn style(&self, id: NodeId) -> Style {
        self.tree.attribute(id, "style").map(Style::of).unwrap_or_default()
    }

    fn direction(&self, id: NodeId, style: &Style) -> Option<&'static str> {
        let given = self.tree.attribute(id, "dir").and_then(style::direction).or(style.direction);
        given.or_else(|| self.has_class(id, "ql-direction-rtl").then_some("rtl"))
    }

    fn align(&self, id: NodeId, style: &Style) -> Option<&'static str> {
        let by_class = self.classes(id).find_map(|class| style::alignment(class.strip_prefix("ql-align-")?));
        let by_attribute = self.tree.attribute(id, "align").and_then(style::alignment);
        let by_name = (self.tree.name(id) == Some("center")).then_some("center");
        style.align.or(by_class).or(by_attribute).or(by_name)
    }

    fn classes(&self, id: NodeId) -> impl Iterator<Item = &str> {
        self.tree.attribute(id, "class").unwrap_or_default().split_ascii_whitespace()
    }

    fn has_class(&self, id: NodeId, wanted: &str) -> bool {
        self.classes(id).any(|class| class == wanted)
    }
}
