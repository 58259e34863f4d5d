//! Text in addresses and forms.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same without the slash, which divides a path.
const RESERVED_IN_PATHS: &AsciiSet = &RESERVED.remove(b'/');

/// Text as one segment of a path, or as one name or value of a query or form.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Text as a path: its slashes stay.
#[must_use]
pub fn percent_encode_path(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_IN_PATHS).to_string()
}

/// A body of the type `application/x-www-form-urlencoded`, in this order.
#[must_use]
pub fn encode_form(fields: &[(String, String)]) -> String {
    let fields =
        fields.iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)));
    fields.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_slashes_and_a_segment_does_not() {
        assert_eq!(percent_encode_path("/a b/é~.txt"), "/a%20b/%C3%A9~.txt");
        assert_eq!(percent_encode("a/b"), "a%2Fb");
    }

    #[test]
    fn a_form_keeps_every_character() {
        let fields = [("a[b]".to_owned(), "x & y=1/é".to_owned()), ("c".to_owned(), String::new())];
        assert_eq!(encode_form(&fields), "a%5Bb%5D=x%20%26%20y%3D1%2F%C3%A9&c=");
    }
}
