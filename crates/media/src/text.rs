//! Text in the encodings that files come in: UTF-8, UTF-16, and the bytes of older programs.

use std::borrow::Cow;

/// What Windows-1252 has from 0x80 to 0x9f; elsewhere it is Latin-1.
const CP1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// How two bytes are one unit of UTF-16.
type Order = fn([u8; 2]) -> u16;

/// The text of these bytes, without a byte order mark. Whatever is not Unicode is read as Windows-1252: of an older encoding that
/// is the likeliest, and no bytes are refused.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return String::from_utf8_lossy(rest);
    }
    match utf16_order(bytes) {
        Some((order, rest)) => {
            let units = rest.chunks_exact(2).filter_map(|pair| Some(order(pair.try_into().ok()?)));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        None => eight_bits(bytes),
    }
}

/// How the pairs of bytes are read, and the bytes without a mark. Without one, text of mostly ASCII has every second byte zero.
fn utf16_order(bytes: &[u8]) -> Option<(Order, &[u8])> {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return Some((u16::from_le_bytes, rest));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return Some((u16::from_be_bytes, rest));
    }
    // A few bytes are no evidence.
    let pairs = if bytes.len() < 8 { 0 } else { bytes.len() / 2 };
    let zeros = |first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match (even * 20 < pairs, odd * 20 < pairs) {
        (true, false) if odd * 2 > pairs => Some((u16::from_le_bytes, bytes)),
        (false, true) if even * 2 > pairs => Some((u16::from_be_bytes, bytes)),
        _ => None,
    }
}

/// UTF-8, also where a few bytes of it are broken; otherwise Windows-1252.
fn eight_bits(bytes: &[u8]) -> Cow<'_, str> {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if broken <= whole {
        return String::from_utf8_lossy(bytes);
    }
    let decoded = bytes.iter().map(|byte| match byte {
        0x80..=0x9f => CP1252.get(usize::from(byte - 0x80)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
        byte => char::from(*byte),
    });
    Cow::Owned(decoded.collect())
}

/// Whether a file that begins with these bytes is text: in any encoding, but without the control characters that programs write.
pub(crate) fn is_text(head: &[u8]) -> bool {
    // An old end of a file (^Z), and the escape sequences of Japanese mail.
    let head = head.strip_suffix(b"\x1a").unwrap_or(head);
    let is_text =
        |c: char| !c.is_ascii_control() || matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{1b}');
    decode(head).chars().all(is_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn text_is_read_in_any_encoding() {
        let text = "Übung;Sätze\r\nKniebeuge – 3×10;€ 5\r\n";
        let little = utf16(text, u16::to_le_bytes);
        let big = utf16(text, u16::to_be_bytes);
        let old = b"\xdcbung;S\xe4tze\r\nKniebeuge \x96 3\xd710;\x80 5\r\n".to_vec();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.as_bytes()),
            marked(b"\xff\xfe", &little),
            marked(b"\xfe\xff", &big),
            little,
            big,
            old,
        ] {
            assert!(is_text(&bytes), "{bytes:?}");
            assert_eq!(decode(&bytes), text, "{bytes:?}");
        }
        // Cut in the middle of a character, which is what the beginning of a file is.
        assert!(is_text(&text.as_bytes()[..1]));
        assert!(decode("Sätze – Ü\u{fffd}".as_bytes()).contains("Sätze"));
        let mostly = ["Sätze, Übung, Kür ".as_bytes(), b"\xff"].concat();
        assert!(decode(&mostly).starts_with("Sätze, Übung, Kür "));
    }

    #[test]
    fn what_programs_write_is_no_text() {
        for bytes in [&b"a\0b"[..], b"\x01\x02\x03\x04", b"\x7fELF\x02\x01\x01\0\0", &[0; 40], b"a\x1ab"] {
            assert!(!is_text(bytes), "{bytes:?}");
        }
        assert!(is_text(b"DOS\r\n\x1a") && is_text(b""));
    }
}
