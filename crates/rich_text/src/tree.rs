//! The tree of an HTML text, with limits against texts that are small on the wire and huge as a tree. A parser has to repeat every
//! open `<b>` in each later paragraph, so that 50 KB can grow to gigabytes of memory: parsing stops as soon as a limit is exceeded.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    rc::Rc,
};

use html5ever::{
    Attribute, ExpandedName, ParseOpts, QualName,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    local_name, ns, parse_fragment,
    tendril::{StrTendril, TendrilSink},
};

/// The most elements in one text.
const MAX_ELEMENTS: usize = 20_000;

/// The deepest nesting of elements; browsers stop at 512.
const MAX_DEPTH: usize = 256;

/// A node, by its place in the tree.
pub(crate) type NodeId = usize;

/// What a node is.
pub(crate) enum Data {
    /// An element of HTML, with its name in lower case and its attributes.
    Element { name: String, attributes: Vec<(String, String)> },
    /// Text, its references decoded.
    Text(String),
    /// A comment, or an element that is not of HTML.
    Other,
}

struct Node {
    data: Data,
    parent: Option<NodeId>,
    children: Vec<NodeId>,
    depth: usize,
}

/// A parsed text.
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Parses a text; `None` where it would become more elements, or deeper ones, than the limits allow.
    pub(crate) fn parse(html: &str) -> Option<Self> {
        let sink = Sink::new();
        let exceeded = sink.exceeded.clone();
        let context = QualName::new(None, ns!(html), local_name!("div"));
        let mut parser = parse_fragment(sink, ParseOpts::default(), context, Vec::new(), false);
        // One tag at a time: a single tag can repeat every open element.
        for piece in html.split_inclusive('>') {
            parser.process(piece.into());
            if exceeded.get() {
                return None;
            }
        }
        let tree = parser.finish();
        (!exceeded.get() && !tree.is_too_deep()).then_some(tree)
    }

    /// The nodes right below the root.
    pub(crate) fn top(&self) -> &[NodeId] {
        // A fragment stands in an element of its own.
        let root = self.children(0).iter().copied().find(|id| self.name(*id) == Some("html"));
        self.children(root.unwrap_or(0))
    }

    pub(crate) fn children(&self, id: NodeId) -> &[NodeId] {
        self.nodes.get(id).map_or(&[], |node| node.children.as_slice())
    }

    pub(crate) fn data(&self, id: NodeId) -> &Data {
        self.nodes.get(id).map_or(&Data::Other, |node| &node.data)
    }

    /// The name of an element.
    pub(crate) fn name(&self, id: NodeId) -> Option<&str> {
        match self.data(id) {
            Data::Element { name, .. } => Some(name),
            Data::Text(_) | Data::Other => None,
        }
    }

    pub(crate) fn attribute(&self, id: NodeId, wanted: &str) -> Option<&str> {
        match self.data(id) {
            Data::Element { attributes, .. } => {
                attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
            }
            Data::Text(_) | Data::Other => None,
        }
    }

    /// The nodes below a node, each before those below it.
    pub(crate) fn descendants(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut open: Vec<NodeId> = self.children(id).iter().rev().copied().collect();
        while let Some(next) = open.pop() {
            found.push(next);
            open.extend(self.children(next).iter().rev());
        }
        found
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    fn is_too_deep(&self) -> bool {
        let mut open: Vec<(NodeId, usize)> = vec![(0, 0)];
        while let Some((id, depth)) = open.pop() {
            if depth > MAX_DEPTH {
                return true;
            }
            open.extend(self.children(id).iter().map(|child| (*child, depth + 1)));
        }
        false
    }
}

/// An element or another node, as far as the parser asks for it: its place and its name.
#[derive(Clone)]
struct Handle(Rc<(NodeId, QualName)>);

/// What the parser builds the tree with.
struct Sink {
    nodes: RefCell<Vec<Node>>,
    elements: Cell<usize>,
    exceeded: Rc<Cell<bool>>,
}

impl Sink {
    fn new() -> Self {
        let document = Node { data: Data::Other, parent: None, children: Vec::new(), depth: 0 };
        Self { nodes: RefCell::new(vec![document]), elements: Cell::new(0), exceeded: Rc::default() }
    }

    fn add(&self, data: Data) -> NodeId {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { data, parent: None, children: Vec::new(), depth: 0 });
        nodes.len() - 1
    }

    /// Anything that is not an element: nobody asks for its name.
    fn other(id: NodeId) -> Handle {
        Handle(Rc::new((id, QualName::new(None, ns!(), local_name!("")))))
    }

    fn detach(&self, id: NodeId) {
        let mut nodes = self.nodes.borrow_mut();
        let parent = nodes.get_mut(id).and_then(|node| node.parent.take());
        if let Some(parent) = parent.and_then(|parent| nodes.get_mut(parent)) {
            parent.children.retain(|child| *child != id);
        }
    }

    /// Inserts a node or text below `parent`: before its child at `index`, or behind all of them.
    fn insert(&self, parent: NodeId, index: Option<usize>, child: NodeOrText<Handle>) {
        let child = match child {
            NodeOrText::AppendNode(handle) => {
                self.detach(handle.0.0);
                handle.0.0
            }
            NodeOrText::AppendText(text) => {
                if self.extend_text(parent, index, &text) {
                    return;
                }
                self.add(Data::Text(text.to_string()))
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        let depth = nodes.get(parent).map_or(0, |node| node.depth) + 1;
        if depth > MAX_DEPTH {
            self.exceeded.set(true);
        }
        if let Some(node) = nodes.get_mut(child) {
            node.parent = Some(parent);
            node.depth = depth;
        }
        if let Some(node) = nodes.get_mut(parent) {
            let end = node.children.len();
            node.children.insert(index.unwrap_or(end).min(end), child);
        }
    }

    /// Text behind text is one text.
    fn extend_text(&self, parent: NodeId, index: Option<usize>, text: &str) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let children = nodes.get(parent).map_or(&[][..], |node| node.children.as_slice());
        let before =
            index.unwrap_or(children.len()).checked_sub(1).and_then(|index| children.get(index).copied());
        match before.and_then(|id| nodes.get_mut(id)).map(|node| &mut node.data) {
            Some(Data::Text(present)) => {
                present.push_str(text);
                true
            }
            _ => false,
        }
    }

    fn place_of(&self, id: NodeId) -> Option<(NodeId, usize)> {
        let nodes = self.nodes.borrow();
        let parent = nodes.get(id)?.parent?;
        // What is asked for stands near the end: a table, into which something was written that cannot stand there.
        let index = nodes.get(parent)?.children.iter().rposition(|child| *child == id)?;
        Some((parent, index))
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Tree {
        Tree { nodes: self.nodes.into_inner() }
    }

    fn get_document(&self) -> Handle {
        Self::other(0)
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.0.1.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Handle {
        self.elements.set(self.elements.get() + 1);
        if self.elements.get() > MAX_ELEMENTS {
            self.exceeded.set(true);
        }
        let pair = |attribute: Attribute| (attribute.name.local.to_string(), attribute.value.to_string());
        let id = self.add(Data::Element {
            name: name.local.to_ascii_lowercase().to_string(),
            attributes: attributes.into_iter().map(pair).collect(),
        });
        Handle(Rc::new((id, name)))
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        Self::other(self.add(Data::Other))
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        Self::other(self.add(Data::Other))
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.insert(parent.0.0, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, before: &Handle, child: NodeOrText<Handle>) {
        if self.place_of(element.0.0).is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(before, child);
        }
    }

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        if let NodeOrText::AppendNode(child) = &child {
            self.detach(child.0.0);
        }
        if let Some((parent, index)) = self.place_of(sibling.0.0) {
            self.insert(parent, Some(index), child);
        }
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.0.0 == y.0.0
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.0.0);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut nodes = self.nodes.borrow_mut();
        let children =
            nodes.get_mut(node.0.0).map(|node| std::mem::take(&mut node.children)).unwrap_or_default();
        for child in &children {
            if let Some(child) = nodes.get_mut(*child) {
                child.parent = Some(new_parent.0.0);
            }
        }
        if let Some(parent) = nodes.get_mut(new_parent.0.0) {
            parent.children.extend(children);
        }
    }

    fn parse_error(&self, _: Cow<'static, str>) {}
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn add_attrs_if_missing(&self, _: &Handle, _: Vec<Attribute>) {}
}

#[cfg(test)]
mod tests {
    use super::Tree;

    fn exceeds_limits(html: &str) -> bool {
        Tree::parse(html).is_none()
    }

    fn repeated(text: &str) -> String {
        text.repeat(50_000 / text.len())
    }

    #[test]
    fn ordinary_texts_are_within_the_limits() {
        for text in [
            "<p>Hips <b>back</b>, <i><u>spine</u></i> long. <a href=\"https://example.com\">More</a>.</p>\n",
            "<p>never closed",
            "<p><b>closed</p>too late</b>",
            "<ul><li>one<li>two<ul><li>three</ul></ul>",
            "<table><tr><td><b>1</b><td>2</table>",
            "line<br>",
            "a < b > c & d",
        ] {
            assert!(!exceeds_limits(&repeated(text)), "{text}");
        }
    }

    #[test]
    fn multiplying_and_bottomless_texts_exceed_them() {
        let numbered = |text: &str| -> String {
            (0..2_500).map(|number| text.replace('#', &number.to_string())).collect()
        };
        for html in [
            numbered("<b a=#><p>"),
            numbered("<p><b a=#></p>"),
            numbered("<b a=#><table></b></table>"),
            numbered("<b a=#>") + &"<p>x".repeat(5_000),
            numbered("<b a=#>") + &"</b>".repeat(1_000),
            repeated("<div>"),
            repeated("<ul><li>"),
            repeated("<a><b>"),
            repeated("<svg><g>"),
            repeated("<table><td>"),
        ] {
            assert!(exceeds_limits(&html), "{}", html.chars().take(40).collect::<String>());
        }
    }
}
