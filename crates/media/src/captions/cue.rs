//! The parts of a cue: when it is shown, and what it says.

/// When a cue is shown, in milliseconds, and the settings that follow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Timing<'a> {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) settings: &'a str,
    /// Whether it is written as `WebVTT` has it.
    pub(super) is_plain: bool,
}

impl<'a> Timing<'a> {
    /// Reads a line; `None` for one that is none.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let (from, rest) = line.split_once("-->")?;
        let (from, left, first_is_plain) = time(from.trim())?;
        let (to, settings, second_is_plain) = time(rest.trim_start())?;
        let settings = settings.trim();
        left.trim().is_empty().then_some(Self {
            from,
            to,
            settings,
            is_plain: first_is_plain && second_is_plain,
        })
    }

    /// As `WebVTT` has it. Coordinates of `SubRip` are no settings.
    pub(super) fn written(&self) -> String {
        const SETTINGS: [&str; 6] = ["vertical:", "line:", "position:", "size:", "align:", "region:"];
        let clock = |time: u64| {
            let (hours, minutes) = (time / 3_600_000, time / 60_000 % 60);
            format!("{hours:02}:{minutes:02}:{:02}.{:03}", time / 1000 % 60, time % 1000)
        };
        let mut line = format!("{} --> {}", clock(self.from), clock(self.to));
        let is_setting = |word: &&str| SETTINGS.iter().any(|name| word.starts_with(name));
        for setting in self.settings.split_whitespace().filter(is_setting) {
            line.push(' ');
            line.push_str(setting);
        }
        line
    }
}

/// The time with which a text begins, what follows it, and whether it is written as `WebVTT` has it: `00:05.000` or `01:00:05.000`. Also
/// read are a comma, any number of decimals or none, single digits, and seconds alone.
fn time(text: &str) -> Option<(u64, &str, bool)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let parts: Vec<&str> = clock.split(':').collect();
    let numbers: Option<Vec<u64>> = parts.iter().map(|part| part.parse().ok()).collect();
    let seconds = match numbers?.as_slice() {
        [hours, minutes, seconds] if *hours < 1_000_000 && *minutes < 60 && *seconds < 60 => {
            (hours * 60 + minutes) * 60 + seconds
        }
        // Minutes beyond an hour, where somebody left the hours out.
        [minutes, seconds] if *minutes < 6000 && *seconds < 60 => minutes * 60 + seconds,
        [seconds] if *seconds < 1_000_000 && rest.starts_with(['.', ',']) => *seconds,
        _ => return None,
    };
    let (thousandths, rest, has_three) = match rest.strip_prefix(['.', ',']) {
        Some(after) => {
            let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            let (digits, after) = after.split_at(end);
            let padded: String = digits.chars().chain("000".chars()).take(3).collect();
            (padded.parse().ok()?, after, digits.len() == 3 && rest.starts_with('.'))
        }
        None => (0, rest, false),
    };
    let hours_are_plain =
        parts.len() == 2 || parts.len() == 3 && parts.first().is_some_and(|hours| hours.len() >= 2);
    let is_plain = has_three
        && hours_are_plain
        && parts.iter().rev().take(2).all(|part| part.len() == 2)
        && parts
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|minutes| minutes.parse().is_ok_and(|minutes: u64| minutes < 60));
    Some((seconds * 1000 + thousandths, rest, is_plain))
}

/// A line of `SubRip` as `WebVTT` has it: without fonts and positions, and with every other `<` as itself.
pub(super) fn from_sub_rip(line: &str) -> String {
    const KEPT: [&str; 6] = ["<b>", "</b>", "<i>", "</i>", "<u>", "</u>"];
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let lower = from.chars().take(8).collect::<String>().to_ascii_lowercase();
        let kept = KEPT.iter().find(|tag| lower.starts_with(*tag));
        let end = |mark: char| from.find(mark).map_or(from.len(), |end| end + 1);
        let length = if let Some(tag) = kept {
            text.push_str(tag);
            tag.len()
        } else if lower.starts_with("<font") || lower.starts_with("</font") {
            end('>')
        } else if from.starts_with("{\\") {
            end('}')
        } else {
            text.push_str(if from.starts_with('<') { "&lt;" } else { "{" });
            1
        };
        rest = from.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}
