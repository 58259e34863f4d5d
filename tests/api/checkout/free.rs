//! `POST /checkout` of courses that cost nothing.

use serde_json::json;
use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn a_course_discounted_to_zero_is_free_everywhere(app: App) {
    let (elena, lena) = (app.trainer().await, app.learner().await);
    let dollars = |amount: i64| json!({ "amount": amount, "currency": "USD" });
    let (course, _, lessons) =
        app.course(&elena, json!({ "price": dollars(4900), "discountPrice": dollars(0) })).await;
    assert_eq!(app.get(&format!("/courses/{course}")).await.expect(200).at("/isFree"), true);
    for (free, expected) in [(true, json!([course])), (false, json!([]))] {
        let list = app.get(&format!("/courses?authorId={}&isFree={free}", elena.id)).await.expect(200);
        let ids: Vec<_> =
            list.at("/data").as_array().unwrap().iter().map(|card| card["id"].clone()).collect();
        assert_eq!(json!(ids), expected, "isFree={free}");
    }
    let access = app.get_as(&lena, &format!("/me/access/courses/{course}")).await.expect(200);
    assert_eq!(access.at("/unlock"), json!({ "kind": "ENROLL", "price": null }));
    app.post_as(&lena, "/checkout/quote", json!({ "courseId": course }))
        .await
        .expect_problem(409, "course_free");
    app.checkout(&lena, &course).await.expect_problem(409, "course_free");
    app.post_empty_as(&lena, &format!("/courses/{course}/enroll")).await.expect(201);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
    // The discount ends: whoever comes later pays, and who is in stays in.
    app.patch_as(&elena, &format!("/courses/{course}"), "*", json!({ "discountPrice": null }))
        .await
        .expect(200);
    let tom = app.learner().await;
    app.post_empty_as(&tom, &format!("/courses/{course}/enroll"))
        .await
        .expect_problem(409, "course_not_free");
    app.checkout(&tom, &course).await.expect(201);
    assert_eq!(app.access_reason(&lena, &lessons[0]).await, "granted");
}
