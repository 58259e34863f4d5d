//! A text as words: what can be read in it, and what its author says in it.

use crate::tree::{Data, NodeId, Tree};

/// Elements that may stand inside a word; every other element ends a word.
const WITHIN_WORDS: [&str; 11] = ["strong", "b", "em", "i", "u", "s", "code", "a", "span", "mark", "bdi"];

/// Elements with words that are somebody else's, or no words at all: quotations, addresses, sources of programs.
const NOT_SAID: [&str; 6] = ["a", "blockquote", "q", "code", "pre", "kbd"];

/// The text of sanitised HTML, without its markup.
#[must_use]
pub fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let (inside, after) = tag.split_once('>').unwrap_or((tag, ""));
        let name = inside.trim_start_matches('/').split([' ', '/']).next();
        if !name.is_some_and(|name| WITHIN_WORDS.contains(&name)) {
            text.push(' ');
        }
        rest = after;
    }
    text.push_str(rest);
    // The sanitiser writes no other references. The ampersand comes last, so that nothing is decoded twice.
    text.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Whether sanitised HTML shows neither text nor a picture nor a player.
#[must_use]
pub fn is_blank(html: &str) -> bool {
    !html.contains("<img") && !html.contains("<iframe") && kernel::is_blank(&plain(html))
}

/// What the author of sanitised HTML says in it: without quotations, links and sources of programs.
#[must_use]
pub fn said(html: &str) -> String {
    let mut said = String::new();
    if let Some(tree) = Tree::parse(html) {
        for id in tree.top() {
            say(&tree, *id, &mut said);
        }
    }
    said
}

fn say(tree: &Tree, id: NodeId, said: &mut String) {
    match tree.data(id) {
        Data::Text(text) => said.push_str(text),
        Data::Element { name, .. } => {
            let name = name.as_str();
            let is_boundary = !WITHIN_WORDS.contains(&name) || NOT_SAID.contains(&name);
            if is_boundary {
                said.push('\n');
            }
            if !NOT_SAID.contains(&name) {
                for child in tree.children(id) {
                    say(tree, *child, said);
                }
            }
            if is_boundary {
                said.push('\n');
            }
        }
        Data::Other => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_no_text() {
        for (html, text) in [
            ("sp<b>am</b>", "spam"),
            ("<p>one</p><p>two</p>", " one  two "),
            ("a &lt; b &amp;lt;", "a < b &lt;"),
            ("<img src=\"https://x\">", " "),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for html in [
            "",
            "<p></p>",
            "<p><br></p>",
            "<p>&nbsp;</p>",
            "<p>\u{200b}</p>",
            "<ul><li></li></ul>",
            "<h2>\u{2800}</h2>",
        ] {
            assert!(is_blank(html), "{html}");
        }
        for html in ["a", "<img src=\"https://x\">", "<iframe src=\"https://x\"></iframe>", "<p>.</p>"] {
            assert!(!is_blank(html), "{html}");
        }
    }

    #[test]
    fn what_others_said_is_not_said() {
        let html = "<p>one <a href=\"https://x\">two</a> th<b>ree</b></p><blockquote><p>four</p></blockquote><pre>five</pre>";
        let words: Vec<String> = said(html).split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["one", "three"]);
    }
}
