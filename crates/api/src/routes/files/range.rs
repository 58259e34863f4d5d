//! The `Range` header of a download. Written by hand, because actix serves ranges only of its own files.

use std::ops::Range;

use actix_web::{HttpRequest, http::header};

use crate::http::problem::Problem;

/// The one range that is requested; `None` for the whole, also where `If-Range` names another version, where there are several
/// ranges, or where the header cannot be read (RFC 9110, 14.2).
pub(super) fn requested_range(
    request: &HttpRequest,
    etag: &str,
    size: u64,
) -> Result<Option<Range<u64>>, Problem> {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(requested) = text(header::RANGE) else {
        return Ok(None);
    };
    if text(header::IF_RANGE).is_some_and(|version| version != etag) {
        return Ok(None);
    }
    match parse_range(requested, size) {
        Requested::Whole => Ok(None),
        Requested::Part(range) => Ok(Some(range)),
        Requested::Beyond => Err(Problem::beyond(size)),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Requested {
    Whole,
    Part(Range<u64>),
    Beyond,
}

fn parse_range(header: &str, size: u64) -> Requested {
    let parts = header.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-'));
    let number = |text: &str| -> Option<u64> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // A number too large for 64 bits is beyond the end of any file.
        plain.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match parts.map(|(from, to)| (from, number(from), to, number(to))) {
        Some(("", _, _, Some(last))) if last > 0 && size > 0 => {
            Requested::Part(size.saturating_sub(last)..size)
        }
        Some(("", _, _, Some(_))) => Requested::Beyond,
        Some((_, Some(from), "", _)) if from < size => Requested::Part(from..size),
        Some((_, Some(from), _, Some(to))) if from <= to && from < size => {
            Requested::Part(from..size.min(to.saturating_add(1)))
        }
        Some((_, Some(_), "", _)) => Requested::Beyond,
        Some((_, Some(from), _, Some(to))) if from <= to => Requested::Beyond,
        _ => Requested::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (requested, expected) in [
            ("bytes=0-0", Requested::Part(0..1)),
            ("bytes=2-", Requested::Part(2..10)),
            ("bytes=-3", Requested::Part(7..10)),
            ("bytes=-30", Requested::Part(0..10)),
            ("bytes=8-99999999999999999999999", Requested::Part(8..10)),
            ("bytes=10-", Requested::Beyond),
            ("bytes=10-12", Requested::Beyond),
            ("bytes=-0", Requested::Beyond),
            ("bytes=5-2", Requested::Whole),
            ("bytes=0-1,3-4", Requested::Whole),
            ("bytes=-", Requested::Whole),
            ("lines=0-1", Requested::Whole),
            ("bytes=+1-2", Requested::Whole),
        ] {
            assert_eq!(parse_range(requested, 10), expected, "{requested}");
        }
    }
}
