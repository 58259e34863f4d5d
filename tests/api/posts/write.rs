//! `POST`, `PATCH` and `DELETE /posts`.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD, Person,
    community::{
        collect_pages, course_with_learner, create_comment, create_post, submit_comment, submit_post,
    },
    media::{path_of, upload_picture},
};

#[both_databases]
async fn a_draft_is_visible_to_its_author_only(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let draft = submit_post(
        &app,
        &lena,
        json!({ "published": false, "content": "<p>By the lake.<script>x()</script></p>" }),
    )
    .await
    .expect(201);
    let path = format!("/posts/{}", draft.text_at("/id"));
    assert_eq!(
        (draft.at("/status"), draft.at("/published"), draft.at("/publishedAt")),
        (json!("DRAFT"), json!(false), json!(null))
    );
    assert_eq!((draft.at("/content"), draft.at("/authorId")), (json!("<p>By the lake.</p>"), json!(lena.id)));
    assert_eq!(draft.header("location"), format!("/api/v1{path}"));
    app.get_as(&tom, &path).await.expect_problem(404, "not_found");
    assert!(collect_pages(&app, &lena, "/posts", 20, "/id").await.is_empty());
    assert_eq!(collect_pages(&app, &lena, "/posts?status=DRAFT", 20, "/id").await, [draft.at("/id")]);
    assert!(collect_pages(&app, &tom, "/posts?status=DRAFT", 20, "/id").await.is_empty());
    app.post_empty_as(&tom, &format!("{path}/publish")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn publishing_a_post_twice_changes_nothing(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let draft = submit_post(
        &app,
        &lena,
        json!({ "published": false, "content": "<p>By the lake.<script>x()</script></p>" }),
    )
    .await
    .expect(201);
    let path = format!("/posts/{}", draft.text_at("/id"));
    let path_to_publish = format!("{path}/publish");
    let at_once = join_all((0..8).map(|_| app.post_empty_as(&lena, &path_to_publish))).await;
    assert!(at_once.iter().all(|reply| reply.status == 200));
    let published = app.post_empty_as(&lena, &path_to_publish).await.expect(200);
    assert_eq!((published.at("/published"), published.at("/editedAt")), (json!(true), json!(null)));
    let again = app.post_empty_as(&lena, &format!("{path}/publish")).await.expect(200);
    assert_eq!(again.json(), published.json());
    assert_eq!(collect_pages(&app, &tom, "/posts", 20, "/id").await, [draft.at("/id")]);
}

#[both_databases]
async fn only_the_author_edits_a_post(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = create_post(&app, &lena, json!({})).await;
    let path = format!("/posts/{post}");
    let seen = app.get_as(&tom, &path).await.expect(200);
    app.patch_as(&tom, &path, "*", json!({ "title": "Mine" })).await.expect_problem(403, "forbidden");
    let same =
        app.patch_as(&lena, &path, seen.header("etag"), json!({ "title": " Saturday " })).await.expect(200);
    assert_eq!(same.at("/editedAt"), json!(null));
    let edited =
        app.patch_as(&lena, &path, seen.header("etag"), json!({ "title": "Sunday" })).await.expect(200);
    assert!(edited.at("/editedAt").is_string());
    app.patch_as(&lena, &path, seen.header("etag"), json!({ "title": "Monday" }))
        .await
        .expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn an_edit_needs_the_current_version(app: App) {
    let lena = app.learner().await;
    let draft = submit_post(
        &app,
        &lena,
        json!({ "published": false, "content": "<p>By the lake.<script>x()</script></p>" }),
    )
    .await
    .expect(201);
    let path = format!("/posts/{}", draft.text_at("/id"));
    let path_to_publish = format!("{path}/publish");
    app.post_empty_as(&lena, &path_to_publish).await.expect(200);
    app.patch_as(&lena, &path, "\"1\"", json!({ "title": "Sunday" }))
        .await
        .expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn a_post_published_again_is_announced_once(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = create_post(&app, &lena, json!({})).await;
    let path = format!("/posts/{post}");
    let published = app.get_as(&lena, &path).await.expect(200);
    let back = app.post_empty_as(&lena, &format!("{path}/unpublish")).await.expect(200);
    assert_eq!((back.at("/status"), back.at("/publishedAt")), (json!("DRAFT"), published.at("/publishedAt")));
    app.get_as(&tom, &path).await.expect_problem(404, "not_found");
    app.post_empty_as(&lena, &format!("{path}/publish")).await.expect(200);
    assert_eq!(app.count("SELECT count(*) FROM outbox WHERE kind = 'post.published'").await, 1);
}

#[both_databases]
async fn the_sanitiser_sees_through_hidden_characters(app: App) {
    let lena = app.learner().await;
    for hidden in ["\u{200b}", "\u{202e}", "\u{ad}", "&#x200b;", "&ZeroWidthSpace;"] {
        let content = format!("<p>x <a href=\"java{hidden}script:alert(1)\">y</a></p>");
        let post = submit_post(&app, &lena, json!({ "content": content })).await.expect(201);
        assert!(!post.text_at("/content").contains("script:"), "{hidden:?} {}", post.text);
        let comment = json!({ "content": content });
        let comment = app
            .post_as(&lena, &format!("/posts/{}/comments", post.text_at("/id")), comment)
            .await
            .expect(201);
        assert!(!comment.text_at("/content").contains("script:"), "{hidden:?} {}", comment.text);
    }
    // What was accepted can be sent again, though cleaning adds to it.
    let link = "<a href=\"https://a.example\">x</a>";
    let long = |rest: usize| format!("{link}{}", "y".repeat(rest));
    let longest =
        submit_post(&app, &lena, json!({ "content": long(20_000 - link.len() - 36) })).await.expect(201);
    let path = format!("/posts/{}", longest.text_at("/id"));
    let same = json!({ "content": longest.at("/content") });
    app.patch_as(&lena, &path, "*", same).await.expect(200);
    let refused = submit_post(&app, &lena, json!({ "content": long(20_000 - link.len()) }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/content too_long"]);
}

#[both_databases]
async fn an_empty_post_is_not_published(app: App) {
    let lena = app.learner().await;
    for content in ["", "<p> </p>", "<script>x()</script>", "\u{200b}"] {
        let refused = submit_post(&app, &lena, json!({ "content": content }))
            .await
            .expect_problem(409, "not_publishable");
        assert_eq!(refused.errors(), ["/content content_missing"]);
    }
    assert_eq!(app.count("SELECT count(*) FROM posts").await, 0);
    let blank = submit_post(&app, &lena, json!({ "title": "\u{202e}\u{200b}" }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(blank.errors(), ["/title blank"]);
    let turned = submit_post(&app, &lena, json!({ "title": "Sa\u{202e}tur\u{200b}day" })).await.expect(201);
    assert_eq!(turned.at("/title"), "Saturday");
    let path = format!("/posts/{}", turned.text_at("/id"));
    app.patch_as(&lena, &path, "*", json!({ "content": "<p></p>" }))
        .await
        .expect_problem(409, "not_publishable");
    submit_post(&app, &lena, json!({ "content": "x".repeat(20_001) }))
        .await
        .expect_problem(422, "validation_failed");
    submit_post(&app, &lena, json!({ "content": "x".repeat(1_000_000) }))
        .await
        .expect_problem(413, "payload_too_large");
    submit_post(&app, &lena, json!({ "isPinned": true })).await.expect_problem(422, "validation_failed");
}

#[both_databases]
async fn a_deleted_post_without_comments_is_gone(app: App) {
    let lena = app.learner().await;
    let alone = create_post(&app, &lena, json!({})).await;
    app.delete_as(&lena, &format!("/posts/{alone}")).await.expect(204);
    app.delete_as(&lena, &format!("/posts/{alone}")).await.expect_problem(404, "not_found");
    app.get_as(&lena, &format!("/posts/{alone}")).await.expect_problem(404, "not_found");
}

#[both_databases]
async fn a_deleted_post_with_comments_leaves_a_placeholder(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let post =
        create_post(&app, &lena, json!({ "courseId": course, "content": "<p>A secret of mine.</p>" })).await;
    let path = format!("/posts/{post}");
    let comment = create_comment(&app, &elena, &path, "Really?", None).await;
    app.delete_as(&elena, &path).await.expect(204);
    let left = app.get_as(&lena, &path).await.expect(200);
    for gone in ["/title", "/content", "/author", "/authorId"] {
        assert_eq!(left.at(gone), json!(null), "{gone}");
    }
    assert_eq!((left.at("/status"), left.at("/commentCount")), (json!("DELETED"), json!(1)));
    assert_eq!(app.count("SELECT count(*) FROM posts WHERE content LIKE '%secret%' OR title <> ''").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM audit_log WHERE action = 'post.deleted'").await, 1);
    assert_eq!(collect_pages(&app, &lena, &format!("{path}/comments"), 20, "/id").await, [json!(comment)]);
    assert!(collect_pages(&app, &lena, "/posts", 20, "/id").await.is_empty());
}

#[both_databases]
async fn a_deleted_post_cannot_be_changed(app: App) {
    let elena = app.trainer().await;
    let lena = app.learner().await;
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let post = create_post(&app, &lena, json!({ "courseId": course })).await;
    let path = format!("/posts/{post}");
    create_comment(&app, &elena, &path, "Really?", None).await;
    app.delete_as(&elena, &path).await.expect(204);
    for who in [&lena, &elena] {
        submit_comment(&app, who, &path, "More", None).await.expect_problem(409, "content_deleted");
    }
    app.put_as(&lena, &format!("{path}/reactions/like"), json!(null))
        .await
        .expect_problem(409, "content_deleted");
    app.patch_as(&lena, &path, "*", json!({ "title": "Back" })).await.expect_problem(409, "content_deleted");
    app.post_empty_as(&lena, &format!("{path}/publish")).await.expect_problem(409, "content_deleted");
    app.post_empty_as(&elena, &format!("{path}/pin")).await.expect_problem(409, "content_deleted");
}

#[both_databases]
async fn the_pictures_of_a_post_are_visible_to_its_readers(app: App) {
    let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let picture = upload_picture(&app, &lena).await;
    let made = submit_post(&app, &lena, json!({ "courseId": course, "content": "", "imageIds": [picture] }))
        .await
        .expect(201);
    assert_eq!(made.at("/images/0/id"), json!(picture));
    let path = format!("/posts/{}", made.text_at("/id"));
    // Others are told neither the file nor where it always is.
    let seen = app.get_as(&elena, &path).await.expect(200);
    assert_eq!(seen.at("/images/0/id"), json!(null));
    assert!(!seen.text.contains(&picture), "{}", seen.text);
    for address in ["/images/0/url", "/images/0/thumbnailUrl"] {
        let shown = app.send(app.request("GET", &path_of(&seen.text_at(address)))).await.expect(200);
        assert_eq!(
            (shown.header("content-type"), shown.header("cache-control")),
            ("image/jpeg", "private, max-age=3600")
        );
        assert!(!shown.header("etag").contains(&picture.replace('-', "")), "{}", shown.header("etag"));
    }
    assert_eq!(app.get_as(&lena, "/posts").await.expect(200).at("/data/0/images/0/id"), json!(picture));
    app.get_as(&tom, &path).await.expect_problem(404, "not_found");
    app.clock.advance(Duration::hours(2));
    app.get(&path_of(&seen.text_at("/images/0/url"))).await.expect_problem(403, "signed_url_invalid");
}

#[both_databases]
async fn a_post_shows_own_pictures_once(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let picture = upload_picture(&app, &lena).await;
    submit_post(&app, &elena, json!({ "courseId": course, "imageIds": [picture] }))
        .await
        .expect_problem(422, "validation_failed");
    submit_post(&app, &lena, json!({ "imageIds": [picture, picture] }))
        .await
        .expect_problem(422, "validation_failed");
}

#[both_databases]
async fn every_fault_of_a_post_is_a_reason(app: App) {
    let lena = app.learner().await;
    let strangers = upload_picture(&app, &app.trainer().await).await;
    let post = create_post(&app, &lena, json!({})).await;
    let blank = json!({ "title": "\u{200b}", "imageIds": [strangers, strangers] });
    let made = submit_post(&app, &lena, blank.clone()).await;
    let changed = app.patch_as(&lena, &format!("/posts/{post}"), "*", blank).await;
    for refused in [made, changed] {
        let refused = refused.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["/imageIds/0 unknown_file", "/imageIds/1 duplicate", "/title blank"]);
    }
}

#[both_databases]
async fn a_post_needs_text_or_a_picture(app: App) {
    let lena = app.learner().await;
    let picture = upload_picture(&app, &lena).await;
    let made = submit_post(&app, &lena, json!({ "content": "", "imageIds": [picture] })).await.expect(201);
    let path = format!("/posts/{}", made.text_at("/id"));
    app.patch_as(&lena, &path, "*", json!({ "imageIds": [] })).await.expect_problem(409, "not_publishable");
    let without =
        app.patch_as(&lena, &path, "*", json!({ "imageIds": [], "content": "Words" })).await.expect(200);
    assert_eq!(without.at("/images"), json!([]));
}

#[both_databases]
async fn learners_upload_pictures_only(app: App) {
    let lena = app.learner().await;
    let other = json!({ "purpose": "VIDEO", "name": "x.mp4", "contentType": "video/mp4", "sizeBytes": 3 });
    app.post_as(&lena, "/uploads", other).await.expect_problem(403, "forbidden");
}

#[both_databases]
async fn the_document_of_a_post(app: App) {
    let lena = app.learner().await;
    app.set_username(&lena, "lena").await;
    let post = submit_post(&app, &lena, json!({})).await.expect(201);
    insta::assert_json_snapshot!("post", post.document());
}

/// Anybody can register with anybody's address.
#[both_databases]
async fn an_account_whose_address_is_not_verified_writes_a_little(app: App) {
    let register = json!({ "email": "new@example.com", "password": PASSWORD });
    let new = Person::from_reply(&app.post("/auth/register", register).await.expect(201));
    for number in 0..20 {
        submit_post(&app, &new, json!({ "title": format!("Post {number}") })).await.expect(201);
    }
    let refused = submit_post(&app, &new, json!({ "title": "One more" }))
        .await
        .expect_problem(429, "new_account_limit");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 3000);
    app.clock.advance(Duration::minutes(61));
    let new = app.login("new@example.com", PASSWORD).await;
    let mentions = json!({ "content": "<p>@anna @berta @carla @dora look!</p>" });
    submit_post(&app, &new, mentions.clone()).await.expect_problem(422, "too_many_mentions");
    let (_, token) = app.mail_to("new@example.com", "Confirm your e-mail address").await;
    app.post("/auth/verify-email", json!({ "token": token })).await.expect(204);
    submit_post(&app, &new, mentions).await.expect(201);
    for number in 0..20 {
        submit_post(&app, &new, json!({ "title": format!("Post {number}") })).await.expect(201);
    }
}

#[both_databases]
async fn a_mention_is_what_somebody_writes_to_somebody(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    for text in [
        "<p>https://www.youtube.com/@lena</p>",
        "<p>youtube.com/@lena</p>",
        "<p>see @lena@mastodon.example</p>",
        "<p>https://www.tiktok.com/@lena/video/1</p>",
        "<p><a href=\"https://www.instagram.com/lena\">@lena</a></p>",
        "<p>mail coach@lena.example</p>",
        "<blockquote>@lena said so</blockquote>",
        "<pre>@lena</pre>",
        "<p>npm install @lena/squats</p>",
    ] {
        app.publish_post(&tom, None, text).await;
    }
    assert_eq!(app.notification_kinds_of(&lena).await, [""; 0]);
    for text in [
        "<div>Thanks, @Lena!</div><div>See you</div>",
        "<p>お疲れ様@lenaさん</p>",
        "<p><a href=\"/users/lena\">@lena</a></p>",
    ] {
        app.publish_post(&tom, None, text).await;
    }
    assert_eq!(app.notification_kinds_of(&lena).await, ["MENTION"; 3]);
}

#[both_databases]
async fn an_edit_is_judged_by_what_it_changes(app: App) {
    let (lena, admin) = (app.learner().await, app.admin().await);
    let post = create_post(&app, &lena, json!({ "content": "<p>Ask Doctor Miracle.</p>" })).await;
    let path = format!("/posts/{post}");
    let rules = json!({ "blockedWords": ["miracle"] });
    app.patch_as(&admin, "/community-settings", "*", rules).await.expect(200);
    app.patch_as(&lena, &path, "*", json!({ "title": "Sunday" })).await.expect(200);
    let same = json!({ "title": "Monday", "content": "<p>Ask Doctor Miracle.</p>" });
    app.patch_as(&lena, &path, "*", same).await.expect(200);
    let other = json!({ "content": "<p>Miracle again.</p>" });
    app.patch_as(&lena, &path, "*", other).await.expect_problem(422, "words_refused");
    app.patch_as(&lena, &path, "*", json!({ "title": "A miracle" }))
        .await
        .expect_problem(422, "words_refused");
}
