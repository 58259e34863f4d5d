//! Limits on the elements of an HTML text, against texts that are small on the wire and huge as a tree. A parser has to repeat
//! every open `<b>` in each later paragraph, so that 50 KB can grow to gigabytes of memory. The text is parsed here first without
//! keeping a tree, and parsing stops as soon as a limit is exceeded.

use std::{borrow::Cow, cell::Cell, rc::Rc};

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

/// Whether a text would become more elements, or deeper ones, than the limits allow.
pub(crate) fn exceeds_html_limits(html: &str) -> bool {
    let counter = ElementCounter::default();
    let exceeded = counter.exceeded.clone();
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser = parse_fragment(counter, ParseOpts::default(), context, Vec::new(), false);
    // One tag at a time: a single tag can repeat every open element.
    for piece in html.split_inclusive('>') {
        parser.process(piece.into());
        if exceeded.get() {
            return true;
        }
    }
    parser.finish();
    exceeded.get()
}

/// Counts elements and keeps none of them.
#[derive(Default)]
struct ElementCounter {
    elements: Cell<usize>,
    exceeded: Rc<Cell<bool>>,
}

/// An element, as far as the parser asks for it: its name and its depth.
#[derive(Clone)]
struct Element(Rc<(QualName, Cell<usize>)>);

impl ElementCounter {
    fn node(name: QualName) -> Element {
        Element(Rc::new((name, Cell::new(0))))
    }

    /// Anything that is not an element: nobody asks for its name.
    fn other() -> Element {
        Self::node(QualName::new(None, ns!(), local_name!("")))
    }

    fn append_child(&self, parent: &Element, child: NodeOrText<Element>) {
        if let NodeOrText::AppendNode(child) = child {
            let depth = parent.0.1.get() + 1;
            child.0.1.set(depth);
            if depth > MAX_DEPTH {
                self.exceeded.set(true);
            }
        }
    }
}

impl TreeSink for ElementCounter {
    type Handle = Element;
    type Output = ();
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) {}

    fn get_document(&self) -> Element {
        Self::other()
    }

    fn elem_name<'a>(&'a self, target: &'a Element) -> ExpandedName<'a> {
        target.0.0.expanded()
    }

    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> Element {
        self.elements.set(self.elements.get() + 1);
        if self.elements.get() > MAX_ELEMENTS {
            self.exceeded.set(true);
        }
        Self::node(name)
    }

    fn create_comment(&self, _: StrTendril) -> Element {
        Self::other()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Element {
        Self::other()
    }

    fn append(&self, parent: &Element, child: NodeOrText<Element>) {
        self.append_child(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &Element, _: &Element, child: NodeOrText<Element>) {
        self.append_child(element, child);
    }

    fn append_before_sibling(&self, sibling: &Element, child: NodeOrText<Element>) {
        self.append_child(sibling, child);
    }

    fn get_template_contents(&self, target: &Element) -> Element {
        target.clone()
    }

    fn same_node(&self, x: &Element, y: &Element) -> bool {
        Rc::ptr_eq(&x.0, &y.0)
    }

    fn parse_error(&self, _: Cow<'static, str>) {}
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn add_attrs_if_missing(&self, _: &Element, _: Vec<Attribute>) {}
    fn remove_from_parent(&self, _: &Element) {}
    fn reparent_children(&self, _: &Element, _: &Element) {}
}

#[cfg(test)]
mod tests {
    use super::exceeds_html_limits;

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
            assert!(!exceeds_html_limits(&repeated(text)), "{text}");
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
            assert!(exceeds_html_limits(&html), "{}", html.chars().take(40).collect::<String>());
        }
    }
}
