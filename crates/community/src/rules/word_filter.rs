//! The filter of words that a course or the school refuses. It also finds them behind accents, other cases and look-alike letters.

use kernel::Piece;

/// Characters that look like Latin letters, and those letters.
const LOOK_ALIKES: &[(char, char)] = &[
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

/// Whether one of these words or phrases stands in a text. Whole words are compared, without case, accents and width; in a script
/// without blanks, what stands anywhere.
pub(super) fn matches(words: &[String], text: &str) -> bool {
    if words.is_empty() {
        return false;
    }
    let texts = [normalised(text), normalised(&latinised(text))];
    words.iter().any(|word| {
        [normalised(word), normalised(&latinised(word))]
            .iter()
            .any(|word| !word.trim().is_empty() && texts.iter().any(|text| text.contains(word)))
    })
}

/// The text with Latin letters in place of characters that look like them.
fn latinised(text: &str) -> String {
    let lower = text.to_lowercase();
    let letter = |c: char| LOOK_ALIKES.iter().find(|(look, _)| *look == c).map_or(c, |(_, latin)| *latin);
    lower.chars().map(letter).collect()
}

/// The words of the text as searches compare them, with one blank around each, and around each letter of a script without blanks.
fn normalised(text: &str) -> String {
    let mut read = String::from(" ");
    for piece in kernel::pieces(text) {
        match piece {
            Piece::Word(word) => read.push_str(&format!("{word} ")),
            Piece::Run(letters) => letters.iter().for_each(|letter| read.push_str(&format!("{letter} "))),
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn disguised_words_are_found_and_parts_of_other_words_are_not() {
        let words = ["spam".to_owned(), "miracle pill".to_owned(), "дурак".to_owned()];
        for text in ["Spam!", "SP\u{200b}AM", "ｓｐａｍ", "sрam", "$p4m", "späm", "a miracle\n pill", "Дурак"]
        {
            assert!(matches(&words, text), "{text}");
        }
        for text in ["spammer", "a miracle", "pillow", ""] {
            assert!(!matches(&words, text), "{text}");
        }
        assert!(!matches(&["  ".to_owned()], "anything"));
        let words = ["詐欺".to_owned(), "ステロイド".to_owned(), "احتيال".to_owned(), "เถื่อน".to_owned()];
        for text in ["これは詐欺です", "ｽﾃﾛｲﾄﾞあります", "الاحتِيَال", "ยาเถื่อน"]
        {
            assert!(matches(&words, text), "{text}");
        }
        assert!(!matches(&words, "詐 称"));
    }
}
