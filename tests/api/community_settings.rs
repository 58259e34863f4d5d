//! `/community-settings` of the school and of a course, and what each rule refuses.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::{
    App, PASSWORD, Person,
    community::{course_with_learner, create_comment, create_post, submit_comment, submit_post},
};

async fn set_rules(app: &App, who: &Person, course: &str, rules: Value) {
    app.patch_as(who, &format!("/courses/{course}/community-settings"), "*", rules).await.expect(200);
}

#[both_databases]
async fn the_rules_of_the_school_are_cleaned_and_versioned(app: App) {
    let admin = app.admin().await;
    let school = app.get_as(&admin, "/community-settings").await.expect(200);
    let words = json!({ "blockedWords": ["spam", " spam ", "Miracle\u{200b}  Pill"], "slowModeSeconds": 10 });
    let changed = app.patch_as(&admin, "/community-settings", school.header("etag"), words).await.expect(200);
    assert_eq!(
        (changed.at("/blockedWords"), changed.at("/isInherited")),
        (json!(["Miracle Pill", "spam"]), json!(false))
    );
    app.patch_as(&admin, "/community-settings", school.header("etag"), json!({ "posting": "EDITORS" }))
        .await
        .expect_problem(412, "precondition_failed");
}

#[both_databases]
async fn a_course_inherits_the_schools_rules_until_it_sets_its_own(app: App) {
    let (admin, elena) = (app.admin().await, app.trainer().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let path = format!("/courses/{course}/community-settings");
    let first = app.get_as(&elena, &path).await.expect(200);
    assert_eq!(
        (first.at("/posting"), first.at("/links"), first.at("/isInherited")),
        (json!("EVERYONE"), json!("ALLOWED"), json!(true))
    );
    let slow = json!({ "slowModeSeconds": 10 });
    app.patch_as(&admin, "/community-settings", "*", slow).await.expect(200);
    assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/slowModeSeconds"), 10);
    let own = app.patch_as(&elena, &path, "*", json!({ "links": "REFUSED" })).await.expect(200);
    assert_eq!(
        (own.at("/links"), own.at("/slowModeSeconds"), own.at("/isInherited")),
        (json!("REFUSED"), json!(10), json!(false))
    );
    app.patch_as(&admin, "/community-settings", "*", json!({ "slowModeSeconds": 0 })).await.expect(200);
    assert_eq!(app.get_as(&elena, &path).await.expect(200).at("/slowModeSeconds"), 10);
}

#[both_databases]
async fn rules_are_validated(app: App) {
    let elena = app.trainer().await;
    let (course, ..) = app.course(&elena, json!({})).await;
    let path = format!("/courses/{course}/community-settings");
    for odd in [
        json!({ "slowModeSeconds": -1 }),
        json!({ "links": "SOME" }),
        json!({ "blockedWords": [" "] }),
        json!({ "other": 1 }),
    ] {
        app.patch_as(&elena, &path, "*", odd).await.expect_problem(422, "validation_failed");
    }
}

#[both_databases]
async fn rules_are_visible_to_those_who_set_them(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let path = format!("/courses/{course}/community-settings");
    for who in [&lena, &elena] {
        app.get_as(who, "/community-settings").await.expect_problem(403, "forbidden");
    }
    app.get_as(&lena, &path).await.expect_problem(403, "forbidden");
}

#[both_databases]
async fn each_rule_has_its_own_code_and_exempts_editors(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    let on = format!("/lessons/{lesson}");
    let rules = [
        (json!({ "commenting": "EDITORS" }), "Hello", 403, "posting_restricted", false),
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
        (json!({ "minimumAccountAgeSeconds": 86_400 }), "Hello", 403, "account_too_new", true),
    ];
    for (rule, text, status, code, waits) in rules {
        set_rules(&app, &elena, &course, rule).await;
        let refused = submit_comment(&app, &lena, &on, text, None).await.expect_problem(status, code);
        assert_eq!(!refused.header("retry-after").is_empty(), waits, "{code}");
        create_comment(&app, &elena, &on, text, None).await;
        if code != "account_too_new" {
            create_comment(
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
    set_rules(&app, &elena, &course, json!({ "links": "TRUSTED" })).await;
    let comment = create_comment(&app, &lena, &on, "See www.example.com", None).await;
    // Nobody writes into an old text what they may not write into a new one.
    set_rules(&app, &elena, &course, json!({ "links": "REFUSED" })).await;
    app.patch_as(&lena, &format!("/comments/{comment}"), "*", json!({ "content": "miracle pill" }))
        .await
        .expect_problem(422, "words_refused");
    app.patch_as(&lena, &format!("/comments/{comment}"), "*", json!({ "content": "https://other.example" }))
        .await
        .expect_problem(422, "links_refused");
}

#[both_databases]
async fn posting_can_be_limited_to_editors(app: App) {
    let (admin, elena, lena) = (app.admin().await, app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    set_rules(&app, &elena, &course, json!({ "posting": "EDITORS" })).await;
    submit_post(&app, &lena, json!({ "courseId": course })).await.expect_problem(403, "posting_restricted");
    let draft = submit_post(&app, &lena, json!({ "courseId": course, "published": false }))
        .await
        .expect(201)
        .text_at("/id");
    app.post_empty_as(&lena, &format!("/posts/{draft}/publish"))
        .await
        .expect_problem(403, "posting_restricted");
    let post = create_post(&app, &elena, json!({ "courseId": course })).await;
    create_comment(&app, &lena, &format!("/posts/{post}"), "Thank you", None).await;
    create_post(&app, &lena, json!({})).await;
    app.patch_as(&admin, "/community-settings", "*", json!({ "posting": "EDITORS" })).await.expect(200);
    submit_post(&app, &lena, json!({})).await.expect_problem(403, "posting_restricted");
    create_post(&app, &elena, json!({})).await;
}

#[both_databases]
async fn slow_mode_accepts_one_of_64_concurrent_comments(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    set_rules(&app, &elena, &course, json!({ "slowModeSeconds": 60 })).await;
    let on = format!("/lessons/{lesson}");
    let tried = join_all((0..64).map(|_| submit_comment(&app, &lena, &on, "First!", None))).await;
    let (made, refused): (Vec<_>, Vec<_>) = tried.into_iter().partition(|reply| reply.status == 201);
    assert_eq!(made.len(), 1);
    for reply in refused {
        let wait: u64 = reply.expect_problem(429, "slow_mode").header("retry-after").parse().unwrap();
        assert!((1..=61).contains(&wait), "{wait}");
    }
    submit_post(&app, &lena, json!({ "courseId": course })).await.expect_problem(429, "slow_mode");
    create_post(&app, &lena, json!({})).await;
    app.patch_as(
        &lena,
        &format!("/comments/{}", made[0].text_at("/id")),
        "*",
        json!({ "content": "Second" }),
    )
    .await
    .expect(200);
    app.clock.advance(Duration::seconds(61));
    create_comment(&app, &lena, &on, "Third", None).await;
    // What is refused for another reason takes no turn.
    app.clock.advance(Duration::seconds(61));
    submit_comment(&app, &lena, &on, "Fourth", Some("0198c0de-0000-7000-8000-000000000001"))
        .await
        .expect_problem(422, "validation_failed");
    create_comment(&app, &lena, &on, "Fifth", None).await;
}

#[both_databases]
async fn blocked_words_are_found_in_every_script(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, _) = course_with_learner(&app, &elena, &lena).await;
    let words = json!({ "blockedWords": ["詐欺", "ステロイド", "احتيال", "Ἀπάτη", "STRASSE"] });
    set_rules(&app, &elena, &course, words).await;
    for text in ["これは詐欺です", "ｽﾃﾛｲﾄﾞあります", "هذا اِحْتِيَال", "απατη!", "die Straße", "ＳＴＲＡＳＳＥ"]
    {
        let body = json!({ "courseId": course, "published": true, "content": format!("<p>{text}</p>") });
        submit_post(&app, &lena, body).await.expect_problem(422, "words_refused");
    }
    let body = json!({ "courseId": course, "published": true, "content": "<p>詐称 Strassen</p>" });
    submit_post(&app, &lena, body).await.expect(201);
}
