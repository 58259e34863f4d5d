//! `…/reactions/{reaction}` of posts and comments.

use futures_util::future::join_all;
use serde_json::json;
use test_macros::both_databases;

use crate::support::{
    App,
    community::{create_comment, create_post},
};

#[both_databases]
async fn a_reaction_counts_once_per_member(app: App) {
    let (lena, tom) = (app.learner().await, app.learner().await);
    let post = format!("/posts/{}", create_post(&app, &lena, json!({})).await);
    let comment = format!("/comments/{}", create_comment(&app, &lena, &post, "Yes", None).await);
    for path in [&post, &comment] {
        for _ in 0..2 {
            let now = app.put_as(&tom, &format!("{path}/reactions/strong"), json!(null)).await.expect(200);
            assert_eq!((now.at("/counts/strong"), now.at("/mine")), (json!(1), json!(["strong"])));
        }
        app.put_as(&tom, &format!("{path}/reactions/laugh"), json!(null)).await.expect(200);
        app.put_as(&lena, &format!("{path}/reactions/strong"), json!(null)).await.expect(200);
        let seen = app.get_as(&lena, path).await.expect(200);
        assert_eq!(
            (
                seen.at("/reactions/counts/strong"),
                seen.at("/reactions/counts/laugh"),
                seen.at("/reactions/mine")
            ),
            (json!(2), json!(1), json!(["strong"]))
        );
        for _ in 0..2 {
            app.delete_as(&tom, &format!("{path}/reactions/strong")).await.expect(204);
        }
        let seen = app.get_as(&tom, path).await.expect(200);
        assert_eq!(
            (seen.at("/reactions/counts/strong"), seen.at("/reactions/mine")),
            (json!(1), json!(["laugh"]))
        );
        for odd in ["hate", "LIKE", "like%20"] {
            app.put_as(&tom, &format!("{path}/reactions/{odd}"), json!(null))
                .await
                .expect_problem(404, "not_found");
        }
    }
    app.put_as(&tom, "/posts/0198c0de-0000-7000-8000-000000000001/reactions/like", json!(null))
        .await
        .expect_problem(404, "not_found");
}

#[both_databases]
async fn concurrent_reactions_are_counted(app: App) {
    let lena = app.learner().await;
    let post = format!("/posts/{}", create_post(&app, &lena, json!({})).await);
    let comment = format!("/comments/{}", create_comment(&app, &lena, &post, "Yes", None).await);
    let people = join_all((0..32).map(|_| app.learner())).await;
    for path in [&post, &comment] {
        let like = format!("{path}/reactions/like");
        let (same, all) = (vec![&lena; 32], people.iter().collect::<Vec<_>>());
        let reacted =
            join_all(same.into_iter().chain(all).map(|who| app.put_as(who, &like, json!(null)))).await;
        assert!(reacted.iter().all(|reply| reply.status == 200));
        assert_eq!(app.get_as(&lena, path).await.expect(200).at("/reactions/counts/like"), 33);
        // Half of them change their minds, each twice at once, while the others say it again.
        let halves = people.iter().chain(&people[..16]).enumerate().map(|(n, who)| {
            let (app, like) = (&app, &like);
            async move {
                if n % 32 < 16 {
                    app.delete_as(who, like).await
                } else {
                    app.put_as(who, like, json!(null)).await
                }
            }
        });
        assert!(join_all(halves).await.iter().all(|reply| reply.status < 300));
        assert_eq!(app.get_as(&lena, path).await.expect(200).at("/reactions/counts/like"), 17);
    }
    assert_eq!(app.count("SELECT count(*) FROM reactions").await, 34);
}
