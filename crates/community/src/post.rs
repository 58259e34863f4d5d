use std::time::Duration;

use courses::Author;
use database::{Tx, audit, outbox};
use kernel::{
    Code, CourseId, Cursor, Error, FieldError, FileId, Limit, Page, PostId, Result, Timestamp, UserId, Uuid,
};
use media::{Disposition, Key, Link};
use serde_json::json;

use crate::{
    Counted, Reactions, mention, place,
    rules::{self, Scope, Writing},
    store::{
        self,
        post::{Feed, Written},
    },
    text,
};

/// Characters of its text, cleaned.
const LONGEST: usize = 20_000;
/// How long the address of a picture holds.
const SHOWN: Duration = Duration::from_secs(3600);
/// The pictures of a post.
const PICTURES: usize = 10;

/// What a post is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostStatus {
    /// For its author alone.
    Draft,
    /// For whoever may read what stands in its place.
    Published,
    /// A moderator has taken its text away.
    Removed,
    /// Its text is gone; the comments are not.
    Deleted,
}

impl PostStatus {
    /// The name in JSON and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Published => "PUBLISHED",
            Self::Removed => "REMOVED",
            Self::Deleted => "DELETED",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "PUBLISHED" => Self::Published,
            "REMOVED" => Self::Removed,
            "DELETED" => Self::Deleted,
            _ => Self::Draft,
        }
    }

    /// Whether there is a text.
    pub(crate) fn is_there(self) -> bool {
        matches!(self, Self::Draft | Self::Published)
    }
}

/// A picture of a post, at addresses that hold for an hour and tell nothing of the file.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file: for its owner alone.
    pub file_id: FileId,
    /// 1280 wide at most.
    pub url: String,
    /// 320 wide at most.
    pub thumbnail_url: String,
}

impl Picture {
    /// For whoever may read the post.
    pub(crate) fn signed(tx: &Tx, file_id: FileId) -> Self {
        let address = |width| {
            let link = Link {
                key: Key::Image(file_id, width),
                name: "picture".to_owned(),
                content_type: "image/jpeg".to_owned(),
                disposition: Disposition::Inline,
                expires_at: tx.now() + SHOWN,
            };
            tx.link(&format!("/files/{}", link.seal(tx.keyring())))
        };
        Self {
            file_id,
            url: address(1280),
            thumbnail_url: address(320),
        }
    }
}

/// A post, as the caller reads it.
#[derive(Clone, Debug)]
pub struct Post {
    /// The post's id.
    pub id: PostId,
    /// Where it stands; in the school's feed where it is missing.
    pub course_id: Option<CourseId>,
    /// Who wrote it.
    pub author: Author,
    /// Whether that is the caller.
    pub is_mine: bool,
    /// Empty where it was deleted or taken away.
    pub title: String,
    /// Sanitised HTML. Empty where it was deleted or taken away.
    pub content: String,
    /// In their order.
    pub images: Vec<Picture>,
    /// What it is at the moment.
    pub status: PostStatus,
    /// Whether it stands above the others.
    pub is_pinned: bool,
    /// Whether nobody comments any more.
    pub is_locked: bool,
    /// Its place in a feed.
    pub feed_key: i64,
    /// Comments that were not deleted.
    pub comment_count: i64,
    /// How people reacted to it.
    pub reactions: Reactions,
    /// Grows with every change.
    pub version: i64,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
    /// When its text was last changed since.
    pub edited_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Post {
    pub(crate) fn is_there(&self) -> bool {
        self.status.is_there()
    }

    fn all_text(&self) -> String {
        format!("{}\n{}", self.title, self.content)
    }
}

/// A post to be made.
#[derive(Clone, Debug)]
pub struct NewPost {
    /// See [`Post::course_id`].
    pub course_id: Option<CourseId>,
    /// See [`Post::title`].
    pub title: String,
    /// HTML; sanitised here.
    pub content: String,
    /// Pictures that the caller has sent.
    pub image_ids: Vec<FileId>,
    /// Whether it is published at once.
    pub publish: bool,
}

/// What changes in a post: `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct PostChange {
    /// See [`Post::title`].
    pub title: Option<String>,
    /// See [`NewPost::content`].
    pub content: Option<String>,
    /// See [`NewPost::image_ids`].
    pub image_ids: Option<Vec<FileId>>,
}

/// Which posts a feed shows.
#[derive(Clone, Debug, Default)]
pub struct FeedFilter {
    /// Of this course alone.
    pub course_id: Option<CourseId>,
    /// Of this author alone.
    pub author_id: Option<UserId>,
    /// The caller's drafts in place of what is published.
    pub drafts: bool,
}

/// What the caller may read: in the school, and in every course to which they have access; pinned posts first, then the newest.
/// At most three statements, however much there is.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in; of a course, see [`enrollment::course_access`].
pub async fn feed(tx: &Tx, filter: FeedFilter, after: Option<Cursor>, limit: Limit) -> Result<Page<Post>> {
    let feed = match filter.course_id {
        Some(course_id) if !filter.drafts => {
            place::enter(tx, Some(course_id)).await?;
            Feed::Course(course_id)
        }
        course_id if filter.drafts => Feed::Drafts(tx.user_id()?, course_id),
        _ => Feed::Everywhere(enrollment::readable_courses(tx).await?),
    };
    let rows = store::post::feed(tx, feed, filter.author_id, after, limit).await?;
    Ok(Page::cut(rows, limit, |post| Cursor {
        key: post.feed_key,
        id: post.id.into(),
    }))
}

/// A post, for whoever may read it.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn post(tx: &Tx, id: PostId) -> Result<Post> {
    Ok(readable(tx, id).await?.0)
}

/// A post that the caller may read, and whether they moderate where it stands.
pub(crate) async fn readable(tx: &Tx, id: PostId) -> Result<(Post, bool)> {
    let post = store::post::find(tx, id).await?.ok_or(Code::NotFound)?;
    if post.status == PostStatus::Draft {
        return if post.is_mine {
            Ok((post, false))
        } else {
            Err(Code::NotFound.into())
        };
    }
    let staff = place::enter(tx, post.course_id).await.map_err(place::hidden)?;
    Ok((post, staff))
}

/// A post of the caller's own.
async fn own(tx: &Tx, id: PostId) -> Result<Post> {
    let (post, _) = readable(tx, id).await?;
    if !post.is_mine {
        return Err(Code::Forbidden.into());
    }
    if !post.is_there() {
        return Err(Code::ContentDeleted.into());
    }
    Ok(post)
}

/// Writes a post: a draft, or one that is published at once.
///
/// # Errors
/// Of a course, see [`enrollment::course_access`]; [`Code::ValidationFailed`] for a title in which nothing is to be read or a
/// picture that is not the caller's; [`Code::TooManyMentions`]; what is published, also see [`publish_post`].
pub async fn create_post(tx: &Tx, new: NewPost) -> Result<Post> {
    let author_id = tx.user_id()?;
    place::enter(tx, new.course_id).await?;
    let title = text::title(&new.title)?;
    let content = text::rich(new.content, LONGEST, "/content")?;
    check_images(tx, &new.image_ids, &[]).await?;
    let id = tx.new_id();
    let written = Written {
        title: &title,
        content: &content,
    };
    store::post::insert(tx, id, (author_id, new.course_id), written).await?;
    store::post::set_images(tx, id, &new.image_ids).await?;
    mention::note(tx, Counted::Post(id), &content).await?;
    if new.publish {
        return publish_post(tx, id).await;
    }
    store::post::find(tx, id)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

/// Changes a post of the caller's own, if its version is still one that `matches` accepts. What changes nothing makes no new
/// version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`], [`Code::ThreadLocked`], [`Code::PreconditionFailed`],
/// [`Code::ValidationFailed`], [`Code::TooManyMentions`]; of what is published, also see [`rules::may_write`].
pub async fn change_post(
    tx: &Tx,
    id: PostId,
    matches: impl Fn(i64) -> bool,
    change: PostChange,
) -> Result<Post> {
    let before = own(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let after = Post {
        title: match &change.title {
            Some(title) => text::title(title)?,
            None => before.title.clone(),
        },
        content: match change.content {
            Some(content) => text::rich(content, LONGEST, "/content")?,
            None => before.content.clone(),
        },
        ..before.clone()
    };
    let old_images: Vec<FileId> = before.images.iter().map(|image| image.file_id).collect();
    let images = change.image_ids.unwrap_or_else(|| old_images.clone());
    if after.title == before.title && after.content == before.content && images == old_images {
        return Ok(before);
    }
    check_images(tx, &images, &old_images).await?;
    if before.status == PostStatus::Published {
        if before.is_locked {
            return Err(Code::ThreadLocked.into());
        }
        require_complete(&after, images.len())?;
        let staff = place::enter(tx, before.course_id).await?;
        rules::may_write(tx, scope(&before, staff, Writing::Edit), &after.all_text()).await?;
    }
    let written = Written {
        title: &after.title,
        content: &after.content,
    };
    if !store::post::update(tx, &before, written).await? {
        return Err(Code::PreconditionFailed.into());
    }
    if images != old_images {
        store::post::set_images(tx, id, &images).await?;
    }
    if after.content != before.content {
        mention::note(tx, Counted::Post(id), &after.content).await?;
    }
    post(tx, id).await
}

/// Shows a draft of the caller's own to whoever may read what stands in its place. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::NotPublishable`] where it says nothing, [`Code::PreconditionFailed`] where it is
/// changed at the same moment, and see [`rules::may_write`].
pub async fn publish_post(tx: &Tx, id: PostId) -> Result<Post> {
    let before = own(tx, id).await?;
    if before.status == PostStatus::Published {
        return Ok(before);
    }
    let staff = place::enter(tx, before.course_id).await?;
    require_complete(&before, before.images.len())?;
    rules::may_write(tx, scope(&before, staff, Writing::Post), &before.all_text()).await?;
    // Of two at once, one publishes what it has looked at; the other finds it done, or another text.
    if !store::post::publish(tx, id, before.version).await? {
        let now = own(tx, id).await?;
        return if now.status == PostStatus::Published {
            Ok(now)
        } else {
            Err(Code::PreconditionFailed.into())
        };
    }
    if before.published_at.is_none() {
        let mentioned = mention::of(tx, Counted::Post(id)).await?;
        let payload = json!({ "postId": id, "courseId": before.course_id, "authorId": before.author.id, "mentionIds": mentioned });
        outbox::send(tx, "post.published", payload).await?;
    }
    post(tx, id).await
}

/// Makes a post of the caller's own a draft again. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`].
pub async fn unpublish_post(tx: &Tx, id: PostId) -> Result<Post> {
    own(tx, id).await?;
    store::post::unpublish(tx, id).await?;
    post(tx, id).await
}

/// Puts a post above the others, or back among them: whoever moderates where it stands. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`].
pub async fn pin_post(tx: &Tx, id: PostId, pinned: bool) -> Result<Post> {
    moderated(tx, id).await?;
    store::post::set_pinned(tx, id, pinned).await?;
    post(tx, id).await
}

/// Closes a post for comments, or opens it again: whoever moderates where it stands. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`].
pub async fn lock_post(tx: &Tx, id: PostId, locked: bool) -> Result<Post> {
    moderated(tx, id).await?;
    store::post::set_locked(tx, id, locked).await?;
    post(tx, id).await
}

async fn moderated(tx: &Tx, id: PostId) -> Result<()> {
    let (post, staff) = readable(tx, id).await?;
    if !staff {
        return Err(Code::Forbidden.into());
    }
    if post.is_there() {
        Ok(())
    } else {
        Err(Code::ContentDeleted.into())
    }
}

/// Deletes a post: its author, or whoever moderates where it stands. Where somebody has commented, its place stays, and nothing of
/// what stood in it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn delete_post(tx: &Tx, id: PostId) -> Result<()> {
    let found = store::post::find(tx, id).await?.ok_or(Code::NotFound)?;
    // What one has written oneself, one takes back, also when the course has closed.
    if !found.is_mine && !readable(tx, id).await?.1 {
        return Err(Code::Forbidden.into());
    }
    if found.status == PostStatus::Deleted {
        return Err(Code::NotFound.into());
    }
    store::removed::delete(tx, id).await?;
    if store::counters::locked_count(tx, Uuid::from(id).into()).await? == 0 {
        store::post::delete(tx, id).await?;
    } else {
        store::post::set_images(tx, id, &[]).await?;
        store::mention::clear(tx, Counted::Post(id)).await?;
        store::post::set_pinned(tx, id, false).await?;
        store::post::empty(tx, id, PostStatus::Deleted).await?;
    }
    if !found.is_mine {
        let detail = json!({ "authorId": found.author.id, "courseId": found.course_id });
        audit::record(tx, "post.deleted", id, detail).await?;
    }
    Ok(())
}

fn scope(post: &Post, staff: bool, writing: Writing) -> Scope {
    Scope {
        course_id: post.course_id,
        staff,
        writing,
    }
}

/// What is published says something.
fn require_complete(post: &Post, images: usize) -> Result<()> {
    if images == 0 && text::is_blank(&post.content) {
        let detail = "A post needs a text or a picture.";
        let reason = FieldError::new("/content", "content_missing", detail);
        return Err(Error::new(Code::NotPublishable).errors(vec![reason]));
    }
    Ok(())
}

/// Each once, and each the caller's own or there already.
async fn check_images(tx: &Tx, ids: &[FileId], current: &[FileId]) -> Result<()> {
    for (index, id) in ids.iter().enumerate() {
        let pointer = format!("/imageIds/{index}");
        if index >= PICTURES {
            let detail = format!("At most {PICTURES} pictures.");
            return Err(Error::invalid(vec![FieldError::new(pointer, "too_many", detail)]));
        }
        if ids.iter().take(index).any(|other| other == id) {
            let detail = "This picture is there already.";
            return Err(Error::invalid(vec![FieldError::new(
                pointer,
                "duplicate",
                detail,
            )]));
        }
        let current = current.iter().find(|current| *current == id).copied();
        media::usable_image(tx, *id, current, &pointer).await?;
    }
    Ok(())
}
