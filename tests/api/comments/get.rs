//! `GET` of comments and replies: order, pages, cost.

use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App,
    community::{collect_pages, course_with_learner, create_comment, create_post},
};

#[both_databases]
async fn a_thread_is_paged_in_every_order(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = format!("/posts/{}", create_post(&app, &lena, json!({})).await);
    let (mut tops, mut tree) = (Vec::new(), Vec::new());
    for top in 0..5 {
        let id = create_comment(&app, &tom, &post, &format!("{top}"), None).await;
        tree.push(json!(id));
        for answer in 0..top {
            let below = create_comment(&app, &lena, &post, &format!("{top}.{answer}"), Some(&id)).await;
            tree.push(json!(below));
            if answer == 1 {
                tree.push(json!(create_comment(&app, &tom, &post, "deep", Some(&below)).await));
            }
        }
        tops.push(json!(id));
    }
    let comments = format!("{post}/comments");
    let mut newest = tops.clone();
    newest.reverse();
    for limit in [1, 2, 100] {
        assert_eq!(collect_pages(&app, &lena, &comments, limit, "/id").await, newest);
        assert_eq!(collect_pages(&app, &lena, &format!("{comments}?sort=old"), limit, "/id").await, tops);
        assert_eq!(collect_pages(&app, &lena, &format!("{comments}?sort=tree"), limit, "/id").await, tree);
    }
    assert_eq!(
        collect_pages(&app, &lena, &format!("{comments}?sort=old"), 2, "/replyCount").await,
        [0, 1, 2, 3, 4].map(|n| json!(n))
    );
    let depths = collect_pages(&app, &lena, &format!("{comments}?sort=tree"), 3, "/depth").await;
    assert_eq!(depths.iter().filter(|depth| **depth == json!(3)).count(), 3);
    // The most reactions first; the newer where there are as many.
    for (who, index) in [(&lena, 3), (&tom, 3), (&lena, 1)] {
        app.put_as(who, &format!("/comments/{}/reactions/clap", tops[index].as_str().unwrap()), json!(null))
            .await
            .expect(200);
    }
    let best = [3, 1, 4, 2, 0].map(|n: usize| tops[n].clone());
    for limit in [1, 2, 100] {
        assert_eq!(collect_pages(&app, &lena, &format!("{comments}?sort=top"), limit, "/id").await, best);
    }
    // Inside a branch.
    let branch = format!("/comments/{}/replies", tops[4].as_str().unwrap());
    for limit in [1, 3, 100] {
        let (old, new) = (
            collect_pages(&app, &lena, &format!("{branch}?sort=old"), limit, "/id").await,
            collect_pages(&app, &lena, &branch, limit, "/id").await,
        );
        assert_eq!((old.len(), new.into_iter().rev().collect::<Vec<_>>()), (4, old));
        let below = collect_pages(&app, &lena, &format!("{branch}?sort=tree"), limit, "/id").await;
        assert_eq!(below, tree[tree.len() - 5..]);
        assert_eq!(
            collect_pages(&app, &lena, &format!("{branch}?sort=top"), limit, "/depth").await,
            vec![json!(2); 4]
        );
    }
    assert_eq!(app.get_as(&lena, &post).await.expect(200).at("/commentCount"), json!(tree.len()));
}

#[both_databases]
async fn a_thread_takes_three_statements_of_any_size(app: App) {
    let (elena, lena, other) = (app.trainer().await, app.learner().await, app.trainer().await);
    let (course, lesson) = course_with_learner(&app, &elena, &lena).await;
    app.post_empty_as(&other, &format!("/courses/{course}/enroll")).await.expect(201);
    let post = format!("/posts/{}", create_post(&app, &lena, json!({ "courseId": course })).await);
    let on = format!("/lessons/{lesson}");
    let (mut below_post, mut below_lesson) = (String::new(), String::new());
    for n in 0..12 {
        let id = create_comment(&app, &lena, &post, &n.to_string(), None).await;
        create_comment(&app, &lena, &post, "Yes", Some(&id)).await;
        below_post = format!("/comments/{id}/replies");
        let id = create_comment(&app, &lena, &on, &n.to_string(), None).await;
        create_comment(&app, &lena, &on, "Yes", Some(&id)).await;
        below_lesson = format!("/comments/{id}/replies");
    }
    for who in [&lena, &elena, &other] {
        for path in [
            format!("{post}/comments"),
            format!("{on}/comments"),
            format!("{post}/comments?sort=tree"),
            format!("{post}/comments?sort=top"),
            below_post.clone(),
            below_lesson.clone(),
            post.clone(),
        ] {
            let least = app.count_statements(async || drop(app.get_as(who, &path).await.expect(200))).await;
            assert!(least <= 3, "{path} took {least} statements");
        }
    }
}

#[both_databases]
async fn the_document_of_a_thread(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    app.set_username(&lena, "lena").await;
    app.set_username(&tom, "tom").await;
    let post = format!("/posts/{}", create_post(&app, &lena, json!({})).await);
    let first = create_comment(&app, &tom, &post, "First", None).await;
    create_comment(&app, &lena, &post, "A reply", Some(&first)).await;
    let thread = app.get_as(&lena, &format!("{post}/comments?sort=tree")).await.expect(200);
    insta::assert_json_snapshot!("thread", thread.document());
}
