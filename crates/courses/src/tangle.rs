//! HTML that is small as a text and huge as a tree. A parser has to repeat open `<b>`s in each paragraph after them, so that
//! 50 KB can become tens of megabytes and gigabytes of memory. It is parsed here first without keeping a tree, and given up
//! as soon as it grows beyond what anybody writes.

use std::{borrow::Cow, cell::Cell, rc::Rc};

use html5ever::{
    Attribute, ExpandedName, ParseOpts, QualName,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    local_name, ns, parse_fragment,
    tendril::{StrTendril, TendrilSink},
};

/// Elements in one text.
const MOST: usize = 20_000;

/// Elements in each other; browsers stop at 512.
const DEEPEST: usize = 256;

/// Whether a text would become more elements, or deeper ones, than anybody writes.
pub(crate) fn is_tangled(html: &str) -> bool {
    let count = Count::default();
    let over = count.over.clone();
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser = parse_fragment(count, ParseOpts::default(), context, Vec::new(), false);
    // A tag at a time: even one can have as many elements repeated as are open.
    for piece in html.split_inclusive('>') {
        parser.process(piece.into());
        if over.get() {
            return true;
        }
    }
    parser.finish();
    over.get()
}

/// Counts elements, and forgets them.
#[derive(Default)]
struct Count {
    elements: Cell<usize>,
    over: Rc<Cell<bool>>,
}

/// An element as far as a parser asks for it.
#[derive(Clone)]
struct Element(Rc<(QualName, Cell<usize>)>);

impl Count {
    fn node(name: QualName) -> Element {
        Element(Rc::new((name, Cell::new(0))))
    }

    /// Whatever is no element: nobody asks for its name.
    fn other() -> Element {
        Self::node(QualName::new(None, ns!(), local_name!("")))
    }

    fn put(&self, parent: &Element, child: NodeOrText<Element>) {
        if let NodeOrText::AppendNode(child) = child {
            let depth = parent.0.1.get() + 1;
            child.0.1.set(depth);
            if depth > DEEPEST {
                self.over.set(true);
            }
        }
    }
}

impl TreeSink for Count {
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
        if self.elements.get() > MOST {
            self.over.set(true);
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
        self.put(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &Element, _: &Element, child: NodeOrText<Element>) {
        self.put(element, child);
    }

    fn append_before_sibling(&self, sibling: &Element, child: NodeOrText<Element>) {
        self.put(sibling, child);
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
    use super::is_tangled;

    fn repeated(text: &str) -> String {
        text.repeat(50_000 / text.len())
    }

    #[test]
    fn what_people_write_is_not_tangled() {
        for text in [
            "<p>Hips <b>back</b>, <i><u>spine</u></i> long. <a href=\"https://example.com\">More</a>.</p>\n",
            "<p>never closed",
            "<p><b>closed</p>too late</b>",
            "<ul><li>one<li>two<ul><li>three</ul></ul>",
            "<table><tr><td><b>1</b><td>2</table>",
            "line<br>",
            "a < b > c & d",
        ] {
            assert!(!is_tangled(&repeated(text)), "{text}");
        }
    }

    #[test]
    fn what_multiplies_or_has_no_ground_is() {
        let numbered = |text: &str| -> String {
            (0..2_500)
                .map(|number| text.replace('#', &number.to_string()))
                .collect()
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
            assert!(is_tangled(&html), "{}", html.chars().take(40).collect::<String>());
        }
    }
}
