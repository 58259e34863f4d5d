//! What the demo school's trainers have announced, and what its moderators have to decide.

use community::{NewAnnouncement, NewPost, NewReport, ReportReason, Subject};
use database::{Db, Tx};
use kernel::Result;

use super::cast::{Cast, Placed};

const ANNOUNCEMENT: (&str, &str, &str) = (
    "Strength Foundations: Your First Four Weeks",
    "Questions hour on Sunday",
    "<p>This Sunday at six I answer your questions about the <strong>hinge</strong>. Bring a video of your set from the side.</p>",
);
const SPAM: (&str, &str, &str) = (
    "From Walking to Running 5 km",
    "Half-price running shoes!!!",
    "<p>Only today, write to me for the code.</p>",
);

/// An announcement of Elena's, and a post of Aisha's that Tom has reported: it waits for Marco and the admin.
pub(super) async fn load(db: &Db, cast: Cast<'_>) -> Result<()> {
    let (title, about, body) = ANNOUNCEMENT;
    let Placed { id, author, .. } = cast.course(title)?;
    let (id, new) = (*id, NewAnnouncement { title: about.to_owned(), body: body.to_owned() });
    let announce = move |tx: Tx| async move { community::create_announcement(&tx, id, new).await.map(drop) };
    db.run(*author, announce).await?;

    let (title, about, content) = SPAM;
    let new = NewPost {
        course_id: Some(cast.course(title)?.id),
        title: about.to_owned(),
        content: content.to_owned(),
        image_ids: Vec::new(),
        publish: true,
    };
    let write = move |tx: Tx| async move { Ok(community::create_post(&tx, new).await?.value.id) };
    let post = db.run(cast.person("aisha")?, write).await?;
    let new = NewReport {
        subject: Subject::Post(post),
        reason: ReportReason::Spam,
        note: Some("The second time this week.".to_owned()),
    };
    let report = move |tx: Tx| async move { community::create_report(&tx, new).await.map(drop) };
    db.run(cast.person("tom")?, report).await
}
