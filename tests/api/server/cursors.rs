//! Cursors of all lists: each is a place in one list, whatever becomes of the rows around it.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::{
    courses::titles,
    support::{
        App, PASSWORD, Person,
        community::{collect_pages, create_comment, create_post},
    },
};

/// The paths of all lists that an admin reads without naming anything.
async fn lists(app: &App) -> Vec<String> {
    let document = app.get("/openapi.json").await.expect(200).json();
    let paths = document["paths"].as_object().unwrap().iter();
    let has_cursor = |operation: &Value| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["name"] == "cursor")
    };
    paths
        .filter(|(path, item)| !path.contains('{') && has_cursor(&item["get"]))
        .map(|(path, _)| path.trim_start_matches("/api/v1").to_owned())
        .collect()
}

async fn first_cursor(app: &App, who: &Person, path: &str) -> String {
    app.get_as(who, path).await.expect(200).text_at("/nextCursor")
}

#[both_databases]
async fn a_cursor_of_another_list_is_refused_by_every_list(app: App) {
    let admin = app.admin().await;
    app.login(&admin.email, PASSWORD).await;
    let cursor = first_cursor(&app, &admin, "/me/sessions?limit=1").await;
    let lists = lists(&app).await;
    assert!(lists.len() > 15, "{lists:?}");
    for path in lists.iter().filter(|path| *path != "/me/sessions") {
        let refused = app.get_as(&admin, &format!("{path}?cursor={cursor}")).await;
        let refused = refused.expect_problem(422, "validation_failed");
        assert_eq!(refused.errors(), ["?cursor cursor_of_other_list"], "{path}");
    }
}

#[both_databases]
async fn a_cursor_that_no_list_wrote_is_refused_by_every_list(app: App) {
    let admin = app.admin().await;
    for path in lists(&app).await {
        for (cursor, code) in
            [("_".repeat(44), "cursor_malformed"), ("A".repeat(32), "bad_format"), ("é".into(), "bad_format")]
        {
            let refused = app.get_as(&admin, &format!("{path}?cursor={cursor}")).await;
            let refused = refused.expect_problem(422, "validation_failed");
            assert_eq!(refused.errors(), [format!("?cursor {code}")], "{path}");
        }
    }
}

#[both_databases]
async fn a_cursor_is_of_one_order_and_one_set_of_filters(app: App) {
    let elena = app.trainer().await;
    for title in ["A", "B", "C"] {
        app.course(&elena, json!({ "title": title, "difficulty": "EXPERT" })).await;
    }
    let by_title = app.get("/courses?sort=title&limit=1").await.expect(200).text_at("/nextCursor");
    for other in
        ["", "sort=-title", "sort=title&difficulty=EXPERT", "sort=title&isFree=true", "sort=title&q=a"]
    {
        for member in ["cursor", "before"] {
            let refused = app.get(&format!("/courses?{member}={by_title}&{other}")).await;
            let refused = refused.expect_problem(422, "validation_failed");
            assert_eq!(refused.errors(), [format!("?{member} cursor_of_other_list")], "{other}");
        }
    }
    // The size of a page is no filter, nor is what holds anyway, nor the spelling of an id.
    let next = app.get(&format!("/courses?cursor={by_title}&limit=2&sort=title")).await;
    assert_eq!(titles(next), ["B", "C"]);
    let newest = app.get("/courses?limit=1").await.expect(200).text_at("/nextCursor");
    app.get(&format!("/courses?sort=-publishedAt&cursor={newest}")).await.expect(200);
    let of_elena = format!("/courses?limit=1&authorId={}", elena.id);
    let cursor = app.get(&of_elena).await.expect(200).text_at("/nextCursor");
    app.get(&format!("{}&cursor={cursor}", of_elena.replace(&elena.id, &elena.id.to_uppercase())))
        .await
        .expect(200);
}

#[both_databases]
async fn a_cursor_is_of_one_parent(app: App) {
    let lena = app.learner().await;
    let posts = [create_post(&app, &lena, json!({})).await, create_post(&app, &lena, json!({})).await];
    for post in &posts {
        for text in ["One", "Two"] {
            create_comment(&app, &lena, &format!("/posts/{post}"), text, None).await;
        }
    }
    let list = |post: usize| format!("/posts/{}/comments?limit=1", posts[post]);
    let cursor = first_cursor(&app, &lena, &list(0)).await;
    app.get_as(&lena, &format!("{}&sort=new&cursor={cursor}", list(0))).await.expect(200);
    for other in [list(1), format!("{}&sort=old", list(0)), format!("{}&sort=tree", list(0))] {
        let refused = app.get_as(&lena, &format!("{other}&cursor={cursor}")).await;
        assert_eq!(
            refused.expect_problem(422, "validation_failed").errors(),
            ["?cursor cursor_of_other_list"]
        );
    }
}

/// Six courses that differ in everything by which courses are ordered, and their ids by their titles.
async fn six_courses(app: &App, elena: &Person) -> Vec<String> {
    let mut courses = Vec::new();
    for (number, title) in ["Alpha run", "Bravo run", "Charlie run", "Delta run", "Echo run", "Foxtrot run"]
        .into_iter()
        .enumerate()
    {
        app.clock.advance(chrono::Duration::minutes(1));
        let price = json!({ "amount": 1_000 * (number + 1), "currency": "USD" });
        courses.push(app.course(elena, json!({ "title": title, "price": price })).await.0);
    }
    courses
}

const ORDERS: [&str; 6] = ["title", "-title", "price", "-price", "publishedAt", "-publishedAt"];

#[both_databases]
async fn a_page_goes_on_where_it_ended_whatever_becomes_of_its_last_course(app: App) {
    for order in ORDERS {
        // Time passes with every course: a login does not last for all of them.
        let elena = app.trainer().await;
        let courses = six_courses(&app, &elena).await;
        let first = app.get_as(&elena, &format!("/courses?sort={order}&limit=3")).await.expect(200);
        let cursor = first.text_at("/nextCursor");
        let rest = app.get_as(&elena, &format!("/courses?sort={order}&cursor={cursor}")).await;
        let expected = titles(rest);
        assert_eq!(expected.len(), 3, "{order}");
        let last = first.text_at("/data/2/id");
        for change in [
            json!({ "title": "Zulu run", "price": { "amount": 99_000, "currency": "USD" } }),
            json!({ "title": "Aardvark run", "price": { "amount": 50, "currency": "USD" } }),
        ] {
            app.patch_as(&elena, &format!("/courses/{last}"), "*", change).await.expect(200);
            let rest = app.get_as(&elena, &format!("/courses?sort={order}&cursor={cursor}")).await;
            let others: Vec<String> =
                titles(rest).into_iter().filter(|title| !title.starts_with(['Z', 'A'])).collect();
            let untouched: Vec<&String> =
                expected.iter().filter(|title| !title.starts_with(['Z', 'A'])).collect();
            assert_eq!(others.iter().collect::<Vec<_>>(), untouched, "{order}");
        }
        app.post_empty_as(&elena, &format!("/courses/{last}/unpublish")).await.expect(200);
        let rest = app.get_as(&elena, &format!("/courses?sort={order}&cursor={cursor}")).await;
        assert_eq!(titles(rest), expected, "{order}");
        for course in courses.iter().filter(|course| **course != last) {
            app.post_empty_as(&elena, &format!("/courses/{course}/unpublish")).await.expect(200);
        }
    }
}

#[both_databases]
async fn results_of_a_search_neither_repeat_nor_skip_when_other_courses_change(app: App) {
    let elena = app.trainer().await;
    let courses = six_courses(&app, &elena).await;
    let query = "/courses?q=run&limit=2";
    let mut page = app.get_as(&elena, query).await.expect(200);
    let mut found = titles(page.clone());
    while let Some(cursor) = page.at("/nextCursor").as_str().map(str::to_owned) {
        // How often a word stands in all courses changes, and how long they are.
        let text = "run ".repeat(40);
        app.course(&elena, json!({ "title": "Other", "description": "Nothing of that." })).await;
        app.patch_as(&elena, &format!("/courses/{}", courses[0]), "*", json!({ "description": text }))
            .await
            .expect(200);
        page = app.get_as(&elena, &format!("{query}&cursor={cursor}")).await.expect(200);
        found.extend(titles(page.clone()));
    }
    found.retain(|title| title != "Alpha run");
    found.sort();
    assert_eq!(found, ["Bravo run", "Charlie run", "Delta run", "Echo run", "Foxtrot run"]);
}

#[both_databases]
async fn a_tree_of_comments_goes_on_after_a_comment_that_was_deleted(app: App) {
    let lena = app.learner().await;
    let post = format!("/posts/{}", create_post(&app, &lena, json!({})).await);
    let first = create_comment(&app, &lena, &post, "One", None).await;
    create_comment(&app, &lena, &post, "One, answered", Some(&first)).await;
    for text in ["Two", "Three"] {
        create_comment(&app, &lena, &post, text, None).await;
    }
    let tree = format!("{post}/comments?sort=tree");
    let all = collect_pages(&app, &lena, &tree, 100, "/id").await;
    let page = app.get_as(&lena, &format!("{tree}&limit=2")).await.expect(200);
    app.delete_as(&lena, &format!("/comments/{}", page.text_at("/data/1/id"))).await.expect(204);
    let rest = app.get_as(&lena, &format!("{tree}&cursor={}", page.text_at("/nextCursor"))).await.expect(200);
    assert_eq!([rest.at("/data/0/id"), rest.at("/data/1/id")], [all[2].clone(), all[3].clone()]);
}
