//! The form in which texts of people are compared: searches, unique names and refused words all use this one.

use deunicode::deunicode_char;
use unicode_normalization::UnicodeNormalization;

use super::visible::legible;

/// A text without what people leave out or type another way: case, accents, width, decomposition, Arabic vowel signs and the forms of
/// hamza, alef, yeh and teh marbuta, katakana for hiragana. Words are separated by single blanks.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let seen = legible(text);
    // Decomposed to drop the marks, and composed again, since the marks of kana and Hangul stay.
    for c in seen.nfkd().filter(|c| !is_optional(*c)).nfc().flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            c if c.is_whitespace() => {
                if !folded.is_empty() && !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            c => folded.push(same_letter(c)),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// A mark that is optional in writing: accents, Hebrew points, Arabic vowel signs and hamzas, tatweel, variation selectors.
fn is_optional(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}'
        | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{621}' | '\u{640}' | '\u{64b}'..='\u{65f}'
        | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{8d3}'..='\u{8ff}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// One letter for several that are written for each other.
fn same_letter(c: char) -> char {
    match c {
        'ø' => 'o',
        'ł' => 'l',
        'đ' | 'ð' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        'ς' => 'σ',
        'ٱ' => 'ا',
        'ى' | 'ی' | 'ې' => 'ي',
        'ک' | 'ڪ' => 'ك',
        'ة' | 'ہ' | 'ە' | 'ۃ' => 'ه',
        '٠'..='٩' => digit(c, '٠'),
        '۰'..='۹' => digit(c, '۰'),
        // The two kana stand at the same distance everywhere.
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        c => c,
    }
}

fn digit(c: char, zero: char) -> char {
    char::from_digit(u32::from(c).wrapping_sub(u32::from(zero)), 10).unwrap_or(c)
}

/// A part of a text, as words count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A word between blanks or marks, in Latin letters and digits wherever a script has such a spelling.
    Word(String),
    /// Letters of a script that puts no blanks between words, in their order: where a word begins, only its readers know.
    Run(Vec<char>),
}

/// The words of a text, folded.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    for c in fold(text).chars() {
        if is_unspaced(c) {
            pieces.end_word();
            pieces.run.push(c);
        } else if is_unspaced_mark(c) {
            // A vowel sign or a tone: left out, as in the forms of other scripts.
        } else {
            pieces.end_run();
            pieces.spell(c);
        }
    }
    pieces.end_word();
    pieces.end_run();
    pieces.found
}

/// The words of a name, in the form in which unique names are compared: two that differ only in marks between their words are the
/// same. A name without words is compared as it is folded.
#[must_use]
pub fn comparable_name(name: &str) -> String {
    let words: Vec<String> = pieces(name)
        .into_iter()
        .map(|piece| match piece {
            Piece::Word(word) => word,
            Piece::Run(letters) => letters.into_iter().collect(),
        })
        .collect();
    if words.is_empty() { fold(name) } else { words.join(" ") }
}

#[derive(Default)]
struct Pieces {
    found: Vec<Piece>,
    word: String,
    run: Vec<char>,
}

impl Pieces {
    fn spell(&mut self, c: char) {
        if is_kept_as_written(c) {
            self.word.push(c);
            return;
        }
        // A character without a spelling ends a word, and so do the marks inside one.
        let Some(spelling) = deunicode_char(c).filter(|spelling| !spelling.is_empty()) else {
            self.end_word();
            return;
        };
        for letter in spelling.chars() {
            if letter.is_ascii_alphanumeric() {
                self.word.push(letter.to_ascii_lowercase());
            } else {
                self.end_word();
            }
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            let word = std::mem::take(&mut self.word);
            self.found.push(Piece::Word(without_article(word)));
        }
    }

    fn end_run(&mut self) {
        if !self.run.is_empty() {
            self.found.push(Piece::Run(std::mem::take(&mut self.run)));
        }
    }
}

/// An Arabic word without the article that is written on to it.
fn without_article(word: String) -> String {
    let bare = word.strip_prefix("وال").or_else(|| word.strip_prefix("ال"));
    match bare {
        Some(bare) if bare.chars().count() >= 3 => bare.to_owned(),
        _ => word,
    }
}

/// Letters of Hebrew and Arabic: a spelling in Latin letters would lose some of them.
fn is_kept_as_written(c: char) -> bool {
    matches!(c, '\u{5d0}'..='\u{5f2}' | '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}' | '\u{6ee}'..='\u{6ff}'
        | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8c9}')
}

/// Ideographs, kana, Hangul, and the letters of Thai, Lao, Burmese and Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
        | '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{e01}'..='\u{e30}' | '\u{e32}' | '\u{e33}' | '\u{e40}'..='\u{e46}'
        | '\u{e81}'..='\u{eb0}' | '\u{eb2}' | '\u{eb3}' | '\u{ebd}'..='\u{ec6}' | '\u{edc}'..='\u{edf}'
        | '\u{1000}'..='\u{102a}' | '\u{103f}' | '\u{1050}'..='\u{1055}' | '\u{1780}'..='\u{17b3}')
}

/// Signs that stand on such letters.
fn is_unspaced_mark(c: char) -> bool {
    matches!(c, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{eb1}' | '\u{eb4}'..='\u{ebc}'
        | '\u{ec8}'..='\u{ece}' | '\u{102b}'..='\u{103e}' | '\u{17b4}'..='\u{17d3}' | '\u{3099}' | '\u{309a}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_another_way_is_the_same() {
        for (one, other) in [
            ("Größe", "GRO\u{308}SSE"),
            ("Café  Zoë", "cafe\u{301} zoe"),
            ("Łukasz Ærø", "lukasz aero"),
            ("İSTANBUL", "istanbul"),
            ("ΣΊΣΥΦΟΣ", "σισυφος"),
            ("تَمَارِين القُوَّة", "تمارين القوة"),
            ("الإطالة", "الاطاله"),
            ("آمنـــة", "امنه"),
            ("يوگا ۱۲", "یوگا 12"),
            ("ﾄﾚｰﾆﾝｸﾞ", "トレーニング"),
            ("ヨガ", "よが"),
            ("Ｙｏｇａ", "yoga"),
            ("שָׁלוֹם", "שלום"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
            ("Le\u{200b}na", "lena"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("ガ"), fold("カ"), "a voiced sound is another one");
        assert_ne!(fold("lena"), fold("lana"));
    }

    #[test]
    fn words_are_found_where_a_script_has_them() {
        let word = |text: &str| Piece::Word(text.to_owned());
        assert_eq!(pieces("Dehnübungen, für LÄUFER!"), [word("dehnubungen"), word("fur"), word("laufer")]);
        assert_eq!(pieces("Йога 3x10"), [word("ioga"), word("3x10")]);
        assert_eq!(pieces("القُوَّة"), [word("قوه")]);
        assert_eq!(
            pieces("10分ヨガ・入門"),
            [word("10"), Piece::Run(vec!['分', 'よ', 'が']), Piece::Run(vec!['入', '門']),]
        );
        assert_eq!(pieces("!!! \u{200b}"), []);
    }

    #[test]
    fn names_are_the_same_by_their_words() {
        for (one, other) in
            [("Strength & Power", "STRENGTH: power"), ("ﾖｶﾞ", "ヨガ"), ("Übung", "U\u{308}bung"), ("💪", "💪")]
        {
            assert_eq!(comparable_name(one), comparable_name(other), "{one} {other}");
        }
        assert_ne!(
            comparable_name("自宅"),
            comparable_name("字沢"),
            "what only sounds alike is another name"
        );
    }
}
