//! `PATCH /lessons/{lesson}` and its siblings: the texts that people write and paste.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{App, DatabaseKind, Person};

async fn lesson(app: &App) -> (Person, String) {
    let elena = app.trainer().await;
    let (_, _, [lesson, _]) = app.course(&elena, json!({})).await;
    (elena, format!("/lessons/{lesson}"))
}

fn codes(warnings: &Value) -> Vec<String> {
    let warnings = warnings.as_array().expect("warnings");
    warnings
        .iter()
        .map(|warning| {
            format!("{} {}", warning["pointer"].as_str().unwrap(), warning["code"].as_str().unwrap())
        })
        .collect()
}

#[both_databases]
async fn lines_stay_lines_in_every_text(app: App) {
    let (elena, lesson) = lesson(&app).await;
    let (course, chapter, _) = app.course(&elena, json!({})).await;
    let pasted = "<div>Bench 3x10</div><div>5 min rest</div><h1>Day</h1><dl><dt>RPE</dt><dd>effort</dd></dl>";
    let shown = "<p>Bench 3x10</p><p>5 min rest</p><h2>Day</h2><p>RPE</p><p>effort</p>";
    for path in [lesson, format!("/chapters/{chapter}"), format!("/courses/{course}")] {
        let reply = app.patch_as(&elena, &path, "*", json!({ "content": pasted })).await.expect(200);
        assert_eq!(reply.at("/content"), shown, "{path}");
        assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/content"), shown, "{path}");
        assert!(reply.json().get("warnings").is_none(), "nothing was removed: {path}");
    }
    let body = json!({ "title": "A", "content": pasted });
    let post = app.post_as(&elena, "/posts", body).await.expect(201);
    let path = format!("/posts/{}", post.text_at("/id"));
    app.post_empty_as(&elena, &format!("{path}/publish")).await.expect(200);
    let comment =
        app.post_as(&elena, &format!("{path}/comments"), json!({ "content": pasted })).await.expect(201);
    assert_eq!((post.at("/content"), comment.at("/content")), (json!(shown), json!(shown)));
    let body = json!({ "title": "A", "body": pasted });
    let announced = app.post_as(&elena, &format!("/courses/{course}/announcements"), body).await.expect(201);
    assert_eq!(announced.at("/body"), shown);
}

#[both_databases]
async fn the_answer_says_what_was_removed(app: App) {
    let (elena, lesson) = lesson(&app).await;
    let pasted = "<p>a</p><script>x</script><img src=\"data:image/png;base64,AA\"><a href=\"/x\">b</a><iframe src=\"https://e.example/\"></iframe>";
    let reply = app.patch_as(&elena, &lesson, "*", json!({ "content": pasted })).await.expect(200);
    let told = ["element_removed", "image_removed", "link_removed", "player_replaced"];
    assert_eq!(codes(&reply.at("/warnings")), told.map(|code| format!("/content {code}")));
    assert!(app.get_as(&elena, &lesson).await.expect(200).json().get("warnings").is_none());
    for (path, body) in [
        ("/courses".to_owned(), json!({ "title": "A", "content": pasted })),
        ("/posts".to_owned(), json!({ "title": "A", "content": pasted })),
    ] {
        let made = app.post_as(&elena, &path, body).await.expect(201);
        assert_eq!(codes(&made.at("/warnings")).len(), 4, "{path}");
    }
}

#[both_databases]
async fn what_word_adds_does_not_count(app: App) {
    let (elena, lesson) = lesson(&app).await;
    let styles = format!(
        "<style><!-- {} --></style><!--[if mso]>{}<![endif]-->",
        "p.MsoNormal {margin:0} ".repeat(3_000),
        "x".repeat(20_000)
    );
    let pasted = format!("{styles}<p class=MsoNormal>Squat<o:p></o:p></p>");
    let reply = app.patch_as(&elena, &lesson, "*", json!({ "content": pasted })).await.expect(200);
    assert_eq!(reply.at("/content"), "<p>Squat</p>");
    let long = json!({ "content": format!("<p>{}</p>", "x".repeat(60_000)) });
    let refused = app.patch_as(&elena, &lesson, "*", long).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/content too_long"]);
}

#[both_databases]
async fn a_text_that_shows_nothing_is_none(app: App) {
    let elena = app.trainer().await;
    let (_, chapter, _) = app.course(&elena, json!({})).await;
    for blank in [
        "<p></p>",
        "<p><br></p>",
        "<p>&nbsp;</p>",
        "<p>\u{200b}</p>",
        "<p>\u{3164}</p>",
        "<p>\u{2800}</p>",
        "<img src=\"data:,x\">",
        "<a name=\"x\"></a>",
    ] {
        let body = json!({ "title": "Empty", "content": blank });
        let made = app.post_as(&elena, &format!("/chapters/{chapter}/lessons"), body).await.expect(201);
        assert_eq!(made.at("/content"), json!(null), "{blank}");
        let path = format!("/lessons/{}/publish", made.text_at("/id"));
        let refused = app.post_empty_as(&elena, &path).await.expect_problem(409, "not_publishable");
        assert_eq!(refused.errors(), ["/content body_missing"], "{blank}");
    }
    let (_, published) = lesson(&app).await;
    let owner = app.admin().await;
    let refused = app.patch_as(&owner, &published, "*", json!({ "content": "<p><br></p>" })).await;
    assert_eq!(refused.expect_problem(409, "not_publishable").errors(), ["/content body_missing"]);
}

#[both_databases]
async fn the_document_of_an_editor_is_kept_as_it_was_sent(app: App) {
    let (elena, lesson) = lesson(&app).await;
    let (course, chapter, _) = app.course(&elena, json!({})).await;
    let document =
        "{ \"type\": \"doc\",\n \"content\": [{\"type\": \"text\", \"text\": \"Push & pull <3\"}] }";
    for path in [lesson.clone(), format!("/chapters/{chapter}"), format!("/courses/{course}")] {
        let body = json!({ "content": document, "contentFormat": "JSON" });
        let reply = app.patch_as(&elena, &path, "*", body).await.expect(200);
        assert_eq!(
            (reply.at("/content"), reply.at("/contentFormat")),
            (json!(document), json!("JSON")),
            "{path}"
        );
        let read = app.get_as(&elena, &path).await.expect(200);
        assert_eq!(
            (read.at("/content"), read.at("/contentFormat")),
            (json!(document), json!("JSON")),
            "{path}"
        );
    }
    let exported = app.get_as(&elena, &format!("/courses/{course}/export")).await.expect(200);
    assert_eq!(
        (exported.at("/course/content"), exported.at("/course/contentFormat")),
        (json!(document), json!("JSON"))
    );
    // Another text stays in the format that is there; with another format, the text that is there is read in it.
    let refused = app.patch_as(&elena, &lesson, "*", json!({ "content": "<p>a</p>" })).await;
    assert_eq!(refused.expect_problem(422, "validation_failed").errors(), ["/content not_json"]);
    let long = json!({ "content": format!("[\"{}\"]", "x".repeat(150_000)) });
    let refused = app.patch_as(&elena, &lesson, "*", long).await.expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/content too_long"]);
    let back = app
        .patch_as(&elena, &lesson, "*", json!({ "content": "<p>a</p>", "contentFormat": "HTML" }))
        .await
        .expect(200);
    assert_eq!((back.at("/content"), back.at("/contentFormat")), (json!("<p>a</p>"), json!("HTML")));
    let refused = app.patch_as(&elena, &lesson, "*", json!({ "contentFormat": "JSON" })).await;
    assert_eq!(refused.expect_problem(422, "validation_failed").errors(), ["/content not_json"]);
}

#[both_databases]
async fn an_empty_document_of_an_editor_teaches_nothing(app: App) {
    let elena = app.trainer().await;
    let (_, chapter, _) = app.course(&elena, json!({})).await;
    let path = format!("/chapters/{chapter}/lessons");
    let body =
        json!({ "title": "A", "content": "{\"ops\":[{\"insert\":\"\\n\"}]}", "contentFormat": "JSON" });
    let made = app.post_as(&elena, &path, body).await.expect(201).text_at("/id");
    let refused = app.post_empty_as(&elena, &format!("/lessons/{made}/publish")).await;
    assert_eq!(refused.expect_problem(409, "not_publishable").errors(), ["/content body_missing"]);
    let body = json!({ "content": "{\"ops\":[{\"insert\":\"Squat\\n\"}]}" });
    app.patch_as(&elena, &format!("/lessons/{made}"), "*", body).await.expect(200);
    app.post_empty_as(&elena, &format!("/lessons/{made}/publish")).await.expect(200);
}

#[both_databases]
async fn players_of_listed_hosts_stay(database: DatabaseKind) {
    let app = App::start_with(database, &[("PALESTRA_PLAYER_HOSTS", "player.vimeo.com,video.example")]).await;
    let (elena, lesson) = lesson(&app).await;
    for (given, expected) in [
        (
            "<iframe src=\"https://vimeo.com/1\"></iframe>",
            "<iframe src=\"https://player.vimeo.com/video/1?dnt=1\"",
        ),
        (
            "<iframe src=\"https://www.video.example/a\"></iframe>",
            "<iframe src=\"https://www.video.example/a\"",
        ),
        (
            "<iframe src=\"https://www.youtube.com/embed/x\"></iframe>",
            "<a href=\"https://www.youtube.com/embed/x\"",
        ),
    ] {
        let reply = app.patch_as(&elena, &lesson, "*", json!({ "content": given })).await.expect(200);
        let shown = reply.text_at("/content");
        assert!(shown.starts_with(expected), "{given}: {shown}");
        assert!(!shown.contains("<iframe") || shown.contains(" sandbox=\"allow-scripts"), "{shown}");
        let again = app.patch_as(&elena, &lesson, "*", json!({ "content": shown })).await.expect(200);
        assert_eq!(again.text_at("/content"), shown, "what is sent back stays");
    }
}
