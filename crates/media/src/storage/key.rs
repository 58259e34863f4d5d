//! The names of the objects in the storage.

use std::fmt;

use kernel::FileId;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

/// The name of an object. It is made of ids alone: nothing that a client sent ever becomes part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Key {
    /// What a client uploaded, before it was checked.
    Upload(FileId),
    /// A file that was checked.
    File(FileId),
    /// A picture in one of its widths.
    Image(FileId, u32),
}

impl Key {
    /// The folders of the objects.
    pub(crate) const FOLDERS: [&'static str; 3] = ["uploads", "files", "images"];

    /// The id of the file to which the object belongs.
    #[must_use]
    pub fn id(&self) -> FileId {
        match self {
            Self::Upload(id) | Self::File(id) | Self::Image(id, _) => *id,
        }
    }

    pub(super) fn path(self) -> Path {
        Path::from(self.to_string())
    }

    pub(super) fn parse(path: &Path) -> Option<Self> {
        let mut parts = path.as_ref().split('/');
        let (folder, id) = (parts.next()?, parts.next()?.parse().ok()?);
        let key = match folder {
            "uploads" => Self::Upload(id),
            "files" => Self::File(id),
            "images" => Self::Image(id, parts.next()?.parse().ok()?),
            _ => return None,
        };
        parts.next().is_none().then_some(key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload(id) => write!(f, "uploads/{id}"),
            Self::File(id) => write!(f, "files/{id}"),
            Self::Image(id, width) => write!(f, "images/{id}/{width}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Uuid;

    use super::*;

    #[test]
    fn a_key_is_read_from_its_own_path_and_from_no_other() {
        let id = FileId(Uuid::from_u128(7));
        for key in [Key::Upload(id), Key::File(id), Key::Image(id, 320)] {
            assert_eq!(Key::parse(&key.path()), Some(key));
        }
        for odd in [
            "files",
            "files/x",
            "other/00000000-0000-0000-0000-000000000007",
            "images/00000000-0000-0000-0000-000000000007",
        ] {
            assert_eq!(Key::parse(&Path::from(odd)), None, "{odd}");
        }
    }
}
