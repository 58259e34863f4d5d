//! `/courses/{course}/learners`, `funnel` and `jobs`: what trainers see of learners.

use crate::support::{App, DatabaseKind, Person, in_query, watching::complete_lesson};
use chrono::Duration;
use serde_json::{Value, json};
use test_macros::both_databases;

/// Four learners of a course: Lena completed it, Tom watched half of its video, Ada opened it, Otto claimed more than is credited.
struct Cohort {
    elena: Person,
    lena: Person,
    otto: Person,
    course: String,
    lessons: [String; 2],
}

impl Cohort {
    async fn create(app: &App) -> Self {
        let (elena, lena, tom) = (app.trainer().await, app.learner().await, app.learner().await);
        let (course, _, lessons) = app.course(&elena, json!({})).await;
        let video = json!({ "videoUrl": "https://videos.example.com/a.mp4", "duration": 10 });
        app.patch_as(&elena, &format!("/lessons/{}", lessons[0]), "*", video).await.expect(200);
        app.patch_as(
            &lena,
            "/me",
            app.get_as(&lena, "/me").await.header("etag"),
            json!({ "name": "=SUM(A1), Lena" }),
        )
        .await
        .expect(200);
        for who in [&lena, &tom] {
            app.post_empty_as(who, &format!("/courses/{course}/enroll")).await.expect(201);
            app.post_as(who, &format!("/lessons/{}/watch", lessons[0]), json!({})).await.expect(200);
        }
        app.clock.advance(Duration::minutes(9));
        app.post_as(
            &lena,
            &format!("/lessons/{}/watch", lessons[0]),
            json!({ "ranges": [{ "from": 0, "to": 600 }] }),
        )
        .await
        .expect(200);
        app.post_as(
            &tom,
            &format!("/lessons/{}/watch", lessons[0]),
            json!({ "ranges": [{ "from": 0, "to": 300 }] }),
        )
        .await
        .expect(200);
        complete_lesson(app, &lena, &lessons[1]).await;
        // Whoever only opened the lesson, or teaches it, does not count; claims beyond the credit were not watched.
        let (ada, otto) = (app.learner().await, app.learner().await);
        for (who, claim) in [(&ada, json!({})), (&otto, json!({ "ranges": [{ "from": 0, "to": 600 }] }))] {
            app.post_empty_as(who, &format!("/courses/{course}/enroll")).await.expect(201);
            app.post_as(who, &format!("/lessons/{}/watch", lessons[0]), claim).await.expect(200);
        }
        app.patch_as(&otto, "/me", "*", json!({ "name": ";=1+1" })).await.expect(200);
        app.post_as(
            &elena,
            &format!("/lessons/{}/watch", lessons[0]),
            json!({ "ranges": [{ "from": 0, "to": 600 }] }),
        )
        .await
        .expect(200);
        Self { elena, lena, otto, course, lessons }
    }
}

#[both_databases]
async fn reads_take_the_same_statements_at_any_size(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, chapter, _) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    let paths = [format!("/courses/{course}/progress"), "/me/progress".into(), "/me/continue".into()];
    let teaching = [format!("/courses/{course}/learners"), format!("/courses/{course}/funnel")];
    let cost = async || {
        app.wait_for_worker().await;
        let mut costs = Vec::new();
        for (who, path) in
            paths.iter().map(|path| (&lena, path)).chain(teaching.iter().map(|path| (&elena, path)))
        {
            let read = async || drop(app.get_as(who, path).await.expect(200));
            costs.push(app.count_statements(read).await);
        }
        costs
    };
    let lesson = app.lesson(&elena, &chapter).await;
    complete_lesson(&app, &lena, &lesson).await;
    let few = cost().await;
    for _ in 0..3 {
        let lesson = app.lesson(&elena, &chapter).await;
        let (another, ..) = app.course(&elena, json!({})).await;
        let somebody = app.learner().await;
        app.post_empty_as(&lena, &format!("/courses/{another}/enroll")).await.expect(201);
        app.post_empty_as(&somebody, &format!("/courses/{course}/enroll")).await.expect(201);
        complete_lesson(&app, &lena, &lesson).await;
        complete_lesson(&app, &somebody, &lesson).await;
    }
    assert_eq!(cost().await, few);
}

#[both_databases]
async fn the_funnel_counts_enrolled_started_and_completed(app: App) {
    let Cohort { elena, course, .. } = Cohort::create(&app).await;
    let funnel = app.get_as(&elena, &format!("/courses/{course}/funnel")).await.expect(200);
    assert_eq!(
        (funnel.at("/enrolled"), funnel.at("/started"), funnel.at("/completed")),
        (json!(4), json!(3), json!(1))
    );
    assert_eq!(
        (
            funnel.at("/lessons/0/started"),
            funnel.at("/lessons/0/completed"),
            funnel.at("/lessons/0/averageWatchTimePercent")
        ),
        (json!(3), json!(1), json!(51.67))
    );
    assert_eq!(
        (funnel.at("/lessons/1/started"), funnel.at("/lessons/1/averageWatchTimePercent")),
        (json!(1), Value::Null)
    );
}

#[both_databases]
async fn retention_counts_what_was_watched(app: App) {
    let Cohort { elena, lessons, .. } = Cohort::create(&app).await;
    let curve = app.get_as(&elena, &format!("/lessons/{}/retention", lessons[0])).await.expect(200);
    assert_eq!(
        (curve.at("/watchers"), curve.at("/points/0/percent"), curve.at("/points/99/percent")),
        (json!(3), json!(100.0), json!(100.0 / 3.0))
    );
    app.get_as(&elena, &format!("/lessons/{}/retention", lessons[1])).await.expect_problem(409, "no_video");
}

#[both_databases]
async fn learners_are_found_by_name(app: App) {
    let Cohort { elena, lena, course, .. } = Cohort::create(&app).await;
    let found = app.get_as(&elena, &format!("/courses/{course}/learners?q=LENA")).await.expect(200);
    assert_eq!(
        (found.at("/data/0/userId"), found.at("/data/0/percent"), found.at("/data/0/watchedSeconds")),
        (json!(lena.id), json!(100), json!(600))
    );
    assert_eq!(found.at("/data").as_array().unwrap().len(), 1);
    assert_eq!(
        app.get_as(&elena, &format!("/courses/{course}/learners?q=%25")).await.expect(200).at("/data"),
        json!([])
    );
}

#[both_databases]
async fn learners_are_listed_newest_first(app: App) {
    let Cohort { elena, otto, course, .. } = Cohort::create(&app).await;
    let page = app.get_as(&elena, &format!("/courses/{course}/learners?limit=1")).await.expect(200);
    assert_eq!((page.at("/data/0/userId"), page.at("/data/0/percent")), (json!(otto.id), json!(0)));
}

#[both_databases]
async fn the_csv_of_learners_escapes_formulas(app: App) {
    let Cohort { elena, course, .. } = Cohort::create(&app).await;
    let csv = app.get_as(&elena, &format!("/courses/{course}/learners.csv")).await.expect(200);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(
        csv.text.contains(",\"'=SUM(A1), Lena\",")
            && csv.text.contains(",\";=1+1\",")
            && csv.text.lines().count() == 5,
        "{}",
        csv.text
    );
}

#[both_databases]
async fn the_csv_of_learners_opens_in_spreadsheets_under_a_name_that_says_what_it_is(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({ "title": "Übungen: \"Hüfte\"" })).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.patch_as(&lena, "/me", "*", json!({ "name": "Jürgen Müller" })).await.expect(200);
    let csv = app.get_as(&elena, &format!("/courses/{course}/learners.csv")).await.expect(200);
    assert!(
        csv.text.starts_with("\u{feff}userId,username,name,enrolledAt,")
            && csv.text.contains(",Jürgen Müller,")
    );
    let day = app.db.environment().now().date_naive();
    let name = csv.header("content-disposition");
    assert!(
        name.starts_with("attachment; filename=\"")
            && name.contains("filename*=UTF-8''%C3%9Cbungen")
            && name.ends_with(&format!("{day}.csv")),
        "{name}"
    );
    // Privacy: who teaches a course does not see addresses.
    assert!(!csv.text.contains('@'));
}

#[both_databases]
async fn the_csv_of_learners_has_addresses_where_the_school_allows_it(database: DatabaseKind) {
    let app = App::start_with(database, &[("PALESTRA_LEARNER_EMAILS", "true")]).await;
    let Cohort { elena, lena, course, .. } = Cohort::create(&app).await;
    let csv = app.get_as(&elena, &format!("/courses/{course}/learners.csv")).await.expect(200);
    assert!(csv.text.starts_with("\u{feff}userId,username,name,email,enrolledAt,"));
    let line = csv.text.lines().find(|line| line.contains(&lena.id)).unwrap();
    assert!(line.contains(&format!(",{},", lena.email)), "{line}");
    app.get_as(&lena, &format!("/courses/{course}/learners.csv")).await.expect_problem(403, "forbidden");
}

#[both_databases]
async fn only_trainers_of_the_course_see_its_learners(app: App) {
    let Cohort { elena, lena, course, .. } = Cohort::create(&app).await;
    let other = app.trainer().await;
    for path in ["funnel", "learners", "learners.csv", "jobs"] {
        app.get_as(&other, &format!("/courses/{course}/{path}")).await.expect_problem(403, "forbidden");
        app.get_as(&lena, &format!("/courses/{course}/{path}")).await.expect_problem(403, "forbidden");
    }
    // An editor sees them.
    app.put_as(&elena, &format!("/courses/{course}/trainers/{}", other.id), Value::Null).await.expect(200);
    let funnel = format!("/courses/{course}/funnel");
    assert_eq!(
        app.get_as(&other, &funnel).await.expect(200).json(),
        app.get_as(&elena, &funnel).await.expect(200).json()
    );
}

#[both_databases]
async fn learners_are_found_by_names_in_any_script(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    app.patch_as(&lena, "/me", "*", json!({ "name": "Öztürk Şahan Жанна" })).await.expect(200);
    for (word, count) in [
        ("Öztürk", 1),
        ("öztürk", 1),
        ("ÖZTÜRK", 1),
        ("şahan", 1),
        ("türk Şah", 1),
        ("жанна", 1),
        ("ЖАНН", 1),
        ("sahan", 1),
        ("ahmet", 0),
    ] {
        let found = app.get_as(&elena, &format!("/courses/{course}/learners?q={word}")).await.expect(200);
        assert_eq!(found.at("/data").as_array().unwrap().len(), count, "{word}");
    }
}

#[both_databases]
async fn a_learner_is_found_as_the_catalogue_finds_courses(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    for name in ["Zoë Løken", "Łukasz Größe", "آمِنَة", "田中ユキ", "ﾅｵﾐ", "Ана Ковач", "Per_Cent 100%"]
    {
        let learner = app.learner().await;
        app.patch_as(&learner, "/me", "*", json!({ "name": name })).await.expect(200);
        app.post_empty_as(&learner, &format!("/courses/{course}/enroll")).await.expect(201);
    }
    let (app, elena, path) = (&app, &elena, format!("/courses/{course}/learners"));
    let found = async |q: &str| {
        let names = app.get_as(elena, &format!("{path}?q={}", in_query(q))).await.expect(200).at("/data");
        let names = names.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    for (q, name) in [
        ("zoe", "Zoë Løken"),
        ("LOKEN", "Zoë Løken"),
        ("Zoe\u{308}", "Zoë Løken"),
        ("lukasz grosse", "Łukasz Größe"),
        ("امنه", "آمِنَة"),
        ("ゆき", "田中ユキ"),
        ("中", "田中ユキ"),
        ("ナオミ", "ﾅｵﾐ"),
        ("ковач", "Ана Ковач"),
        ("_", "Per_Cent 100%"),
        ("%", "Per_Cent 100%"),
    ] {
        assert_eq!(found(q).await, [name], "{q}");
    }
    assert_eq!(found("zoa").await, [""; 0]);
}
