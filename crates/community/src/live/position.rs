use kernel::UserId;

/// Where a reader stands in their log: what a client sends back as `Last-Event-ID`.
///
/// It names the reader too, so that the position of another account is recognised and not taken for one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    reader: u32,
    number: i64,
}

impl Position {
    /// Behind this event of this reader's.
    #[must_use]
    pub fn of(reader: UserId, number: i64) -> Self {
        let [.., a, b, c, d] = *reader.0.as_bytes();
        Self {
            reader: u32::from_be_bytes([a, b, c, d]),
            number,
        }
    }

    /// The number, if `text` is a position of this reader's.
    #[must_use]
    pub(crate) fn read(text: &str, reader: UserId) -> Option<i64> {
        let (_, number) = text.split_once('-')?;
        let number = number.parse().ok().filter(|number| *number >= 0)?;
        (Self::of(reader, number).to_string() == text).then_some(number)
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
    fn only_a_position_of_the_reader_s_own_is_read() {
        let (lena, tom) = (user(0x00ab_cdef), user(7));
        let text = Position::of(lena, 42).to_string();
        assert_eq!(text, "00abcdef-42");
        assert_eq!(Position::read(&text, lena), Some(42));
        for wrong in [
            "",
            "42",
            "00abcdef-",
            "00abcdef--1",
            "00abcdef-+42",
            "00abcdef-042",
            "ABCDEF-42",
        ] {
            assert_eq!(Position::read(wrong, lena), None, "{wrong}");
        }
        assert_eq!(Position::read("00abcdef-99999999999999999999", lena), None);
        assert_eq!(Position::read(&text, tom), None);
    }
}
