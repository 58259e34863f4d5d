//! The last gate: whatever was rewritten before, nothing but these elements and attributes comes through.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};

use crate::elements::INLINE;

const BLOCKS: [&str; 20] = [
    "p",
    "br",
    "hr",
    "h2",
    "h3",
    "h4",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "figure",
    "figcaption",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "iframe",
];

/// The elements that may be aligned and have a direction.
const PLACED: [&str; 12] =
    ["p", "h2", "h3", "h4", "pre", "blockquote", "li", "figure", "figcaption", "table", "th", "td"];

/// The attributes of every player. In its frame it may play, fill the screen and open its own page elsewhere; it never reaches the page
/// around it.
pub(crate) const FRAME: [(&str, &str); 5] = [
    ("sandbox", "allow-scripts allow-same-origin allow-presentation allow-popups"),
    ("allow", "encrypted-media; fullscreen; picture-in-picture"),
    ("allowfullscreen", ""),
    ("loading", "lazy"),
    ("referrerpolicy", "strict-origin-when-cross-origin"),
];

/// Removes scripts, styles, svg and math, and every attribute that is not listed. Players have the attributes of [`FRAME`], whatever they
/// had before; their hosts were compared when the text was rewritten, which makes the only frames there are.
static GATE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(BLOCKS.into_iter().chain(INLINE).chain(["a", "img", "span", "bdi"]).collect::<HashSet<_>>())
        .clean_content_tags(HashSet::from(["script", "style", "svg", "math", "template", "noscript"]))
        .add_tag_attributes("a", ["href", "title"])
        .add_tag_attributes("abbr", ["title"])
        .add_tag_attributes("img", ["src", "alt", "title", "width", "height"])
        .add_tag_attributes("iframe", ["src", "title"])
        .add_tag_attributes("ol", ["start"])
        .add_tag_attributes("li", ["value"])
        .set_tag_attribute_values(HashMap::from([("iframe", HashMap::from(FRAME))]))
        .filter_style_properties(HashSet::from(["text-align"]))
        .url_schemes(HashSet::from(["https", "http", "mailto", "tel"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    for name in ["th", "td"] {
        builder.add_tag_attributes(name, ["colspan", "rowspan"]);
    }
    for name in PLACED {
        builder.add_tag_attributes(name, ["dir", "style"]);
    }
    for name in ["span", "bdi"] {
        builder.add_tag_attributes(name, ["dir"]);
    }
    builder
});

/// The part of `html` that may be shown to anybody.
pub(crate) fn pass(html: &str) -> String {
    GATE.clean(html).to_string()
}
