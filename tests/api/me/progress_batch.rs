//! `POST /me/progress/batch`: heartbeats that were collected offline.

use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{App, PASSWORD, watching::course_with_video};

#[both_databases]
async fn an_hour_watched_offline_is_credited(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "duration": 60 }))
        .await
        .expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.post_as(&lena, &format!("/lessons/{}/watch", lessons[0]), json!({})).await.expect(200);
    app.clock.advance(Duration::hours(1));
    let lena = app.login(&lena.email, PASSWORD).await;
    // Out of order and twice, with things among them that are not to be had.
    let mut items: Vec<Value> = (0..36)
        .rev()
        .map(|beat| {
            let from = f64::from(beat) * 100.0;
            json!({ "lessonId": lessons[0], "ranges": [{ "from": from, "to": from + 100.0 }] })
        })
        .collect();
    items.extend(items.clone());
    items.push(json!({ "lessonId": "0198c0de-0000-7000-8000-000000000001", "percent": 5 }));
    items.push(json!({ "lessonId": lessons[1] }));
    items.push(json!({ "lessonId": lessons[0], "ranges": [{ "from": 9, "to": 3 }] }));
    let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
    assert_eq!(
        (sent.at("/results/71/lessonProgress/watchTimePercent"), sent.at("/results/71/isAccepted")),
        (json!(100.0), json!(true))
    );
    assert_eq!(
        (sent.at("/results/72/code"), sent.at("/results/73/code")),
        (json!("not_found"), json!("no_video"))
    );
    assert_eq!(sent.at("/results/74/errors/0/pointer"), "/items/74/ranges/0");
    let read = app.get_as(&lena, &format!("/lessons/{}/progress", lessons[0])).await.expect(200);
    assert_eq!(
        (read.at("/isCompleted"), read.at("/ranges")),
        (json!(true), json!([{ "from": 0, "to": 3600 }]))
    );
}

#[both_databases]
async fn an_invalid_item_is_refused_alone(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let (id, good) = (&lessons[0], json!({ "lessonId": lessons[0], "ranges": [{ "from": 0, "to": 5 }] }));
    let items = json!([
        good, { "lessonId": id, "chapterId": id }, {}, { "lessonId": id, "ranges": [{ "from": 0, "to": null }, { "from": 0, "to": 86_401 }] },
        { "lessonId": id, "percent": 100.5 }, { "lessonId": id, "speed": 2 }, 7, { "lessonId": id, "ranges": [{ "from": 5, "to": 3 }] }, good,
    ]);
    let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
    let of = |index: usize| {
        let errors = sent.at(&format!("/results/{index}/errors"));
        let errors = errors.as_array().unwrap().iter();
        let errors: Vec<String> = errors
            .map(|error| {
                format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())
            })
            .collect();
        (sent.at(&format!("/results/{index}/code")), errors)
    };
    let refused = |reasons: &[&str]| {
        (json!("validation_failed"), reasons.iter().map(|reason| (*reason).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(of(0), (Value::Null, Vec::new()));
    assert_eq!(of(1), refused(&["/items/1 not_one_subject"]));
    assert_eq!(of(2), refused(&["/items/2 not_one_subject"]));
    assert_eq!(of(3), refused(&["/items/3/ranges/0/to wrong_type", "/items/3/ranges/1/to too_large"]));
    assert_eq!(of(4), refused(&["/items/4/percent too_large"]));
    assert_eq!(of(5), refused(&["/items/5/speed unknown_member"]));
    assert_eq!(of(6), refused(&["/items/6 wrong_type"]));
    assert_eq!(of(7), refused(&["/items/7/ranges/0 reversed"]));
    assert_eq!(of(8), (Value::Null, Vec::new()));
    assert_eq!(sent.at("/results/8/lessonProgress/ranges"), json!([{ "from": 0, "to": 5 }]));
    // What is wrong with the batch itself refuses it.
    let odd = json!({ "items": [good, {}], "when": 1 });
    assert_eq!(
        app.post_as(&lena, "/me/progress/batch", odd).await.expect_problem(422, "validation_failed").errors(),
        ["/when unknown_member"]
    );
    // As many ranges as are allowed in as many items fit in: that is more than other bodies may have.
    let full = json!({ "lessonId": id, "ranges": vec![json!({ "from": 100.25, "to": 101.25 }); 100] });
    let sent =
        app.post_as(&lena, "/me/progress/batch", json!({ "items": vec![full; 200] })).await.expect(200);
    assert_eq!(sent.at("/results/199/isAccepted"), true);
}

#[both_databases]
async fn the_number_of_ranges_is_limited(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _, lessons) = course_with_video(&app, &elena).await;
    app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", json!({ "duration": 60 }))
        .await
        .expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    // Every third second of an hour.
    let item = |n: u32| {
        let ranges: Vec<Value> = (0..100)
            .map(|run| (n * 100 + run) * 3)
            .map(|from| json!({ "from": from, "to": from + 1 }))
            .collect();
        json!({ "lessonId": lessons[0], "ranges": ranges })
    };
    let items: Vec<Value> = (0..12).map(item).collect();
    let sent = app.post_as(&lena, "/me/progress/batch", json!({ "items": items })).await.expect(200);
    assert_eq!(sent.at("/results/11/lessonProgress/ranges").as_array().unwrap().len(), 1_000);
}
