use chrono::Duration;
use community::{content, mute};
use database::Tx;
use futures_util::future::join_all;
use kernel::{Actor, Code, Role, Uuid};
use serde_json::{Value, json};

use super::{course_with, posted, said, say, write};
use test_macros::both_databases;

use crate::support::{App, PASSWORD, Person};

async fn set(app: &App, who: &Person, course: &str, rules: Value) {
    app.patch_as(who, &format!("/courses/{course}/community-settings"), "*", rules)
        .await
        .expect(200);
}

fn actor(who: &Person, role: Role) -> Actor {
    Actor::User {
        id: id(&who.id),
        role,
        session: Uuid::nil(),
    }
}

fn id(text: &str) -> Uuid {
    text.parse().unwrap()
}

#[both_databases]
async fn a_course_has_the_schools_rules_until_it_has_its_own(app: App) {
    let (admin, elena, lena) = (app.admin().await, app.trainer().await, app.learner().await);
    let (course, _) = course_with(&app, &elena, &lena).await;
    let path = format!("/courses/{course}/community-settings");
    let first = app.get_as(&elena, &path).await.expect(200);
    assert_eq!(
        (first.at("/posting"), first.at("/links"), first.at("/isInherited")),
        (json!("EVERYONE"), json!("ALLOWED"), json!(true))
    );
    let school = app.get_as(&admin, "/community-settings").await.expect(200);
    let words = json!({ "blockedWords": ["spam", " spam ", "Miracle\u{200b}  Pill"], "slowModeSeconds": 10 });
    let changed = app
        .patch_as(&admin, "/community-settings", school.header("etag"), words)
        .await
        .expect(200);
    assert_eq!(
        (changed.at("/blockedWords"), changed.at("/isInherited")),
        (json!(["Miracle Pill", "spam"]), json!(false))
    );
    app.patch_as(
        &admin,
        "/community-settings",
        school.header("etag"),
        json!({ "posting": "EDITORS" }),
    )
    .await
    .expect_problem(412, "precondition_failed");
    assert_eq!(
        app.get_as(&elena, &path).await.expect(200).at("/slowModeSeconds"),
        10
    );
    let own = app
        .patch_as(&elena, &path, "*", json!({ "links": "REFUSED" }))
        .await
        .expect(200);
    assert_eq!(
        (
            own.at("/links"),
            own.at("/slowModeSeconds"),
            own.at("/isInherited")
        ),
        (json!("REFUSED"), json!(10), json!(false))
    );
    app.patch_as(
        &admin,
        "/community-settings",
        "*",
        json!({ "slowModeSeconds": 0 }),
    )
    .await
    .expect(200);
    assert_eq!(
        app.get_as(&elena, &path).await.expect(200).at("/slowModeSeconds"),
        10
    );
    for odd in [
        json!({ "slowModeSeconds": -1 }),
        json!({ "links": "SOME" }),
        json!({ "blockedWords": [" "] }),
        json!({ "other": 1 }),
    ] {
        app.patch_as(&elena, &path, "*", odd)
            .await
            .expect_problem(422, "validation_failed");
    }
    for who in [&lena, &elena] {
        app.get_as(who, "/community-settings")
            .await
            .expect_problem(403, "forbidden");
    }
    app.get_as(&lena, &path).await.expect_problem(403, "forbidden");
}

#[both_databases]
async fn each_rule_refuses_with_its_own_code_and_binds_no_editor(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    let rules = [
        (
            json!({ "commenting": "EDITORS" }),
            "Hello",
            403,
            "posting_restricted",
            false,
        ),
        (
            json!({ "commenting": "EVERYONE", "links": "REFUSED" }),
            "See www.example.com",
            422,
            "links_refused",
            false,
        ),
        (
            json!({ "links": "TRUSTED" }),
            "<a href=\"https://example.com\">here</a>",
            422,
            "links_refused",
            true,
        ),
        (
            json!({ "links": "ALLOWED", "blockedWords": ["miracle pill"] }),
            "The <b>MIRA\u{200b}CLE</b> pill!",
            422,
            "words_refused",
            false,
        ),
        (
            json!({ "minimumAccountAgeSeconds": 86_400 }),
            "Hello",
            403,
            "account_too_new",
            true,
        ),
    ];
    for (rule, text, status, code, waits) in rules {
        set(&app, &elena, &course, rule).await;
        let refused = say(&app, &lena, &on, text, None)
            .await
            .expect_problem(status, code);
        assert_eq!(!refused.header("retry-after").is_empty(), waits, "{code}");
        said(&app, &elena, &on, text, None).await;
        if code != "account_too_new" {
            said(
                &app,
                &lena,
                &on,
                if code == "posting_restricted" {
                    continue;
                } else {
                    "Hello"
                },
                None,
            )
            .await;
        }
    }
    app.clock.advance(Duration::days(31));
    let lena = app.login(&lena.email, PASSWORD).await;
    let elena = app.login(&elena.email, PASSWORD).await;
    set(&app, &elena, &course, json!({ "links": "TRUSTED" })).await;
    let comment = said(&app, &lena, &on, "See www.example.com", None).await;
    // Nobody writes into an old text what they may not write into a new one.
    set(&app, &elena, &course, json!({ "links": "REFUSED" })).await;
    app.patch_as(
        &lena,
        &format!("/comments/{comment}"),
        "*",
        json!({ "content": "miracle pill" }),
    )
    .await
    .expect_problem(422, "words_refused");
    app.patch_as(
        &lena,
        &format!("/comments/{comment}"),
        "*",
        json!({ "content": "https://other.example" }),
    )
    .await
    .expect_problem(422, "links_refused");
}

#[both_databases]
async fn only_editors_post_where_it_says_so(app: App) {
    let (admin, elena, lena) = (app.admin().await, app.trainer().await, app.learner().await);
    let (course, _) = course_with(&app, &elena, &lena).await;
    set(&app, &elena, &course, json!({ "posting": "EDITORS" })).await;
    write(&app, &lena, json!({ "courseId": course }))
        .await
        .expect_problem(403, "posting_restricted");
    let draft = write(&app, &lena, json!({ "courseId": course, "published": false }))
        .await
        .expect(201)
        .text_at("/id");
    app.post_empty_as(&lena, &format!("/posts/{draft}/publish"))
        .await
        .expect_problem(403, "posting_restricted");
    let post = posted(&app, &elena, json!({ "courseId": course })).await;
    said(&app, &lena, &format!("/posts/{post}"), "Thank you", None).await;
    posted(&app, &lena, json!({})).await;
    app.patch_as(
        &admin,
        "/community-settings",
        "*",
        json!({ "posting": "EDITORS" }),
    )
    .await
    .expect(200);
    write(&app, &lena, json!({}))
        .await
        .expect_problem(403, "posting_restricted");
    posted(&app, &elena, json!({})).await;
}

#[both_databases]
async fn slow_mode_lets_one_of_many_through(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    set(&app, &elena, &course, json!({ "slowModeSeconds": 60 })).await;
    let on = format!("/lessons/{lesson}");
    let tried = join_all((0..64).map(|_| say(&app, &lena, &on, "First!", None))).await;
    let (made, refused): (Vec<_>, Vec<_>) = tried.into_iter().partition(|reply| reply.status == 201);
    assert_eq!(made.len(), 1);
    for reply in refused {
        let wait: u64 = reply
            .expect_problem(429, "slow_mode")
            .header("retry-after")
            .parse()
            .unwrap();
        assert!((1..=61).contains(&wait), "{wait}");
    }
    write(&app, &lena, json!({ "courseId": course }))
        .await
        .expect_problem(429, "slow_mode");
    posted(&app, &lena, json!({})).await;
    app.patch_as(
        &lena,
        &format!("/comments/{}", made[0].text_at("/id")),
        "*",
        json!({ "content": "Second" }),
    )
    .await
    .expect(200);
    app.clock.advance(Duration::seconds(61));
    said(&app, &lena, &on, "Third", None).await;
    // What is refused for another reason takes no turn.
    app.clock.advance(Duration::seconds(61));
    say(
        &app,
        &lena,
        &on,
        "Fourth",
        Some("0198c0de-0000-7000-8000-000000000001"),
    )
    .await
    .expect_problem(422, "validation_failed");
    said(&app, &lena, &on, "Fifth", None).await;
}

#[both_databases]
async fn the_muted_do_not_write_until_it_is_over(app: App) {
    let (admin, elena, other, lena) = (
        app.admin().await,
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
    );
    let (course, lesson) = course_with(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    let comment = said(&app, &lena, &on, "Hello", None).await;
    let (who, place) = (id(&lena.id), Some(id(&course)));
    let impose = |by: &Person, role: Role, place: Option<Uuid>, hours: Option<i64>| {
        let (db, by) = (app.db.clone(), actor(by, role));
        async move {
            let work = move |tx: Tx| async move {
                let ends_at = hours.map(|hours| tx.now() + Duration::hours(hours));
                mute::impose(&tx, who, place, ends_at, Some("Rude".to_owned()))
                    .await
                    .map(drop)
            };
            db.run(by, work).await
        }
    };
    assert_eq!(
        impose(&lena, Role::User, place, None).await.unwrap_err().code(),
        Code::Forbidden
    );
    assert!(impose(&other, Role::Trainer, place, None).await.is_err());
    assert_eq!(
        impose(&elena, Role::Trainer, None, None)
            .await
            .unwrap_err()
            .code(),
        Code::Forbidden
    );
    impose(&elena, Role::Trainer, place, Some(1)).await.unwrap();
    let refused = say(&app, &lena, &on, "Hello", None)
        .await
        .expect_problem(403, "muted");
    assert!((3590..=3601).contains(&refused.header("retry-after").parse::<i64>().unwrap()));
    app.patch_as(
        &lena,
        &format!("/comments/{comment}"),
        "*",
        json!({ "content": "Rude" }),
    )
    .await
    .expect_problem(403, "muted");
    write(&app, &lena, json!({ "courseId": course }))
        .await
        .expect_problem(403, "muted");
    posted(&app, &lena, json!({})).await;
    app.clock.advance(Duration::minutes(61));
    let lena = app.login(&lena.email, PASSWORD).await;
    said(&app, &lena, &on, "Sorry", None).await;
    // Everywhere, without an end; then lifted.
    impose(&admin, Role::Admin, None, None).await.unwrap();
    for refused in [
        say(&app, &lena, &on, "Hello", None).await,
        write(&app, &lena, json!({})).await,
    ] {
        assert_eq!(refused.expect_problem(403, "muted").header("retry-after"), "");
    }
    let (admin, elena, other) = (
        app.login(&admin.email, PASSWORD).await,
        app.login(&elena.email, PASSWORD).await,
        app.login(&other.email, PASSWORD).await,
    );
    // What has ended is in no list; the mute of the school is its admins' alone.
    assert_eq!(
        app.get_as(&elena, "/moderation/mutes")
            .await
            .expect(200)
            .at("/data"),
        json!([])
    );
    app.get_as(&lena, "/moderation/mutes")
        .await
        .expect_problem(403, "forbidden");
    let mutes = app
        .get_as(&admin, &format!("/moderation/mutes?userId={}", lena.id))
        .await
        .expect(200);
    assert_eq!(mutes.at("/data").as_array().unwrap().len(), 1);
    assert_eq!(
        (
            mutes.at("/data/0/user/id"),
            mutes.at("/data/0/courseId"),
            mutes.at("/data/0/endsAt")
        ),
        (json!(lena.id), json!(null), json!(null))
    );
    assert_eq!(
        (mutes.at("/data/0/reason"), mutes.at("/data/0/imposedBy")),
        (json!("Rude"), json!(admin.id))
    );
    let path = format!("/moderation/mutes/{}", mutes.text_at("/data/0/id"));
    app.delete_as(&lena, &path).await.expect_problem(403, "forbidden");
    app.delete_as(&elena, &path)
        .await
        .expect_problem(404, "not_found");
    for _ in 0..2 {
        app.delete_as(&admin, &path).await.expect(204);
    }
    said(&app, &lena, &on, "Hello", None).await;
    assert_eq!(
        app.get_as(&admin, "/moderation/mutes")
            .await
            .expect(200)
            .at("/data"),
        json!([])
    );
    assert_eq!(
        app.count("SELECT count(*) FROM audit_log WHERE action = 'community.unmuted'")
            .await,
        1
    );
    // In a course its editors see and lift them, and those of other courses do not.
    impose(&elena, Role::Trainer, place, Some(1)).await.unwrap();
    assert_eq!(
        app.get_as(&other, "/moderation/mutes")
            .await
            .expect(200)
            .at("/data"),
        json!([])
    );
    let mutes = app
        .get_as(&elena, &format!("/moderation/mutes?courseId={course}"))
        .await
        .expect(200);
    let path = format!("/moderation/mutes/{}", mutes.text_at("/data/0/id"));
    app.delete_as(&other, &path)
        .await
        .expect_problem(404, "not_found");
    say(&app, &lena, &on, "Hello", None)
        .await
        .expect_problem(403, "muted");
    app.delete_as(&elena, &path).await.expect(204);
    said(&app, &lena, &on, "Hello", None).await;
}

#[both_databases]
async fn what_a_moderator_takes_away_comes_back_whole(app: App) {
    let (elena, other, lena, tom) = (
        app.trainer().await,
        app.trainer().await,
        app.learner().await,
        app.learner().await,
    );
    let (course, _) = course_with(&app, &elena, &lena).await;
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll"))
        .await
        .expect(201);
    let post = posted(
        &app,
        &lena,
        json!({ "courseId": course, "title": "Rude title", "content": "Rude words" }),
    )
    .await;
    let path = format!("/posts/{post}");
    let comment = said(&app, &lena, &path, "Rude answer", None).await;
    let subjects = [
        content::Subject::Post(id(&post)),
        content::Subject::Comment(id(&comment)),
    ];
    let paths = [path.clone(), format!("/comments/{comment}")];
    for (subject, path) in subjects.into_iter().zip(&paths) {
        let seen = move |tx: Tx| async move { content::snapshot(&tx, subject).await };
        let remove = move |tx: Tx| async move { content::remove(&tx, subject).await };
        let restore = move |tx: Tx| async move { content::restore(&tx, subject).await };
        assert_eq!(
            app.db
                .run(actor(&tom, Role::User), remove)
                .await
                .unwrap_err()
                .code(),
            Code::Forbidden
        );
        assert_eq!(
            app.db
                .run(actor(&lena, Role::User), remove)
                .await
                .unwrap_err()
                .code(),
            Code::Forbidden
        );
        assert_eq!(
            app.db
                .run(actor(&other, Role::Trainer), remove)
                .await
                .unwrap_err()
                .code(),
            Code::NotFound
        );
        assert_eq!(
            app.db
                .read(actor(&other, Role::Trainer), seen)
                .await
                .unwrap_err()
                .code(),
            Code::NotFound
        );
        let before = app.get_as(&tom, path).await.expect(200);
        for _ in 0..2 {
            app.db.run(actor(&elena, Role::Trainer), remove).await.unwrap();
        }
        for who in [&tom, &lena, &elena] {
            let shown = app.get_as(who, path).await.expect(200);
            assert_eq!(
                (shown.at("/status"), shown.at("/content"), shown.at("/author")),
                (json!("REMOVED"), json!(null), json!(null))
            );
            assert!(!shown.text.contains("Rude"));
        }
        let told = |role: Role, who: &Person| app.db.read(actor(who, role), seen);
        assert!(
            told(Role::Trainer, &elena)
                .await
                .unwrap()
                .content
                .contains("Rude")
        );
        assert!(told(Role::User, &lena).await.unwrap().content.contains("Rude"));
        assert_eq!(told(Role::User, &tom).await.unwrap().content, "");
        app.patch_as(&lena, path, "*", json!({ "content": "New" }))
            .await
            .expect_problem(409, "content_deleted");
        for _ in 0..2 {
            app.db.run(actor(&elena, Role::Trainer), restore).await.unwrap();
        }
        let after = app.get_as(&tom, path).await.expect(200);
        assert_eq!(
            (after.at("/content"), after.at("/status")),
            (before.at("/content"), json!("PUBLISHED"))
        );
    }
    assert!(
        super::all(&app, &tom, "/posts", 20, "/id")
            .await
            .contains(&json!(post))
    );
    // Its author deletes what was taken away, and then nobody has it any more.
    let subject = subjects[0];
    app.db
        .run(actor(&elena, Role::Trainer), move |tx: Tx| async move {
            content::remove(&tx, subject).await
        })
        .await
        .unwrap();
    assert!(super::all(&app, &tom, "/posts", 20, "/id").await.is_empty());
    say(&app, &tom, &path, "What was it?", None)
        .await
        .expect_problem(409, "content_deleted");
    app.delete_as(&lena, &path).await.expect(204);
    assert_eq!(app.count("SELECT count(*) FROM removed_contents").await, 0);
    let restore = move |tx: Tx| async move { content::restore(&tx, subject).await };
    assert_eq!(
        app.db
            .run(actor(&elena, Role::Trainer), restore)
            .await
            .unwrap_err()
            .code(),
        Code::ContentDeleted
    );
}

#[both_databases]
async fn a_name_in_which_nothing_is_seen_is_none(app: App) {
    let lena = app.learner().await;
    let named = app
        .patch_as(
            &lena,
            "/me",
            "*",
            json!({ "name": "Le\u{200b}na \u{202e}L\u{200d}." }),
        )
        .await
        .expect(200);
    assert_eq!(named.at("/name"), "Lena L.");
    let refused = app
        .patch_as(&lena, "/me", "*", json!({ "name": "\u{200b}\u{2066}" }))
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused.errors(), ["/name blank"]);
    let new = json!({ "email": "new@example.com", "password": "seven purple anvils", "name": "\u{3164}" });
    app.post("/auth/register", new)
        .await
        .expect_problem(422, "validation_failed");
}
