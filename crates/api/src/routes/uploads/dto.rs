//! What uploads take and answer.

use kernel::FileId;
use media::{File, FilePurpose, FileStatus, Limits, Media, NewFile, Target};

use crate::routes::shared::prelude::*;

/// A file that is announced, uploaded and checked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Upload {
    /// The file's id.
    id: FileId,
    /// What the file is for: `IMAGE`, `ATTACHMENT`, `VIDEO` or `CAPTIONS`; more may be added.
    #[schema(value_type = String, example = "ATTACHMENT")]
    purpose: FilePurpose,
    /// The file's name: the last part of what was announced.
    #[schema(example = "plan.pdf")]
    name: String,
    /// The file's media type: as it was announced, and once the file is `READY`, as its content says.
    #[schema(example = "application/pdf")]
    content_type: String,
    /// The file's size in bytes; that of captions changes where they are converted.
    #[schema(minimum = 1, example = 48213)]
    size_bytes: i64,
    /// The SHA-256 of the bytes in hexadecimal: as announced, and once the file is `READY`, as it is: it differs where captions were
    /// converted, or a camera's note of the place was removed.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: Option<String>,
    /// Whether the file can be used: `PENDING`, `READY` or `REJECTED`; more may be added.
    #[schema(value_type = String, example = "PENDING")]
    status: FileStatus,
    /// Why the file was rejected: a stable code, such as `type_mismatch`. Null where it was not.
    #[schema(example = json!(null))]
    problem: Option<String>,
    /// More about `problem` in words, with the limit and what was found; for captions that are `READY`, what was left out of them.
    #[schema(example = json!(null))]
    detail: Option<String>,
    /// Where to send the bytes; null once they were checked, or the upload has expired.
    target: Option<UploadTarget>,
    /// When the file was announced.
    created_at: DateTime<Utc>,
    /// Until when the file may be uploaded.
    expires_at: DateTime<Utc>,
}

/// Where to send the bytes of a file, without an access token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UploadTarget {
    /// The HTTP method, always `PUT`.
    #[schema(value_type = String, example = "PUT")]
    method: &'static str,
    /// The URL, of this server or of the object storage. Use it as it is.
    #[schema(format = "uri", example = "https://files.example.com/uploads/0198c0de?ticket=AbC")]
    url: String,
    /// The headers to send.
    headers: UploadHeaders,
    /// When the URL expires.
    expires_at: DateTime<Utc>,
}

/// The headers of an upload. Its `Content-Length` has to be `sizeBytes`.
#[derive(Serialize, ToSchema)]
struct UploadHeaders {
    /// The file's media type.
    #[serde(rename = "content-type")]
    #[schema(rename = "content-type", example = "application/pdf")]
    content_type: String,
}

impl Upload {
    pub(super) fn new(file: File, target: Option<Target>) -> Self {
        let File {
            id,
            owner_id: _,
            purpose,
            name,
            content_type,
            size_bytes,
            sha256,
            status,
            problem,
            detail,
            created_at,
            expires_at,
        } = file;
        let target = target.map(|Target { url, content_type, expires_at }| UploadTarget {
            method: "PUT",
            url,
            headers: UploadHeaders { content_type },
            expires_at,
        });
        Self {
            id,
            purpose,
            name,
            content_type,
            size_bytes,
            sha256: sha256.map(|sum| kernel::hex(&sum)),
            status,
            problem,
            detail,
            target,
            created_at,
            expires_at,
        }
    }
}

/// What may be uploaded.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UploadLimits {
    /// For each purpose.
    purposes: Vec<PurposeLimits>,
    /// How many uploads of one user may be announced and not completed.
    #[schema(minimum = 0, example = 100)]
    pending_uploads: u32,
    /// How many bytes those may have in all.
    #[schema(minimum = 0, example = 53_687_091_200_u64)]
    pending_bytes: u64,
    /// How long an announced file may be uploaded, in seconds.
    #[schema(minimum = 0, example = 21_600)]
    upload_seconds: u64,
}

/// What may be uploaded for one purpose.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PurposeLimits {
    /// What a file is for: `IMAGE`, `ATTACHMENT`, `VIDEO` or `CAPTIONS`; more may be added.
    #[schema(value_type = String, example = "IMAGE")]
    purpose: FilePurpose,
    /// The most bytes of a file.
    #[schema(minimum = 0, example = 33_554_432)]
    max_bytes: u64,
    /// The media types. A file is what its content says: another announced type of the same kind does not matter.
    #[schema(example = json!(["image/png", "image/jpeg", "image/webp", "image/gif"]))]
    content_types: Vec<&'static str>,
}

impl UploadLimits {
    pub(super) fn of(media: &Media) -> Self {
        let Limits { lifetime, pending, pending_bytes, .. } = media.limits;
        let of_purpose = |purpose| PurposeLimits {
            purpose,
            max_bytes: media.limits.max_bytes(purpose),
            content_types: media.types.names(purpose),
        };
        let purposes =
            [FilePurpose::Image, FilePurpose::Attachment, FilePurpose::Video, FilePurpose::Captions];
        Self {
            purposes: purposes.map(of_purpose).into(),
            pending_uploads: pending,
            pending_bytes,
            upload_seconds: lifetime.as_secs(),
        }
    }
}

/// A file to upload.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateUpload {
    /// What the file is for.
    #[schema(value_type = schema::FilePurpose)]
    purpose: FilePurpose,
    /// The file's name; of a path only the last part is kept.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "plan.pdf"
    )]
    name: String,
    /// The file's media type, as a browser has it: it may be empty or say nothing, since in the end the content decides. Which are
    /// allowed depends on the purpose, see `GET /uploads/limits`.
    #[schema(
        max_length = 255,
        pattern = "^([A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[^\\x00-\\x1f\\x7f]*)?)?$",
        example = "application/pdf"
    )]
    #[serde(default)]
    content_type: String,
    /// The file's size in bytes; how many are allowed depends on the purpose, see `GET /uploads/limits`.
    #[schema(minimum = 1, maximum = 1_099_511_627_776i64, example = 48213)]
    size_bytes: u64,
    /// The SHA-256 of the bytes in hexadecimal. Other bytes are rejected.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        nullable = false,
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    sha256: Option<String>,
}

impl From<CreateUpload> for NewFile {
    fn from(new: CreateUpload) -> Self {
        let CreateUpload { purpose, name, content_type, size_bytes, sha256 } = new;
        Self { purpose, name, content_type, size_bytes, sha256: sha256.and_then(|sum| unhex(&sum)) }
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
    bytes?.try_into().ok()
}

/// The ticket of an upload.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ContentQuery {
    /// The ticket, which is part of the upload's URL.
    #[param(min_length = 1, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$", example = "AbC")]
    pub(super) ticket: String,
}
