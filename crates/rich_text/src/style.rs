//! What the styles of an element mean: emphasis and alignment stay as elements, everything else is how another page looked.

/// The emphasis of a style, as far as it says something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) bold: Option<bool>,
    pub(crate) italic: Option<bool>,
    pub(crate) underlined: Option<bool>,
    pub(crate) struck: Option<bool>,
    pub(crate) is_raised: bool,
    pub(crate) is_lowered: bool,
    pub(crate) is_highlighted: bool,
    /// Another alignment than the one of the beginning of a line.
    pub(crate) align: Option<&'static str>,
    pub(crate) direction: Option<&'static str>,
    /// Whether there is a colour, a font or a size.
    pub(crate) is_decorated: bool,
}

impl Style {
    /// Reads the declarations of a `style` attribute.
    pub(crate) fn of(declarations: &str) -> Self {
        let mut style = Self::default();
        for declaration in declarations.split(';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            style.read(&name.trim().to_ascii_lowercase(), &value.trim().to_ascii_lowercase());
        }
        style
    }

    fn read(&mut self, name: &str, value: &str) {
        match name {
            "font-weight" => self.bold = Some(is_bold(value)),
            "font-style" => self.italic = Some(value.contains("italic") || value.contains("oblique")),
            "text-decoration" | "text-decoration-line" => {
                self.underlined = Some(value.contains("underline"));
                self.struck = Some(value.contains("line-through"));
            }
            "vertical-align" => {
                self.is_raised = value == "super";
                self.is_lowered = value == "sub";
            }
            "mso-highlight" => self.is_highlighted = true,
            "text-align" => self.align = alignment(value),
            "direction" => self.direction = direction(value),
            "color" | "background" | "background-color" | "font-family" | "font-size" | "font" => {
                self.is_decorated = true
            }
            _ => {}
        }
    }
}

fn is_bold(value: &str) -> bool {
    value.starts_with("bold") || value.parse::<u32>().is_ok_and(|weight| weight >= 600)
}

/// The alignments that are kept.
pub(crate) fn alignment(value: &str) -> Option<&'static str> {
    ["center", "right", "justify", "end"].into_iter().find(|kept| value.eq_ignore_ascii_case(kept))
}

/// The directions of a text.
pub(crate) fn direction(value: &str) -> Option<&'static str> {
    ["rtl", "ltr", "auto"].into_iter().find(|kept| value.trim().eq_ignore_ascii_case(kept))
}

/// The level of an item of Word's lists, which are paragraphs that look like a list: `mso-list: l0 level2 lfo1`.
pub(crate) fn word_list_level(declarations: &str) -> Option<usize> {
    let (_, list) = declarations.split_once("mso-list:")?;
    let list = list.split(';').next().unwrap_or_default().to_ascii_lowercase();
    let level = list.split_whitespace().find_map(|word| word.strip_prefix("level")?.parse::<usize>().ok())?;
    Some(level.clamp(1, 9) - 1)
}

/// Whether an element is the number or the bullet that Word writes into such an item.
pub(crate) fn is_word_marker(declarations: &str) -> bool {
    let compact: String = declarations.chars().filter(|c| !c.is_whitespace()).collect();
    compact.to_ascii_lowercase().contains("mso-list:ignore")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emphasis_is_read_from_styles() {
        let style = Style::of("font-weight:700; font-style:italic;text-decoration: underline line-through");
        assert_eq!(
            (style.bold, style.italic, style.underlined, style.struck),
            (Some(true), Some(true), Some(true), Some(true))
        );
        assert_eq!(Style::of("font-weight:normal").bold, Some(false));
        assert_eq!(Style::of("TEXT-ALIGN: Center").align, Some("center"));
        assert!(Style::of("color: red").is_decorated && !Style::of("margin: 0").is_decorated);
        assert_eq!(word_list_level("mso-list:l0 level2 lfo1;margin:0"), Some(1));
        assert_eq!(word_list_level("mso-list:Ignore"), None);
        assert!(is_word_marker("mso-list: Ignore"));
    }
}
