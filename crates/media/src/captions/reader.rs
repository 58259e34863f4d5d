//! Reads the lines of a file of captions, with the blocks of the `WebVTT` parser as browsers have it, but without giving up a cue for an
//! arrow in its text or an empty line that is missing.

use super::cue::{Timing, from_sub_rip};

/// What was read.
pub(super) struct Reader {
    /// `WebVTT`.
    pub(super) written: String,
    /// How many cues there are.
    pub(super) cues: usize,
    /// The numbers of lines that look like times and cannot be read.
    pub(super) odd_lines: Vec<usize>,
    /// Whether a browser reads all cues of the file as they are here.
    pub(super) is_plain: bool,
}

/// Where the next line belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    /// The lines after the signature.
    Header,
    /// Nothing: a block may begin.
    Between,
    /// The text of a cue.
    Cue,
    /// A note, a style or a region, which is kept as it is.
    Other,
    /// A cue whose times cannot be read.
    Skipped,
}

impl Reader {
    pub(super) fn read(text: &str) -> Self {
        let signature =
            text.strip_prefix("WEBVTT").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n']));
        let is_web_vtt = signature.is_some();
        let mut reader =
            Self { written: "WEBVTT".to_owned(), cues: 0, odd_lines: Vec::new(), is_plain: is_web_vtt };
        let mut block = if is_web_vtt { Block::Header } else { Block::Between };
        let mut lines = text.lines().enumerate().peekable();
        if let (Some(rest), Some(_)) = (signature, lines.next_if(|_| is_web_vtt)) {
            reader.written.push_str(rest.lines().next().unwrap_or_default());
        }
        reader.written.push('\n');
        // The line before the times: the name of the cue.
        let (mut name, mut before): (Option<&str>, usize) = (None, 0);
        for (index, line) in lines {
            if line.trim().is_empty() {
                (block, name, before) = (Block::Between, None, 0);
                continue;
            }
            if let Some(timing) = Timing::read(line) {
                // More than a name before it, and a browser sees no cue.
                reader.is_plain &= timing.is_plain && before < 2;
                reader.begin_cue(&timing, name.filter(|_| block == Block::Between), is_web_vtt);
                (block, name, before) = (Block::Cue, None, 0);
                continue;
            }
            match block {
                Block::Header => reader.write_line(line),
                Block::Cue => {
                    if line.contains("-->") {
                        reader.is_plain = false;
                    }
                    let line = if is_web_vtt { line.to_owned() } else { from_sub_rip(line) };
                    reader.write_line(&line.replace("-->", "--&gt;"));
                }
                Block::Other => reader.write_line(line),
                Block::Skipped => {}
                Block::Between if line.contains("-->") => {
                    reader.odd_lines.push(index + 1);
                    block = Block::Skipped;
                }
                Block::Between if is_web_vtt && is_other_block(line) => {
                    reader.written.push('\n');
                    reader.write_line(line);
                    block = Block::Other;
                }
                Block::Between => (name, before) = (Some(line), before + 1),
            }
        }
        reader
    }

    fn begin_cue(&mut self, timing: &Timing<'_>, name: Option<&str>, is_web_vtt: bool) {
        self.cues += 1;
        self.written.push('\n');
        // The numbers of SubRip are no names.
        if let Some(name) = name.filter(|_| is_web_vtt) {
            self.write_line(name);
        }
        self.write_line(&timing.written());
    }

    fn write_line(&mut self, line: &str) {
        self.written.push_str(line);
        self.written.push('\n');
    }
}

/// Whether a note, a style sheet or a region begins.
fn is_other_block(line: &str) -> bool {
    let line = line.trim_end();
    line == "NOTE"
        || line.starts_with("NOTE ")
        || line.starts_with("NOTE\t")
        || line == "STYLE"
        || line == "REGION"
}
