//! How pictures and sound are coded, and who can play that.

/// How widely a codec is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    /// By every current browser.
    Everywhere,
    /// By some of them, or on some devices.
    Limited,
    /// By none, or by one.
    Nowhere,
    /// Encrypted.
    Encrypted,
    /// Nothing is known of it.
    Unknown,
}

/// The name of a codec by its four letters in an MPEG-4 or QuickTime file, and who plays it.
pub(super) fn of_four_letters(code: [u8; 4]) -> (String, Support) {
    let (name, support) = match &code {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" => ("h264", Support::Everywhere),
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" | b"hvc2" | b"hev2" => ("hevc", Support::Limited),
        b"dva1" | b"dvav" => ("h264", Support::Limited),
        b"av01" => ("av1", Support::Limited),
        b"vp08" => ("vp8", Support::Everywhere),
        b"vp09" => ("vp9", Support::Everywhere),
        b"mp4v" => ("mpeg4", Support::Nowhere),
        b"s263" | b"h263" | b"H263" => ("h263", Support::Nowhere),
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" | b"aprn" | b"aprh" => {
            ("prores", Support::Nowhere)
        }
        b"jpeg" | b"mjpa" | b"mjpb" | b"MJPG" => ("mjpeg", Support::Nowhere),
        b"vvc1" | b"vvi1" => ("vvc", Support::Nowhere),
        b"mp1v" | b"mp2v" | b"m2v1" | b"hdv1" | b"hdv2" | b"hdv3" => ("mpeg2", Support::Nowhere),
        b"AVdn" | b"AVdh" => ("dnxhd", Support::Nowhere),
        b"rle " | b"cvid" | b"SVQ1" | b"SVQ3" | b"raw " | b"2vuy" | b"v210" => ("legacy", Support::Nowhere),
        b"encv" => ("encrypted", Support::Encrypted),
        _ => return (readable(&code), Support::Unknown),
    };
    (name.to_owned(), support)
}

/// The same for the name of a codec in a `WebM` file.
pub(super) fn of_matroska(id: &str) -> (String, Support) {
    let (name, support) = match id {
        "V_VP8" => ("vp8", Support::Everywhere),
        "V_VP9" => ("vp9", Support::Everywhere),
        "V_AV1" => ("av1", Support::Limited),
        "V_MPEG4/ISO/AVC" => ("h264", Support::Limited),
        "V_MPEGH/ISO/HEVC" => ("hevc", Support::Limited),
        _ => return (readable(id.as_bytes()), Support::Unknown),
    };
    (name.to_owned(), support)
}

/// Whether the sound of a track is played everywhere.
pub(super) fn is_common_sound(code: [u8; 4]) -> bool {
    matches!(&code, b"mp4a" | b"Opus" | b"fLaC" | b".mp3" | b"ac-4" | b"enca")
}

fn readable(code: &[u8]) -> String {
    let letters = code.iter().filter(|byte| byte.is_ascii_graphic()).take(32);
    let name: String = letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}
