//! `/me/wishlist`.

use serde_json::{Value, json};
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_wish_is_added_once_and_private(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let draft = app.draft(&elena, json!({})).await;
    let wish = format!("/me/wishlist/{course}");
    let first = app.put_as(&lena, &wish, Value::Null).await.expect(200);
    let again = app.put_as(&lena, &wish, Value::Null).await.expect(200);
    assert_eq!(first.at("/id"), again.at("/id"));
    app.put_as(&lena, &format!("/me/wishlist/{draft}"), Value::Null).await.expect_problem(404, "not_found");
    assert_eq!(app.get_as(&lena, "/me/wishlist").await.expect(200).at("/data/0/course/id"), json!(course));
    assert_eq!(app.get_as(&elena, "/me/wishlist").await.expect(200).at("/data"), json!([]));
}

#[both_databases]
async fn a_wish_is_removed(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let wish = format!("/me/wishlist/{course}");
    app.put_as(&lena, &wish, Value::Null).await.expect(200);
    app.delete_as(&lena, &wish).await.expect(204);
    app.delete_as(&lena, &wish).await.expect(204);
    let wishes = app.get_as(&lena, "/me/wishlist").await.expect(200);
    assert_eq!(wishes.at("/data"), json!([]));
}

#[both_databases]
async fn a_course_leaves_the_wishlist_on_enrollment(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let (course, ..) = app.course(&elena, json!({})).await;
    let wish = format!("/me/wishlist/{course}");
    app.put_as(&lena, &wish, Value::Null).await.expect(200);
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    assert_eq!(app.get_as(&lena, "/me/wishlist").await.expect(200).at("/data"), json!([]));
    app.put_as(&lena, &wish, Value::Null).await.expect_problem(409, "already_enrolled");
}
