//! Posts: written, changed, published and moderated.

pub(crate) mod model;
mod picture;
pub(crate) mod store;

use database::{Tx, audit, outbox};
use entity::enums::PostStatus;
use kernel::{Code, Cursor, Error, FieldError, FileId, Limit, Page, PostId, Result, Written, visible_line};
use serde_json::json;

pub use model::{NewPost, Picture, Post, PostChange, PostFilter};

use model::{Feed, PostText, has_text};

use crate::{
    access,
    counter::{self, PostOrComment},
    mention, removed_content,
    rules::{self, WriteContext, WriteKind},
    text,
};

/// The longest text of a post, in characters of sanitised HTML.
const MAX_CONTENT_LENGTH: usize = 20_000;
/// The most pictures of a post.
const MAX_IMAGES: usize = 10;

/// The posts that the caller may read, in the school and in every course to which they have access: pinned posts first, then the
/// newest. At most three statements, however many there are.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in; of a course, see [`enrollment::course_access`].
pub async fn list_posts(
    tx: &Tx,
    filter: PostFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Post>> {
    let feed = match filter.course_id {
        Some(course_id) if !filter.drafts => {
            access::require_readable(tx, Some(course_id)).await?;
            Feed::Course(course_id)
        }
        course_id if filter.drafts => {
            tx.user_id()?;
            Feed::OwnDrafts(course_id)
        }
        _ => Feed::Everywhere(enrollment::readable_courses(tx).await?),
    };
    let rows = store::list(tx, feed, filter.author_id, after, limit).await?;
    Ok(Page::cut(rows, limit, |post| Cursor::at_number(post.feed_key, post.id)))
}

/// A post that the caller may read.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get_post(tx: &Tx, id: PostId) -> Result<Post> {
    Ok(readable(tx, id).await?.0)
}

/// A post that the caller may read, and whether the caller moderates where it stands.
pub(crate) async fn readable(tx: &Tx, id: PostId) -> Result<(Post, bool)> {
    let post = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    if post.status == PostStatus::Draft {
        return if post.is_mine { Ok((post, false)) } else { Err(Code::NotFound.into()) };
    }
    let is_moderator = access::require_readable(tx, post.course_id).await.map_err(access::as_not_found)?;
    Ok((post, is_moderator))
}

/// A post of the caller's own that still has a text.
async fn own(tx: &Tx, id: PostId) -> Result<Post> {
    let (post, _) = readable(tx, id).await?;
    if !post.is_mine {
        return Err(Code::Forbidden.into());
    }
    if !has_text(post.status) {
        return Err(Code::ContentDeleted.into());
    }
    Ok(post)
}

/// Creates a post: a draft, or one that is published at once.
///
/// # Errors
/// Of a course, see [`enrollment::course_access`]; [`Code::ValidationFailed`] for a title without visible characters or a
/// picture that is not the caller's; [`Code::TooManyMentions`]; for a post that is published, also see [`publish_post`].
pub async fn create_post(tx: &Tx, new: NewPost) -> Result<Written<Post>> {
    let author_id = tx.user_id()?;
    access::require_readable(tx, new.course_id).await?;
    let content = text::rich(tx, &new.content, MAX_CONTENT_LENGTH, "/content");
    let text = Error::join(visible_line(&new.title, "/title"), content);
    let ((title, content), ()) = Error::join(text, check_images(tx, &new.image_ids, &[]).await)?;
    let warnings = content.warnings;
    let text = PostText { title, content: content.value };
    let id = tx.new_id();
    store::insert(tx, id, author_id, new.course_id, text.clone()).await?;
    store::set_images(tx, id, &new.image_ids).await?;
    mention::replace(tx, PostOrComment::Post(id), &text.content).await?;
    let value = if new.publish { publish_post(tx, id).await? } else { get_post(tx, id).await? };
    Ok(Written { value, warnings })
}

/// Changes a post of the caller's own, if its version is still one that `matches` accepts. What changes nothing makes no new
/// version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`], [`Code::ThreadLocked`], [`Code::PreconditionFailed`],
/// [`Code::ValidationFailed`], [`Code::TooManyMentions`]; for a published post, also see [`rules::check`].
pub async fn change_post(
    tx: &Tx,
    id: PostId,
    matches: impl Fn(i64) -> bool,
    change: PostChange,
) -> Result<Written<Post>> {
    let before = own(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let title = change.title.map_or_else(|| Ok(before.title.clone()), |title| visible_line(&title, "/title"));
    let content = change.content.map_or_else(
        || Ok(Written::as_sent(before.content.clone())),
        |content| text::rich(tx, &content, MAX_CONTENT_LENGTH, "/content"),
    );
    let old_images: Vec<FileId> = before.images.iter().map(|image| image.file_id).collect();
    let images = change.image_ids.unwrap_or_else(|| old_images.clone());
    let new_images = if images == old_images { Ok(()) } else { check_images(tx, &images, &old_images).await };
    let ((title, content), ()) = Error::join(Error::join(title, content), new_images)?;
    let warnings = content.warnings;
    let after = PostText { title, content: content.value };
    if after.title == before.title && after.content == before.content && images == old_images {
        return Ok(Written { value: before, warnings });
    }
    if before.status == PostStatus::Published {
        if before.is_locked {
            return Err(Code::ThreadLocked.into());
        }
        if after.content != before.content || images != old_images {
            require_content(&after.content, images.len())?;
        }
        // What stays was judged by the rules of its time.
        let new_title = (after.title != before.title).then_some(after.title.as_str());
        let new_content = (after.content != before.content).then_some(after.content.as_str());
        let is_moderator = access::require_readable(tx, before.course_id).await?;
        rules::check(
            tx,
            context(&before, is_moderator, WriteKind::Edit),
            &all_text(new_title.unwrap_or_default(), new_content.unwrap_or_default()),
        )
        .await?;
    }
    let mentions_changed = (after.content != before.content).then(|| after.content.clone());
    if !store::update(tx, &before, after).await? {
        return Err(Code::PreconditionFailed.into());
    }
    if images != old_images {
        store::set_images(tx, id, &images).await?;
    }
    if let Some(content) = mentions_changed {
        mention::replace(tx, PostOrComment::Post(id), &content).await?;
    }
    Ok(Written { value: get_post(tx, id).await?, warnings })
}

/// Publishes a draft of the caller's own. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::NotPublishable`] for a post without content, [`Code::PreconditionFailed`] where it is
/// changed at the same moment, and see [`rules::check`].
pub async fn publish_post(tx: &Tx, id: PostId) -> Result<Post> {
    let before = own(tx, id).await?;
    if before.status == PostStatus::Published {
        return Ok(before);
    }
    let is_moderator = access::require_readable(tx, before.course_id).await?;
    require_content(&before.content, before.images.len())?;
    rules::check(
        tx,
        context(&before, is_moderator, WriteKind::Post),
        &all_text(&before.title, &before.content),
    )
    .await?;
    // Of two requests at once, one publishes the text that it checked; the other finds it published, or another text.
    if !store::publish(tx, id, before.version).await? {
        let now = own(tx, id).await?;
        return if now.status == PostStatus::Published {
            Ok(now)
        } else {
            Err(Code::PreconditionFailed.into())
        };
    }
    if before.published_at.is_none() {
        let mentioned = mention::of(tx, PostOrComment::Post(id)).await?;
        let payload = json!({
            "postId": id, "courseId": before.course_id, "authorId": before.author.id, "mentionIds": mentioned,
        });
        outbox::send(tx, "post.published", payload).await?;
    }
    get_post(tx, id).await
}

/// Makes a post of the caller's own a draft again. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`].
pub async fn unpublish_post(tx: &Tx, id: PostId) -> Result<Post> {
    own(tx, id).await?;
    store::unpublish(tx, id).await?;
    get_post(tx, id).await
}

/// Pins a post above the others of its feed, or unpins it, for moderators of its course or the school. Doing it again changes
/// nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`].
pub async fn pin_post(tx: &Tx, id: PostId, pinned: bool) -> Result<Post> {
    require_moderator(tx, id).await?;
    store::set_pinned(tx, id, pinned).await?;
    get_post(tx, id).await
}

/// Locks a post for comments, or unlocks it, for moderators of its course or the school. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ContentDeleted`].
pub async fn lock_post(tx: &Tx, id: PostId, locked: bool) -> Result<Post> {
    require_moderator(tx, id).await?;
    store::set_locked(tx, id, locked).await?;
    get_post(tx, id).await
}

async fn require_moderator(tx: &Tx, id: PostId) -> Result<()> {
    let (post, is_moderator) = readable(tx, id).await?;
    if !is_moderator {
        return Err(Code::Forbidden.into());
    }
    if has_text(post.status) { Ok(()) } else { Err(Code::ContentDeleted.into()) }
}

/// Deletes a post, for its author and for moderators of its course or the school. Where comments stand under it, the empty post
/// stays.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn delete_post(tx: &Tx, id: PostId) -> Result<()> {
    let found = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    // Authors may delete what they wrote even after they lost access to the course.
    if !found.is_mine && !readable(tx, id).await?.1 {
        return Err(Code::Forbidden.into());
    }
    if found.status == PostStatus::Deleted {
        return Err(Code::NotFound.into());
    }
    removed_content::delete(tx, id).await?;
    if counter::store::lock_comment_count(tx, id).await? == 0 {
        store::delete(tx, id).await?;
    } else {
        store::set_images(tx, id, &[]).await?;
        mention::clear(tx, PostOrComment::Post(id)).await?;
        store::set_pinned(tx, id, false).await?;
        store::clear(tx, id, PostStatus::Deleted).await?;
    }
    if !found.is_mine {
        let detail = json!({ "authorId": found.author.id, "courseId": found.course_id });
        audit::record(tx, "post.deleted", id, detail).await?;
    }
    Ok(())
}

fn context(post: &Post, is_moderator: bool, kind: WriteKind) -> WriteContext {
    WriteContext { course_id: post.course_id, is_moderator, kind }
}

fn all_text(title: &str, content: &str) -> String {
    format!("{title}\n{content}")
}

/// A published post has a text or a picture.
fn require_content(content: &str, images: usize) -> Result<()> {
    if images == 0 && text::is_blank(content) {
        let detail = "A post needs a text or a picture.";
        let reason = FieldError::new("/content", "content_missing", detail);
        return Err(Error::new(Code::NotPublishable).errors(vec![reason]));
    }
    Ok(())
}

/// Requires that each picture is named once, and is the caller's own or belongs to the post already.
async fn check_images(tx: &Tx, ids: &[FileId], current: &[FileId]) -> Result<()> {
    let mut checked = Ok(());
    for (index, id) in ids.iter().enumerate() {
        let pointer = format!("/imageIds/{index}");
        if index >= MAX_IMAGES {
            let detail = format!("At most {MAX_IMAGES} pictures.");
            return Err(Error::invalid(vec![FieldError::new(pointer, "too_many", detail)]));
        }
        let image = if ids.iter().take(index).any(|other| other == id) {
            let detail = "This picture is there already.";
            Err(Error::invalid(vec![FieldError::new(pointer, "duplicate", detail)]))
        } else {
            let current = current.iter().find(|current| *current == id).copied();
            media::usable_image(tx, *id, current, &pointer).await
        };
        checked = Error::join(checked, image).map(drop);
    }
    checked
}
