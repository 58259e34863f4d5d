//! The widths of pictures, and why one is rejected.

/// The widths in pixels in which each picture is stored; a smaller one is not enlarged.
pub const IMAGE_WIDTHS: [u32; 3] = [320, 640, 1280];

/// The widest of them.
pub(super) const WIDEST: u32 = 1280;

/// Why a picture is rejected: a stable code, and words with the limit and what was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn unreadable(why: impl std::fmt::Display) -> Self {
        Self { code: "image_unreadable", detail: format!("The picture is damaged or not whole: {why}.") }
    }

    pub(super) fn animated(kind: &str) -> Self {
        let detail = format!("An animated {kind} would lose its motion: send it as a GIF, or as a video.");
        Self { code: "image_animated", detail }
    }
}
