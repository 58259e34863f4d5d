//! What each element of HTML becomes.

/// What becomes of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It goes, with what is in it. The flag tells whether anybody could have seen it.
    Dropped(bool),
    /// A line of its own under this name: a paragraph, a heading, a caption.
    Line(&'static str),
    /// A quotation, which has paragraphs in it.
    Quote,
    /// Text whose blanks and line breaks count.
    Preformatted,
    /// A list, which is numbered or not.
    List(bool),
    /// An item of a list.
    Item,
    /// A table.
    Table,
    /// A picture, a table or a player with its caption.
    Figure,
    /// A line between two parts.
    Rule,
    /// A part of a page, of which only the boundary stays.
    Block,
    /// Words under this name, within a line.
    Inline(&'static str),
    /// A link.
    Link,
    /// A line break within a line.
    Break,
    /// A picture.
    Image,
    /// Something that plays, or another page within this one.
    Player,
    /// A box to be ticked, or another control.
    Input,
    /// Of which nothing stays but what is in it.
    Transparent,
}

/// What becomes of an element of this name.
pub(crate) fn kind(name: &str) -> Kind {
    match name {
        "style" | "title" | "meta" | "link" | "base" | "head" | "xml" | "template" | "noscript"
        | "noframes" | "noembed" | "datalist" | "colgroup" | "col" | "source" | "track" | "param" | "wbr"
        | "area" => Kind::Dropped(false),
        "script" | "svg" | "math" | "canvas" | "applet" | "select" => Kind::Dropped(true),
        "p" => Kind::Line("p"),
        "h1" | "h2" => Kind::Line("h2"),
        "h3" => Kind::Line("h3"),
        "h4" | "h5" | "h6" => Kind::Line("h4"),
        "figcaption" => Kind::Line("figcaption"),
        "blockquote" => Kind::Quote,
        "pre" | "listing" | "xmp" | "plaintext" => Kind::Preformatted,
        "ul" | "menu" | "dir" => Kind::List(false),
        "ol" => Kind::List(true),
        "li" => Kind::Item,
        "table" => Kind::Table,
        "figure" => Kind::Figure,
        "hr" => Kind::Rule,
        "address" | "article" | "aside" | "body" | "center" | "dd" | "details" | "dialog" | "div" | "dl"
        | "dt" | "fieldset" | "footer" | "form" | "header" | "hgroup" | "html" | "legend" | "main"
        | "marquee" | "nav" | "optgroup" | "option" | "search" | "section" | "summary" | "textarea"
        | "caption" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" => Kind::Block,
        "strong" | "b" | "em" | "i" | "u" | "s" | "code" | "sub" | "sup" | "mark" | "kbd" | "small" | "q"
        | "abbr" | "ruby" | "rt" | "rp" | "bdi" => inline(name),
        "strike" | "del" => Kind::Inline("s"),
        "ins" => Kind::Inline("u"),
        "cite" | "dfn" | "var" => Kind::Inline("em"),
        "samp" | "tt" => Kind::Inline("code"),
        "a" => Kind::Link,
        "br" => Kind::Break,
        "img" | "image" => Kind::Image,
        "iframe" | "embed" | "object" | "video" | "audio" | "oembed" | "frame" => Kind::Player,
        "input" => Kind::Input,
        _ => Kind::Transparent,
    }
}

/// The words that keep their names.
pub(crate) const INLINE: [&str; 17] = [
    "strong", "b", "em", "i", "u", "s", "code", "sub", "sup", "mark", "kbd", "small", "q", "abbr", "ruby",
    "rt", "rp",
];

fn inline(name: &str) -> Kind {
    let kept = INLINE.into_iter().chain(["bdi"]).find(|kept| *kept == name);
    kept.map_or(Kind::Transparent, Kind::Inline)
}

/// Whether it stands in a line of its own, or has such lines in it.
pub(crate) fn is_block(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Line(_)
            | Kind::Quote
            | Kind::Preformatted
            | Kind::List(_)
            | Kind::Item
            | Kind::Table
            | Kind::Figure
            | Kind::Rule
            | Kind::Block
    )
}
