//! Attachments in requests and answers.

use courses::{NewAttachment, Source};
use kernel::{AttachmentId, CourseId, FileId, LessonId};

use crate::routes::shared::prelude::*;

/// A download of a course or a lesson.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = courses::Attachment, ignore(url))]
pub(super) struct Attachment {
    /// The attachment's id.
    id: AttachmentId,
    /// The course it belongs to.
    course_id: CourseId,
    /// The lesson it belongs to; null where it belongs to the course as a whole.
    lesson_id: Option<LessonId>,
    /// The name to show.
    #[schema(example = "Training plan")]
    name: String,
    /// The id of the file; null for a link elsewhere.
    file_id: Option<FileId>,
    /// The media type of the file; null for a link elsewhere.
    #[schema(example = "application/pdf")]
    content_type: Option<String>,
    /// The size of the file in bytes; null for a link elsewhere.
    #[schema(minimum = 1, example = 48213)]
    size_bytes: Option<i64>,
    /// When the attachment was created.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

page! {
    /// A page of attachments.
    AttachmentPage of Attachment
}

/// An attachment to create: a file or a link, exactly one of them.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "has_one_source"))]
pub(super) struct CreateAttachment {
    /// The name to show.
    #[schema(example = "Training plan")]
    name: Title,
    /// The id of a file that the caller has uploaded for this purpose, and that is `READY`.
    #[schema(nullable = false)]
    file_id: Option<FileId>,
    /// A link elsewhere.
    #[schema(nullable = false)]
    url: Option<HttpsUrl>,
}

fn has_one_source(body: &CreateAttachment) -> Result<(), ValidationError> {
    if body.file_id.is_some() == body.url.is_some() {
        return Err(broken("/fileId", "file_or_url", "Either a file or a link."));
    }
    Ok(())
}

impl From<CreateAttachment> for NewAttachment {
    fn from(body: CreateAttachment) -> Self {
        let CreateAttachment { name, file_id, url } = body;
        let link = || Source::Url(url.map(Into::into).unwrap_or_default());
        Self { name: name.into(), source: file_id.map_or_else(link, Source::File) }
    }
}

/// A change of an attachment.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PatchAttachment {
    /// The name to show.
    #[schema(nullable = false, example = "Training plan")]
    pub(super) name: Option<Title>,
}

/// Where to download an attachment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Download {
    /// The address, at this server, at the object storage, or elsewhere. It is used as it is, without an access token.
    #[schema(format = "uri", example = "https://files.example.com/files/AbC")]
    pub(super) url: String,
    /// Until when the address works; null for a link elsewhere.
    pub(super) expires_at: Option<DateTime<Utc>>,
}
