//! The media type of a file: detected from its content, wherever that says it, and otherwise from what was announced. A browser
//! announces what its system knows of an ending, which is often nothing.

mod detect;
mod kinds;
mod zip;

use entity::enums::FilePurpose;

pub(crate) use self::{
    detect::detect,
    kinds::{Claim, Content, Family, Kind},
};

/// How many of the first bytes are needed to detect the type.
pub(crate) const HEAD: usize = 64 * 1024;

/// The media types that may be uploaded for each purpose.
#[derive(Clone, Debug)]
pub struct AllowedTypes {
    image: Vec<&'static Kind>,
    attachment: Vec<&'static Kind>,
    video: Vec<&'static Kind>,
    captions: Vec<&'static Kind>,
}

impl AllowedTypes {
    /// The types that are configured, by their names.
    ///
    /// # Errors
    /// In words, where a type is not known, or cannot be used for its purpose.
    pub fn new(image: &[String], attachment: &[String], video: &[String]) -> Result<Self, String> {
        let served = ["image/png", "image/jpeg", "image/webp", "image/gif"];
        let played = ["video/mp4", "video/webm", "video/quicktime"];
        Ok(Self {
            image: read("PALESTRA_UPLOAD_IMAGE_TYPES", image, |kind| served.contains(&kind.name))?,
            attachment: read("PALESTRA_UPLOAD_ATTACHMENT_TYPES", attachment, |_| true)?,
            video: read("PALESTRA_UPLOAD_VIDEO_TYPES", video, |kind| played.contains(&kind.name))?,
            captions: ["text/vtt", "application/x-subrip"].into_iter().filter_map(Kind::by_name).collect(),
        })
    }

    pub(crate) fn of(&self, purpose: FilePurpose) -> &[&'static Kind] {
        match purpose {
            FilePurpose::Image => &self.image,
            FilePurpose::Attachment => &self.attachment,
            FilePurpose::Video => &self.video,
            FilePurpose::Captions => &self.captions,
        }
    }

    /// The names of the types for a purpose.
    #[must_use]
    pub fn names(&self, purpose: FilePurpose) -> Vec<&'static str> {
        self.of(purpose).iter().map(|kind| kind.name).collect()
    }

    /// Whether a file about which this is said may be one of them. Where nothing is said that is known, its content decides.
    pub(crate) fn may_be(&self, purpose: FilePurpose, claim: &Claim) -> bool {
        let is_fitting = |kind: &'static Kind| match purpose {
            // Cameras, messengers and systems call pictures and films by each other's names.
            FilePurpose::Image => kind.family == Family::Picture,
            FilePurpose::Video => kind.family == Family::BaseMedia || self.video.contains(&kind),
            FilePurpose::Captions => kind.family == Family::Text,
            // The root of a document says which one it is.
            FilePurpose::Attachment if kind.name == "application/xml" => {
                self.attachment.iter().any(|kind| kind.family == Family::Xml)
            }
            FilePurpose::Attachment => self.attachment.contains(&kind),
        };
        match claim.kinds().next() {
            Some(_) => claim.kinds().any(is_fitting),
            None => !claim.is_unknown,
        }
    }
}

fn read(
    setting: &str,
    names: &[String],
    is_possible: impl Fn(&Kind) -> bool,
) -> Result<Vec<&'static Kind>, String> {
    let kind = |name: &String| {
        let kind = Kind::by_name(&name.to_ascii_lowercase()).filter(|kind| is_possible(kind));
        kind.ok_or_else(|| {
            let known: Vec<&str> =
                kinds::KINDS.iter().filter(|kind| is_possible(kind)).map(|kind| kind.name).collect();
            format!("{setting} has «{name}», which is none of {}", known.join(", "))
        })
    };
    names.iter().map(kind).collect()
}

/// The type of a file about which this was said and whose content says that, or the code of why it is rejected.
pub(crate) fn decide(
    purpose: FilePurpose,
    allowed: &AllowedTypes,
    claim: &Claim,
    content: Content,
) -> Result<&'static Kind, &'static str> {
    let kind = match content {
        Content::Broken => return Err("file_unreadable"),
        Content::Unknown => return Err("type_not_allowed"),
        Content::Known(kind) => known(purpose, claim, kind)?,
        Content::Of(family) => of_family(claim, family)?,
    };
    if allowed.of(purpose).contains(&kind) { Ok(kind) } else { Err("type_not_allowed") }
}

/// The type that was detected, or another of its family that was announced and cannot be told from it.
fn known(purpose: FilePurpose, claim: &Claim, kind: &'static Kind) -> Result<&'static Kind, &'static str> {
    if purpose != FilePurpose::Attachment || claim.kinds().next().is_none() {
        return Ok(kind);
    }
    let is_like = |claimed: &'static Kind| match (kind.family, claimed.family) {
        (Family::Picture | Family::BaseMedia | Family::Zip | Family::Xml, family) => {
            family == kind.family || kind.family == Family::Xml && family == Family::Text
        }
        (Family::Text, family) => family == Family::Text,
        _ => claimed == kind,
    };
    if !claim.kinds().any(is_like) {
        return Err("type_mismatch");
    }
    // The brand of an M4A file is often that of a film, and a film's that of another.
    let sibling = claim.of(Family::BaseMedia).filter(|_| kind.name == "video/mp4");
    Ok(sibling.unwrap_or(kind))
}

/// The type of a file whose content only says its family.
fn of_family(claim: &Claim, family: Family) -> Result<&'static Kind, &'static str> {
    let fallback = |name: &str| {
        let nothing_said = claim.kinds().next().is_none();
        Kind::by_name(name).filter(|_| nothing_said).ok_or("type_mismatch")
    };
    match family {
        Family::Text => match claim.of(Family::Text) {
            Some(kind) => Ok(kind),
            // Windows calls a CSV file by the name of the program that opens it.
            None if claim.announced.is_some_and(|kind| kind.name == "application/vnd.ms-excel") => {
                Kind::by_name("text/csv").ok_or("type_not_allowed")
            }
            None => fallback("text/plain"),
        },
        // Other documents of the family would have said what they are.
        Family::Zip => {
            let silent = |kind: &&Kind| {
                kind.name == "application/zip" || kind.name.contains(".apple.") || kind.name.ends_with(".kmz")
            };
            claim.kinds().find(silent).map_or_else(|| fallback("application/zip"), Ok)
        }
        // With a password, a new document is wrapped into an old one.
        Family::Compound => {
            let office = |kind: &&Kind| kind.name.contains("officedocument");
            let compound = claim.of(Family::Compound).or_else(|| claim.kinds().find(office));
            compound.ok_or(if claim.kinds().next().is_none() { "type_not_allowed" } else { "type_mismatch" })
        }
        Family::Xml => match claim.of(Family::Text) {
            Some(kind) => Ok(kind),
            None => claim.kinds().find(|kind| kind.name == "application/xml").ok_or("type_mismatch"),
        },
        Family::Picture | Family::BaseMedia | Family::Other => Err("type_not_allowed"),
    }
}

#[cfg(test)]
mod tests;
