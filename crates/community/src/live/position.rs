//! Where a reader stands in their log.

use kernel::UserId;

/// Where a reader stands in their log: the id of an event, which the client sends back as `Last-Event-ID`.
///
/// It also names the reader, so that a position in the log of another account is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    reader: u32,
    number: i64,
}

impl Position {
    /// After the event with this number in the log of this reader.
    #[must_use]
    pub fn new(reader: UserId, number: i64) -> Self {
        let [.., a, b, c, d] = *reader.0.as_bytes();
        Self { reader: u32::from_be_bytes([a, b, c, d]), number }
    }

    /// The number, if the text is a position in the log of this reader.
    #[must_use]
    pub(crate) fn parse(text: &str, reader: UserId) -> Option<i64> {
        let (_, number) = text.split_once('-')?;
        let number = number.parse().ok().filter(|number| *number >= 0)?;
        (Self::new(reader, number).to_string() == text).then_some(number)
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}-{}", self.reader, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u128) -> UserId {
        kernel::Uuid::from_u128(number).into()
    }

    #[test]
    fn only_a_position_of_the_same_reader_is_parsed() {
        let (lena, tom) = (user(0x00ab_cdef), user(7));
        let text = Position::new(lena, 42).to_string();
        assert_eq!(text, "00abcdef-42");
        assert_eq!(Position::parse(&text, lena), Some(42));
        for wrong in ["", "42", "00abcdef-", "00abcdef--1", "00abcdef-+42", "00abcdef-042", "ABCDEF-42"] {
            assert_eq!(Position::parse(wrong, lena), None, "{wrong}");
        }
        assert_eq!(Position::parse("00abcdef-99999999999999999999", lena), None);
        assert_eq!(Position::parse(&text, tom), None);
    }
}
