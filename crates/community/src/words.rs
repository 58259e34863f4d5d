//! Words that a place does not want, found also where they are dressed up.

/// Letters that look like Latin ones.
const ALIKE: &[(char, char)] = &[
    ('а', 'a'),
    ('в', 'b'),
    ('е', 'e'),
    ('ё', 'e'),
    ('к', 'k'),
    ('м', 'm'),
    ('н', 'h'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('т', 't'),
    ('у', 'y'),
    ('х', 'x'),
    ('ѕ', 's'),
    ('і', 'i'),
    ('ј', 'j'),
    ('α', 'a'),
    ('ε', 'e'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'u'),
    ('χ', 'x'),
    ('0', 'o'),
    ('1', 'i'),
    ('3', 'e'),
    ('4', 'a'),
    ('5', 's'),
    ('7', 't'),
    ('@', 'a'),
    ('$', 's'),
    ('!', 'i'),
];

/// Whether one of these words, or phrases, stands in a text: whole words, whatever their case, accents and width.
pub(crate) fn any_in(words: &[String], text: &str) -> bool {
    if words.is_empty() {
        return false;
    }
    let readings = [reading(text), reading(&alike(text))];
    words.iter().any(|word| {
        [reading(word), reading(&alike(word))]
            .iter()
            .any(|word| !word.trim().is_empty() && readings.iter().any(|text| text.contains(word)))
    })
}

/// The same with Latin letters for what looks like them.
fn alike(text: &str) -> String {
    let lower = text.to_lowercase();
    let letter = |c: char| {
        ALIKE
            .iter()
            .find(|(look, _)| *look == c)
            .map_or(c, |(_, latin)| *latin)
    };
    lower.chars().map(letter).collect()
}

/// Small Latin letters and digits, one blank around each word.
fn reading(text: &str) -> String {
    let plain = deunicode::deunicode(&kernel::legible(text)).to_lowercase();
    let mut read = String::from(" ");
    for word in plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        read.push_str(word);
        read.push(' ');
    }
    read
}

#[cfg(test)]
mod tests {
    use super::any_in;

    #[test]
    fn dressed_up_words_are_found_and_parts_of_others_are_not() {
        let words = ["spam".to_owned(), "miracle pill".to_owned(), "дурак".to_owned()];
        for text in [
            "Spam!",
            "SP\u{200b}AM",
            "ｓｐａｍ",
            "sрam",
            "$p4m",
            "späm",
            "a miracle\n pill",
            "Дурак",
        ] {
            assert!(any_in(&words, text), "{text}");
        }
        for text in ["spammer", "a miracle", "pillow", ""] {
            assert!(!any_in(&words, text), "{text}");
        }
        assert!(!any_in(&["  ".to_owned()], "anything"));
    }
}
