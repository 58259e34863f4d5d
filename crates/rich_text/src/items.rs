//! Lists of items at levels, as editors and Word write them flat, nested again.

/// An item of a list.
pub(crate) struct Item {
    /// How deep it stands; 0 is the list itself.
    pub(crate) level: usize,
    pub(crate) is_numbered: bool,
    /// The number with which a numbered list begins here, where it is not 1.
    pub(crate) start: Option<i64>,
    /// What is written in the element's tag behind its name.
    pub(crate) attributes: String,
    /// What is in it, as HTML.
    pub(crate) content: String,
}

/// The items as nested lists.
pub(crate) fn nest(items: &[Item]) -> String {
    let mut html = String::new();
    // Whether each of the open lists is numbered, from the outermost one.
    let mut open: Vec<bool> = Vec::new();
    for item in items {
        let depth = (item.level + 1).min(open.len() + 1);
        while open.len() > depth {
            close(&mut html, &mut open);
        }
        if open.len() == depth {
            html.push_str("</li>");
            if open.last() != Some(&item.is_numbered) {
                html.push_str(if open.pop() == Some(true) { "</ol>" } else { "</ul>" });
            }
        }
        if open.len() < depth {
            html.push_str(&opening(item));
            open.push(item.is_numbered);
        }
        html.push_str(&format!("<li{}>{}", item.attributes, item.content));
    }
    while !open.is_empty() {
        close(&mut html, &mut open);
    }
    html
}

fn opening(item: &Item) -> String {
    match (item.is_numbered, item.start.filter(|start| *start != 1)) {
        (true, Some(start)) => format!("<ol start=\"{start}\">"),
        (true, None) => "<ol>".to_owned(),
        (false, _) => "<ul>".to_owned(),
    }
}

fn close(html: &mut String, open: &mut Vec<bool>) {
    html.push_str(if open.pop() == Some(true) { "</li></ol>" } else { "</li></ul>" });
}

#[cfg(test)]
mod tests {
    use super::{Item, nest};

    fn item(level: usize, is_numbered: bool, content: &str) -> Item {
        Item { level, is_numbered, start: None, attributes: String::new(), content: content.to_owned() }
    }

    #[test]
    fn flat_items_become_nested_lists() {
        let items = [
            item(0, true, "a"),
            item(1, false, "b"),
            item(1, false, "c"),
            item(0, true, "d"),
            item(0, false, "e"),
        ];
        assert_eq!(
            nest(&items),
            "<ol><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol><ul><li>e</li></ul>"
        );
        assert_eq!(
            nest(&[item(3, false, "a"), item(1, false, "b")]),
            "<ul><li>a<ul><li>b</li></ul></li></ul>"
        );
        assert_eq!(nest(&[]), "");
    }
}
