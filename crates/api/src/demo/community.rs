//! What the demo school talks about.

use community::{Branch, NewComment, NewPost, PostOrComment, Reaction};
use database::{Db, Tx};
use kernel::{CommentId, Result};
use serde::Deserialize;

use super::cast::{Cast, unknown};

/// A post, in a course or in the school's feed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DemoPost {
    author: String,
    course: Option<String>,
    title: String,
    content: String,
    is_pinned: bool,
    reactions: Vec<(String, Reaction)>,
    comments: Vec<DemoComment>,
}

/// What is said under a lesson.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Conversation {
    course: String,
    lesson: String,
    comments: Vec<DemoComment>,
}

/// A comment with its answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DemoComment {
    author: String,
    content: String,
    #[serde(default)]
    reactions: Vec<(String, Reaction)>,
    #[serde(default)]
    answers: Vec<DemoComment>,
}

/// Posts with everything below them.
pub(super) async fn add_posts(db: &Db, cast: Cast<'_>, posts: Vec<DemoPost>) -> Result<()> {
    for post in posts {
        let author = cast.person(&post.author)?;
        let course = post.course.as_ref().map(|title| cast.course(title)).transpose()?;
        let new = NewPost {
            course_id: course.map(|course| course.id),
            title: post.title,
            content: post.content,
            image_ids: Vec::new(),
            publish: true,
        };
        let write = move |tx: Tx| async move { Ok(community::create_post(&tx, new).await?.value.id) };
        let id = db.run(author, write).await?;
        if let (true, Some(course)) = (post.is_pinned, course) {
            let pin = move |tx: Tx| async move { community::pin_post(&tx, id, true).await.map(drop) };
            db.run(course.author, pin).await?;
        }
        react(db, cast, PostOrComment::Post(id), post.reactions).await?;
        add_comments(db, cast, Branch::Post(id), post.comments).await?;
    }
    Ok(())
}

/// What is said under lessons.
pub(super) async fn add_conversations(db: &Db, cast: Cast<'_>, all: Vec<Conversation>) -> Result<()> {
    for conversation in all {
        let lessons = &cast.course(&conversation.course)?.lessons;
        let lesson = lessons.get(&conversation.lesson);
        let on = Branch::Lesson(*lesson.ok_or_else(|| unknown(&conversation.lesson))?);
        add_comments(db, cast, on, conversation.comments).await?;
    }
    Ok(())
}

async fn add_comments(db: &Db, cast: Cast<'_>, on: Branch, comments: Vec<DemoComment>) -> Result<()> {
    let mut waiting: Vec<(Option<CommentId>, DemoComment)> =
        comments.into_iter().rev().map(|comment| (None, comment)).collect();
    while let Some((parent_id, comment)) = waiting.pop() {
        let author = cast.person(&comment.author)?;
        let new = NewComment { parent_id, content: comment.content };
        let write = move |tx: Tx| async move { Ok(community::create_comment(&tx, on, new).await?.value.id) };
        let id = db.run(author, write).await?;
        react(db, cast, PostOrComment::Comment(id), comment.reactions).await?;
        let answers = comment.answers.into_iter().rev();
        waiting.extend(answers.map(|answer| (Some(id), answer)));
    }
    Ok(())
}

async fn react(
    db: &Db,
    cast: Cast<'_>,
    subject: PostOrComment,
    reactions: Vec<(String, Reaction)>,
) -> Result<()> {
    for (name, reaction) in reactions {
        let work =
            move |tx: Tx| async move { community::add_reaction(&tx, subject, reaction).await.map(drop) };
        db.run(cast.person(&name)?, work).await?;
    }
    Ok(())
}
