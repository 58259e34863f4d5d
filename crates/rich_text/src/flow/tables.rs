//! Tables.

use super::writer::{Context, Writer, attribute, placed};
use crate::tree::NodeId;

impl Writer<'_> {
    pub(super) fn table(&mut self, id: NodeId, direction: Option<&'static str>, context: &Context) -> String {
        let (mut before, mut groups) = (String::new(), String::new());
        for part in self.tree.children(id) {
            match self.tree.name(*part) {
                // A line above the table.
                Some("caption") => {
                    let around = Context { wraps: true, direction, ..context.clone() };
                    before.push_str(&self.flow(self.tree.children(*part), &around));
                }
                Some("thead") => groups.push_str(&self.group("thead", self.tree.children(*part), context)),
                Some("tbody" | "tfoot") => {
                    groups.push_str(&self.group("tbody", self.tree.children(*part), context))
                }
                Some("tr") => groups.push_str(&self.group("tbody", &[*part], context)),
                _ => {}
            }
        }
        if groups.is_empty() {
            before
        } else {
            format!("{before}<table{}>{groups}</table>", placed(None, direction))
        }
    }

    fn group(&mut self, name: &str, rows: &[NodeId], context: &Context) -> String {
        let rows: String = rows.iter().map(|row| self.row(*row, context)).collect();
        if rows.is_empty() { rows } else { format!("<{name}>{rows}</{name}>") }
    }

    fn row(&mut self, id: NodeId, context: &Context) -> String {
        let cells: String = self.tree.children(id).iter().map(|cell| self.cell(*cell, context)).collect();
        if cells.is_empty() { cells } else { format!("<tr>{cells}</tr>") }
    }

    fn cell(&mut self, id: NodeId, context: &Context) -> String {
        let name = match self.tree.name(id) {
            Some("th") => "th",
            Some("td") => "td",
            _ => return String::new(),
        };
        let style = self.style(id);
        self.notes.formatting |= style.is_decorated;
        let mut attributes = String::new();
        for span in ["colspan", "rowspan"] {
            let count = self.tree.attribute(id, span).and_then(|count| count.trim().parse::<u16>().ok());
            if let Some(count) = count.filter(|count| (2..=1000).contains(count)) {
                attributes.push_str(&attribute(span, &count.to_string()));
            }
        }
        attributes.push_str(&placed(self.align(id, &style), self.direction(id, &style)));
        let mut inner = Context { in_heading: name == "th", ..context.clone() };
        let more = self.style_marks(id, &inner);
        inner.marks.extend(more);
        format!("<{name}{attributes}>{}</{name}>", self.flow(self.tree.children(id), &inner))
    }
}
