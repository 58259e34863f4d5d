//! One rule of *blank*: a name, a title or a text in which nothing can be seen is none, wherever one is written.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

const INVISIBLE: [&str; 8] =
    ["\u{200b}", "\u{3164}", "\u{202e}", "\u{2800}", "\u{ad}", "\u{fe0f}", "\u{e0020}", " \u{feff}\u{115f} "];

#[both_databases]
async fn no_title_is_invisible(app: App) {
    let (elena, lena, admin) = (app.trainer().await, app.learner().await, app.admin().await);
    let (course, chapter, [lesson, _]) = app.course(&elena, json!({})).await;
    let category = app.category().await;
    let post = app.post_as(&elena, "/posts", json!({ "title": "A" })).await.expect(201).text_at("/id");
    for blank in INVISIBLE {
        for (who, path, body, pointer) in [
            (&elena, "/courses".to_owned(), json!({ "title": blank }), "/title"),
            (&elena, format!("/courses/{course}/chapters"), json!({ "title": blank }), "/title"),
            (&elena, format!("/chapters/{chapter}/lessons"), json!({ "title": blank }), "/title"),
            (
                &elena,
                format!("/lessons/{lesson}/attachments"),
                json!({ "name": blank, "url": "https://a.example/x" }),
                "/name",
            ),
            (
                &elena,
                format!("/courses/{course}/attachments"),
                json!({ "name": blank, "url": "https://a.example/x" }),
                "/name",
            ),
            (
                &elena,
                format!("/courses/{course}/announcements"),
                json!({ "title": blank, "body": "a" }),
                "/title",
            ),
            (
                &elena,
                format!("/courses/{course}/announcements"),
                json!({ "title": "a", "body": blank }),
                "/body",
            ),
            (&elena, "/posts".to_owned(), json!({ "title": blank, "content": "a" }), "/title"),
            (
                &elena,
                "/conversations".to_owned(),
                json!({ "kind": "GROUP", "title": blank, "memberIds": [lena.id] }),
                "/title",
            ),
            (&admin, "/categories".to_owned(), json!({ "name": blank }), "/name"),
        ] {
            let refused = app.post_as(who, &path, body).await.expect_problem(422, "validation_failed");
            assert_eq!(refused.errors().len(), 1, "{path} {blank:?}");
            assert!(
                refused.errors()[0].starts_with(&format!("{pointer} ")),
                "{path} {blank:?}: {:?}",
                refused.errors()
            );
        }
        for (who, path, body) in [
            (&elena, format!("/courses/{course}"), json!({ "title": blank })),
            (&elena, format!("/chapters/{chapter}"), json!({ "title": blank })),
            (&elena, format!("/lessons/{lesson}"), json!({ "title": blank })),
            (&elena, format!("/posts/{post}"), json!({ "title": blank })),
            (&admin, format!("/categories/{category}"), json!({ "name": blank })),
            (&lena, "/me".to_owned(), json!({ "name": blank })),
        ] {
            let refused = app.patch_as(who, &path, "*", body).await.expect_problem(422, "validation_failed");
            assert_eq!(refused.errors().len(), 1, "{path} {blank:?}");
        }
    }
}

#[both_databases]
async fn no_text_is_invisible(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (_, _, [lesson, _]) = app.course(&elena, json!({})).await;
    let draft = app.post_as(&elena, "/courses", json!({ "title": "A" })).await.expect(201).text_at("/id");
    let conversation = app.conversation_between(&elena, &lena).await;
    for blank in INVISIBLE {
        let comments = format!("/lessons/{lesson}/comments");
        let comment = app.post_as(&elena, &comments, json!({ "content": format!("<p>{blank}</p>") })).await;
        assert_eq!(
            comment.expect_problem(422, "validation_failed").errors(),
            ["/content blank"],
            "{blank:?}"
        );
        let message = app.send_message_as(&elena, &conversation, blank).await;
        message.expect_problem(422, "validation_failed");
        let changed = app
            .patch_as(&elena, &format!("/courses/{draft}"), "*", json!({ "description": blank }))
            .await
            .expect(200);
        assert_eq!(changed.at("/description"), "", "{blank:?}");
        let bio = app.patch_as(&lena, "/me", "*", json!({ "bio": blank })).await.expect(200);
        assert_eq!(bio.at("/bio"), json!(null), "{blank:?}");
    }
}

#[both_databases]
async fn what_cannot_be_seen_around_a_name_goes(app: App) {
    let elena = app.trainer().await;
    let made = app
        .post_as(&elena, "/courses", json!({ "title": " \u{feff}Squat\u{200b} \u{202e}now\u{a0}" }))
        .await
        .expect(201);
    assert_eq!(made.at("/title"), "Squat now");
}
