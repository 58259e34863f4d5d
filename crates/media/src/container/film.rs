//! What is found in the file of a video.

use crate::storage::patch::Patch;

/// A video that can be played.
#[derive(Debug, Default)]
pub(crate) struct Film {
    /// The duration in seconds.
    pub(crate) seconds: f64,
    /// How the picture is coded, such as `h264`.
    pub(crate) codec: String,
    /// The size in pixels, as it is shown.
    pub(crate) size: Option<(u32, u32)>,
    /// Stable codes: what may keep somebody from watching it.
    pub(crate) warnings: Vec<&'static str>,
}

/// What a file is, or the code of why it cannot be played; and what has to be overwritten so that it says nothing about where and with
/// what it was filmed.
#[derive(Debug)]
pub(crate) struct Inspection {
    pub(crate) film: std::result::Result<Film, &'static str>,
    pub(crate) private: Vec<Patch>,
}

/// More than a year is a broken header.
pub(super) fn plausible(seconds: f64) -> Option<f64> {
    (seconds.is_finite() && seconds > 0.0 && seconds < 31_536_000.0).then_some(seconds)
}

/// A number of ticks of a clock in seconds.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(super) fn seconds(ticks: u64, per_second: u64) -> Option<f64> {
    if per_second == 0 { None } else { plausible(ticks as f64 / per_second as f64) }
}
