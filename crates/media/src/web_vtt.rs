//! Captions in `WebVTT`. Checked by hand: a file is refused or taken, and nothing of a parsed cue is used.

/// Whether bytes are captions in `WebVTT`: its signature, and nothing but cues whose times can be read, regions, styles and
/// notes. At least one cue.
#[must_use]
pub fn is_web_vtt(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let Some(rest) = text.strip_prefix("WEBVTT") else {
        return false;
    };
    if text.contains('\0') || !(rest.is_empty() || rest.starts_with([' ', '\t', '\n'])) {
        return false;
    }
    let (mut cues, mut in_text) = (0_usize, false);
    for line in rest.lines().skip(1) {
        if line.trim().is_empty() {
            in_text = false;
        } else if let Some((from, to)) = line.split_once("-->") {
            let to = to.split_whitespace().next().unwrap_or_default();
            match (milliseconds(from.trim()), milliseconds(to)) {
                (Some(from), Some(to)) if from < to && !in_text => cues += 1,
                _ => return false,
            }
            in_text = true;
        }
    }
    cues > 0
}

/// A time of a cue, `00:05.000` or `01:00:05.000`, in milliseconds.
fn milliseconds(time: &str) -> Option<u64> {
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>, below: u64| {
        let plain = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|number| plain && *number < below)
    };
    let (clock, fraction) = time.split_once('.')?;
    let mut parts = clock.rsplit(':');
    let seconds = number(parts.next()?, 2..=2, 60)?;
    let minutes = number(parts.next()?, 2..=2, 60)?;
    let hours = parts.next().map_or(Some(0), |hours| number(hours, 2..=6, 1_000_000))?;
    if parts.next().is_some() {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + number(fraction, 3..=3, 1000)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_read() {
        for good in [
            "WEBVTT\n\n00:01.000 --> 00:04.000\nHips back.\n",
            "\u{feff}WEBVTT - squat\r\nKind: captions\r\n\r\nNOTE made by hand\r\n\r\n1\r\n01:00:01.000 --> 01:00:04.000 align:start\r\nSpine\r\nlong.\r\n",
        ] {
            assert!(is_web_vtt(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "WEBVTT",
            "WEBVTTX\n\n00:01.000 --> 00:04.000\nx",
            "1\n00:00:01,000 --> 00:00:04,000\nSubRip",
            "WEBVTT\n\n00:00:01,000 --> 00:00:04,000\nx",
            "WEBVTT\n\n00:04.000 --> 00:01.000\nx",
            "WEBVTT\n\n00:61.000 --> 00:99.000\nx",
        ] {
            assert!(!is_web_vtt(bad.as_bytes()), "{bad}");
        }
        assert!(!is_web_vtt(b"WEBVTT\n\n00:01.000 --> 00:04.000\n\xff"));
    }
}
