//! `GET /courses/{course}/export` and `POST /course-imports`: what survives the round trip.

use database::{Pool, Tx, values};
use kernel::{Actor, Role, Uuid};
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{
    course_imports::{document, export, import},
    support::{App, Person},
};

/// A course with something of everything, some of it published.
async fn rich_course(app: &App, trainer: &Person) -> String {
    let categories = [app.category().await, app.category().await];
    let more = json!({
        "title": "  Stärke & Ruhe  ", "content": "<p>What <a href=\"https://example.com/a?b=1&amp;c=2\">you</a> learn.</p>",
        "previewVideoUrl": "https://videos.example.com/preview.mp4", "duration": 95, "difficulty": "ADVANCED",
        "price": { "amount": 4900, "currency": "EUR" }, "discountPrice": { "amount": 3900, "currency": "EUR" },
        "categoryIds": categories,
    });
    let course = app.draft(trainer, more).await;
    let free = json!({ "title": "Preview", "description": "For everybody.", "content": "<p>Hello</p>", "isFree": true, "duration": 5 });
    let free =
        app.post_as(trainer, &format!("/courses/{course}/chapters"), free).await.expect(201).text_at("/id");
    app.post_empty_as(trainer, &format!("/chapters/{free}/publish")).await.expect(200);
    let chapter = app.chapter(trainer, &course, false).await;
    let watched = json!({ "title": "Watch", "description": "A film.", "videoUrl": "https://videos.example.com/1.mp4", "duration": 12 });
    app.post_as(trainer, &format!("/chapters/{chapter}/lessons"), watched).await.expect(201);
    app.lesson(trainer, &chapter).await;
    app.post_empty_as(trainer, &format!("/chapters/{chapter}/publish")).await.expect(200);
    app.chapter(trainer, &course, false).await;
    app.post_empty_as(trainer, &format!("/courses/{course}/publish")).await.expect(200);
    course
}

#[both_databases]
async fn an_export_imports_as_the_same_course(app: App) {
    let (elena, marco) = (app.trainer().await, app.trainer().await);
    let course = rich_course(&app, &elena).await;
    let reply = app.get_as(&elena, &format!("/courses/{course}/export")).await.expect(200);
    let day = app.db.environment().now().date_naive();
    let name = format!("attachment; filename=\"starke-ruhe-{day}.palestra.json\"");
    assert!(
        reply.header("content-disposition").starts_with(&name),
        "{}",
        reply.header("content-disposition")
    );
    let taken = reply.json();
    assert_eq!((&taken["format"], &taken["version"]), (&json!("palestra.course"), &json!(1)));
    let course_part = &taken["course"];
    assert_eq!(
        (&course_part["title"], &course_part["difficulty"]),
        (&json!("Stärke & Ruhe"), &json!("ADVANCED"))
    );
    assert_eq!(course_part["price"], json!({ "amount": 4900, "currency": "EUR" }));
    assert_eq!(course_part["categories"].as_array().unwrap().len(), 2);
    let states: Vec<(bool, bool, usize)> = course_part["chapters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|chapter| {
            (
                chapter["isFree"].as_bool().unwrap(),
                chapter["isPublished"].as_bool().unwrap(),
                chapter["lessons"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(states, [(true, true, 0), (false, true, 2), (false, false, 0)]);
    let lessons = &course_part["chapters"][1]["lessons"];
    assert_eq!((&lessons[0]["isPublished"], &lessons[1]["isPublished"]), (&json!(false), &json!(true)));

    let made = import(&app, &marco, &taken).await.expect(201);
    let copy = made.text_at("/id");
    assert_eq!(made.header("location"), format!("/api/v1/courses/{copy}"));
    assert_eq!(
        (made.header("etag"), made.at("/isPublished"), made.at("/authorId")),
        ("\"1\"", json!(false), json!(marco.id))
    );
    assert_eq!(made.at("/slug"), "starke-ruhe-2");
    assert_eq!(export(&app, &marco, &copy).await, taken);
    let third = import(&app, &marco, &taken).await.expect(201).text_at("/id");
    assert_eq!(export(&app, &marco, &third).await, taken);
    // The first is as it was, and nothing of it belongs to the second.
    assert_eq!(export(&app, &elena, &course).await, taken);
    app.get_as(&elena, &format!("/courses/{copy}")).await.expect_problem(404, "not_found");
    app.get_as(&elena, &format!("/courses/{copy}/export")).await.expect_problem(404, "not_found");
    app.get_as(&marco, &format!("/courses/{course}/export")).await.expect_problem(403, "forbidden");
}

#[both_databases]
async fn an_export_names_its_content(app: App) {
    let elena = app.trainer().await;
    let course = rich_course(&app, &elena).await;
    let path = format!("/courses/{course}/export");
    let first = app.get_as(&elena, &path).await.expect(200);
    let again =
        app.request("GET", &path).bearer_auth(&elena.token).header("if-none-match", first.header("etag"));
    app.send(again).await.expect(304);
    app.patch_as(&elena, &format!("/courses/{course}"), "*", json!({ "description": "Other." }))
        .await
        .expect(200);
    let again =
        app.request("GET", &path).bearer_auth(&elena.token).header("if-none-match", first.header("etag"));
    app.send(again).await.expect(200);
}

#[both_databases]
async fn an_imported_course_is_published_like_any_other(app: App) {
    let (elena, marco, lena) = (app.trainer().await, app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let taken = export(&app, &elena, &course).await;
    let copy = import(&app, &marco, &taken).await.expect(201).text_at("/id");
    app.get(&format!("/courses/{copy}")).await.expect_problem(404, "not_found");
    app.post_empty_as(&lena, &format!("/courses/{copy}/enroll")).await.expect_problem(404, "not_found");
    app.post_empty_as(&marco, &format!("/courses/{copy}/publish")).await.expect(200);
    let seen = app.get(&format!("/courses/{copy}")).await.expect(200);
    assert_eq!((seen.at("/chapterCount"), seen.at("/lessonCount")), (json!(1), json!(2)));
    app.post_empty_as(&lena, &format!("/courses/{copy}/enroll")).await.expect(201);
    let lesson = seen.text_at("/chapters/0/lessons/0/id");
    assert_eq!(
        app.get_as(&lena, &format!("/lessons/{lesson}")).await.expect(200).at("/content"),
        "<p>Hips back.</p>"
    );
    // It is edited like one, too.
    let chapter = seen.text_at("/chapters/0/id");
    let new = app.lesson(&marco, &chapter).await;
    let list = app.get_as(&marco, &format!("/chapters/{chapter}/lessons")).await.expect(200);
    assert_eq!((list.at("/data/2/id"), list.at("/data/2/position")), (json!(new), json!(3)));
}

#[both_databases]
async fn absent_members_get_the_defaults_of_a_new_course(app: App) {
    let elena = app.trainer().await;
    let sent = document(json!({ "chapters": [{ "title": "A", "lessons": [{ "title": "B" }] }] }));
    let made = import(&app, &elena, &sent).await.expect(201);
    let taken = export(&app, &elena, &made.text_at("/id")).await;
    let expected = json!({ "format": "palestra.course", "version": 1, "course": {
        "title": "Kettlebell Basics", "description": "", "content": null, "imageUrl": null, "previewVideoUrl": null,
        "duration": null, "difficulty": "BEGINNER", "price": null, "discountPrice": null, "categories": [],
        "chapters": [{
            "title": "A", "description": null, "content": null, "videoUrl": null, "duration": null, "isFree": false,
            "isPublished": false, "lessons": [{
                "title": "B", "description": null, "content": null, "videoUrl": null, "duration": null, "isPublished": false,
            }],
        }],
    }});
    assert_eq!(taken, expected);
}

#[both_databases]
async fn uploaded_pictures_and_videos_are_kept(app: App) {
    let elena = app.trainer().await;
    let (image, video) = uploaded_media(&app, &elena).await;
    let course =
        app.draft(&elena, json!({ "imageUrl": null, "imageId": image, "previewVideoAssetId": video })).await;
    let watched = app.chapter(&elena, &course, false).await;
    let film = json!({ "title": "Film", "videoAssetId": video });
    let film =
        app.post_as(&elena, &format!("/chapters/{watched}/lessons"), film).await.expect(201).text_at("/id");
    app.post_empty_as(&elena, &format!("/lessons/{film}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/chapters/{watched}/publish")).await.expect(200);
    let mixed = app.chapter(&elena, &course, false).await;
    let both = json!({ "title": "Both", "videoAssetId": video, "content": "<p>And text.</p>" });
    let both =
        app.post_as(&elena, &format!("/chapters/{mixed}/lessons"), both).await.expect(201).text_at("/id");
    app.post_empty_as(&elena, &format!("/lessons/{both}/publish")).await.expect(200);
    app.post_empty_as(&elena, &format!("/chapters/{mixed}/publish")).await.expect(200);

    let taken = export(&app, &elena, &course).await;
    assert!(!taken.to_string().contains(&video), "{taken}");
    let picture = taken["course"]["imageUrl"].as_str().unwrap();
    assert!(
        picture.starts_with("http") && picture.contains(&format!("/api/v1/images/{image}/")),
        "{picture}"
    );
    assert_eq!(taken["course"]["previewVideoUrl"], Value::Null);
    // Nothing is left to publish where the video was all.
    assert_eq!(taken["course"]["chapters"][0]["isPublished"], false);
    assert_eq!(taken["course"]["chapters"][0]["lessons"][0]["isPublished"], false);
    assert_eq!(taken["course"]["chapters"][1]["isPublished"], true);
    let copy = import(&app, &elena, &taken).await.expect(201).text_at("/id");
    assert_eq!(export(&app, &elena, &copy).await, taken);
    assert_eq!(app.get_as(&elena, &format!("/courses/{copy}")).await.expect(200).at("/imageId"), Value::Null);
}

/// The members that a document may leave out.
pub(crate) fn import_defaults(chapters: &Value) -> Value {
    let mut chapters = chapters.clone();
    for chapter in chapters.as_array_mut().unwrap() {
        for lesson in chapter["lessons"].as_array_mut().unwrap() {
            for name in ["description", "videoUrl", "duration"] {
                lesson[name] = Value::Null;
            }
        }
        for name in ["description", "content", "videoUrl", "duration"] {
            chapter[name] = Value::Null;
        }
        chapter["isFree"] = json!(false);
    }
    chapters
}

/// A picture and a video, as uploading leaves them in the database.
async fn uploaded_media(app: &App, owner: &Person) -> (String, String) {
    let id: Uuid = owner.id.parse().unwrap();
    let actor = Actor::User { id: id.into(), role: Role::Trainer, session: id.into() };
    let work = move |tx: Tx| async move {
        let (image, video): (kernel::Uuid, kernel::Uuid) = (tx.new_id(), tx.new_id());
        let file = "INSERT INTO files (id, owner_id, purpose, name, content_type, size_bytes, status, created_at, expires_at, ready_at) \
                    VALUES (:image, :id, 'IMAGE', 'a.jpg', 'image/jpeg', 10, 'READY', :now, :now, :now)";
        let now = tx.now();
        tx.execute(file, values! { image, id, now }).await?;
        let asset = "INSERT INTO video_assets (id, owner_id, provider, status, playback_id, created_at, updated_at) \
                     VALUES (:video, :id, 'MUX', 'READY', 'playback', :now, :now)";
        tx.execute(asset, values! { video, id, now }).await?;
        Ok((image.to_string(), video.to_string()))
    };
    app.db.run_in(Pool::App, actor, work).await.unwrap()
}
