//! The media types that are known here: their names, the names by which browsers and programs announce them, and the endings of
//! their files.

/// Types of one family are told apart by what announces them where their bytes do not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Pictures.
    Picture,
    /// ISO base media files: MP4, QuickTime, M4A.
    BaseMedia,
    /// Zip archives with a document inside, and plain ones.
    Zip,
    /// The compound files of older Office programs; also Office documents with a password.
    Compound,
    /// Text without a signature.
    Text,
    /// Text whose root element says what it is.
    Xml,
    /// Anything with a signature of its own.
    Other,
}

/// A media type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) family: Family,
    /// The endings of file names, the usual one first.
    pub(crate) endings: &'static [&'static str],
    /// Other names of the type.
    aliases: &'static [&'static str],
}

const fn kind(
    name: &'static str,
    family: Family,
    endings: &'static [&'static str],
    aliases: &'static [&'static str],
) -> Kind {
    Kind { name, family, endings, aliases }
}

macro_rules! office {
    ($part:literal) => {
        concat!("application/vnd.openxmlformats-officedocument.", $part)
    };
}
macro_rules! open_document {
    ($part:literal) => {
        concat!("application/vnd.oasis.opendocument.", $part)
    };
}

/// Every type that is known.
pub(crate) static KINDS: &[Kind] = &[
    kind("image/png", Family::Picture, &["png"], &["image/x-png", "image/apng", "image/vnd.mozilla.apng"]),
    kind(
        "image/jpeg",
        Family::Picture,
        &["jpg", "jpeg", "jfif", "jpe"],
        &["image/jpg", "image/pjpeg", "image/jfif"],
    ),
    kind("image/webp", Family::Picture, &["webp"], &[]),
    kind("image/gif", Family::Picture, &["gif"], &[]),
    kind(
        "image/heic",
        Family::Picture,
        &["heic", "heif", "hif"],
        &["image/heif", "image/heic-sequence", "image/heif-sequence"],
    ),
    kind("image/avif", Family::Picture, &["avif"], &[]),
    kind("image/tiff", Family::Picture, &["tif", "tiff"], &["image/tif", "image/x-tiff"]),
    kind("image/bmp", Family::Picture, &["bmp"], &["image/x-ms-bmp", "image/x-bmp"]),
    kind(
        "video/mp4",
        Family::BaseMedia,
        &["mp4", "m4v"],
        &["video/x-m4v", "video/x-mp4", "application/mp4", "video/3gpp", "video/3gpp2"],
    ),
    kind("video/quicktime", Family::BaseMedia, &["mov", "qt"], &[]),
    kind(
        "audio/mp4",
        Family::BaseMedia,
        &["m4a", "m4b"],
        &["audio/x-m4a", "audio/m4a", "audio/x-mp4", "audio/mp4a-latm", "audio/aac-mp4"],
    ),
    kind("video/webm", Family::Other, &["webm"], &["audio/webm"]),
    kind(
        "audio/mpeg",
        Family::Other,
        &["mp3"],
        &["audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg", "audio/mpg"],
    ),
    kind(
        "audio/wav",
        Family::Other,
        &["wav"],
        &["audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"],
    ),
    kind(
        "audio/ogg",
        Family::Other,
        &["ogg", "oga", "opus"],
        &["audio/opus", "application/ogg", "audio/x-ogg", "video/ogg"],
    ),
    kind("audio/flac", Family::Other, &["flac"], &["audio/x-flac"]),
    kind("audio/aac", Family::Other, &["aac"], &["audio/x-aac", "audio/aacp"]),
    kind("application/pdf", Family::Other, &["pdf"], &["application/x-pdf", "application/acrobat"]),
    kind("application/rtf", Family::Other, &["rtf"], &["text/rtf", "application/x-rtf", "text/richtext"]),
    kind(
        "application/vnd.ant.fit",
        Family::Other,
        &["fit"],
        &["application/fit", "application/x-fit", "application/vnd.garmin.fit"],
    ),
    kind(
        "application/zip",
        Family::Zip,
        &["zip"],
        &[
            "application/x-zip-compressed",
            "application/x-zip",
            "multipart/x-zip",
            "application/zip-compressed",
        ],
    ),
    kind(office!("wordprocessingml.document"), Family::Zip, &["docx"], &[]),
    kind(office!("wordprocessingml.template"), Family::Zip, &["dotx"], &[]),
    kind(office!("spreadsheetml.sheet"), Family::Zip, &["xlsx"], &[]),
    kind(office!("spreadsheetml.template"), Family::Zip, &["xltx"], &[]),
    kind(office!("presentationml.presentation"), Family::Zip, &["pptx"], &[]),
    kind(office!("presentationml.slideshow"), Family::Zip, &["ppsx"], &[]),
    kind(office!("presentationml.template"), Family::Zip, &["potx"], &[]),
    kind("application/vnd.ms-word.document.macroenabled.12", Family::Zip, &["docm"], &[]),
    kind("application/vnd.ms-excel.sheet.macroenabled.12", Family::Zip, &["xlsm"], &[]),
    kind("application/vnd.ms-excel.sheet.binary.macroenabled.12", Family::Zip, &["xlsb"], &[]),
    kind("application/vnd.ms-powerpoint.presentation.macroenabled.12", Family::Zip, &["pptm"], &[]),
    kind(open_document!("text"), Family::Zip, &["odt"], &["application/x-vnd.oasis.opendocument.text"]),
    kind(open_document!("text-template"), Family::Zip, &["ott"], &[]),
    kind(
        open_document!("spreadsheet"),
        Family::Zip,
        &["ods"],
        &["application/x-vnd.oasis.opendocument.spreadsheet"],
    ),
    kind(open_document!("spreadsheet-template"), Family::Zip, &["ots"], &[]),
    kind(
        open_document!("presentation"),
        Family::Zip,
        &["odp"],
        &["application/x-vnd.oasis.opendocument.presentation"],
    ),
    kind(open_document!("graphics"), Family::Zip, &["odg"], &[]),
    kind("application/epub+zip", Family::Zip, &["epub"], &["application/epub", "application/x-epub+zip"]),
    kind("application/vnd.apple.pages", Family::Zip, &["pages"], &["application/x-iwork-pages-sffpages"]),
    kind(
        "application/vnd.apple.numbers",
        Family::Zip,
        &["numbers"],
        &["application/x-iwork-numbers-sffnumbers"],
    ),
    kind("application/vnd.apple.keynote", Family::Zip, &["key"], &["application/x-iwork-keynote-sffkey"]),
    kind("application/vnd.google-earth.kmz", Family::Zip, &["kmz"], &[]),
    kind(
        "application/msword",
        Family::Compound,
        &["doc", "dot"],
        &["application/doc", "application/vnd.msword"],
    ),
    kind(
        "application/vnd.ms-excel",
        Family::Compound,
        &["xls", "xlt"],
        &["application/msexcel", "application/x-msexcel", "application/xls", "application/x-excel"],
    ),
    kind(
        "application/vnd.ms-powerpoint",
        Family::Compound,
        &["ppt", "pps", "pot"],
        &["application/mspowerpoint", "application/powerpoint"],
    ),
    kind("text/plain", Family::Text, &["txt", "text", "log"], &[]),
    kind(
        "text/csv",
        Family::Text,
        &["csv"],
        &[
            "application/csv",
            "text/x-csv",
            "application/x-csv",
            "text/comma-separated-values",
            "text/x-comma-separated-values",
        ],
    ),
    kind("text/tab-separated-values", Family::Text, &["tsv", "tab"], &["text/tsv"]),
    kind("text/markdown", Family::Text, &["md", "markdown"], &["text/x-markdown", "text/x-web-markdown"]),
    kind("text/calendar", Family::Text, &["ics", "ical", "ifb"], &["application/ics", "text/x-vcalendar"]),
    kind("text/vcard", Family::Text, &["vcf"], &["text/x-vcard"]),
    kind("text/vtt", Family::Text, &["vtt"], &["application/vtt", "text/webvtt"]),
    kind(
        "application/x-subrip",
        Family::Text,
        &["srt"],
        &["text/srt", "application/srt", "text/x-srt", "text/subrip"],
    ),
    kind("application/json", Family::Text, &["json"], &["text/json", "application/x-json"]),
    kind("application/gpx+xml", Family::Xml, &["gpx"], &["application/gpx", "application/x-gpx+xml"]),
    kind(
        "application/vnd.garmin.tcx+xml",
        Family::Xml,
        &["tcx"],
        &["application/tcx+xml", "application/vnd.garmin.tcx"],
    ),
    kind("application/vnd.google-earth.kml+xml", Family::Xml, &["kml"], &[]),
    kind("application/xml", Family::Xml, &["xml"], &["text/xml"]),
];

/// What browsers announce where they know no better.
const UNSAID: &[&str] = &[
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/binary",
    "application/unknown",
    "application/x-unknown",
    "application/download",
    "application/x-download",
    "application/force-download",
    "unknown/unknown",
];

impl Kind {
    /// Whether it is a container of film and sound, which [`crate::container::inspect`] reads.
    pub(crate) fn is_film(&self) -> bool {
        self.family == Family::BaseMedia || self.name == "video/webm"
    }

    /// A type by its name or one of its other names.
    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name || kind.aliases.contains(&name))
    }

    /// A type by the ending of a file's name.
    pub(crate) fn by_file_name(name: &str) -> Option<&'static Self> {
        let (_, ending) = name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        KINDS.iter().find(|kind| kind.endings.contains(&ending.as_str()))
    }
}

/// What the content of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A known type.
    Known(&'static Kind),
    /// One of a family, which does not say which.
    Of(Family),
    /// Damaged: a beginning without its end.
    Broken,
    /// Something else.
    Unknown,
}

/// What is said about a file before its bytes are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    /// By whoever announces it; `None` where nothing is said.
    pub(crate) announced: Option<&'static Kind>,
    /// By the ending of its name.
    pub(crate) by_name: Option<&'static Kind>,
    /// Whether a type was announced that is not known here.
    pub(crate) is_unknown: bool,
}

impl Claim {
    /// Of an announced media type, with or without parameters and in any case, and a name.
    pub(crate) fn new(announced: &str, name: &str) -> Self {
        let plain = announced.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let kind = Kind::by_name(&plain);
        let is_unknown = kind.is_none() && !UNSAID.contains(&plain.as_str());
        Self { announced: kind, by_name: Kind::by_file_name(name), is_unknown }
    }

    /// The types that the file may be, what was announced first.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        [self.announced, self.by_name].into_iter().flatten()
    }

    /// The first of them in a family.
    pub(crate) fn of(&self, family: Family) -> Option<&'static Kind> {
        self.kinds().find(|kind| kind.family == family)
    }
}
