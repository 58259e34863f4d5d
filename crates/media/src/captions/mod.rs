//! Captions: taken as browsers take them, and from what else people have. What a browser would skip is skipped, and what it would not
//! understand but is meant clearly is mended; the result is `WebVTT` in UTF-8.

mod cue;
mod reader;

use std::borrow::Cow;

use self::reader::Reader;
use crate::text;

/// How many lines are named in one sentence.
const NAMED: usize = 10;

/// Captions that can be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read<'a> {
    /// `WebVTT`: the file as it is, where a browser understands all of it.
    pub(crate) web_vtt: Cow<'a, [u8]>,
    /// What could not be read, in words that name the lines.
    pub(crate) detail: Option<String>,
}

/// Reads a file of captions.
///
/// # Errors
/// In words, where there is nothing in it that could be shown.
pub(crate) fn read(bytes: &[u8]) -> Result<Read<'_>, String> {
    let decoded = text::decode(bytes);
    let lines = decoded.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}");
    let reader = Reader::read(&lines);
    let named: Vec<String> = reader.odd_lines.iter().take(NAMED).map(ToString::to_string).collect();
    let more = if reader.odd_lines.len() > NAMED { " and more" } else { "" };
    let odd =
        (!named.is_empty()).then(|| format!("Times that cannot be read: line {}{more}.", named.join(", ")));
    if reader.cues == 0 {
        let hint = "A cue begins with a line like 00:05.000 --> 00:08.000.";
        return Err(format!(
            "There are no captions in the file. {}",
            [odd.as_deref(), Some(hint)].into_iter().flatten().collect::<Vec<_>>().join(" ")
        ));
    }
    // A mark at the beginning, and any ends of lines, are understood by browsers.
    let is_utf8 = std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0);
    let web_vtt = if is_utf8 && reader.is_plain {
        Cow::Borrowed(bytes)
    } else {
        Cow::Owned(reader.written.into_bytes())
    };
    Ok(Read { web_vtt, detail: odd.map(|odd| format!("{odd} These cues are left out.")) })
}

#[cfg(test)]
mod tests;
