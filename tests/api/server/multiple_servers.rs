//! Two servers on one database.

use serde_json::json;

use crate::support::{App, DatabaseKind, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_changes_the_other_serves_as_soon_as_it_hears_of_it() {
    let first = App::start(DatabaseKind::Postgres).await;
    let second = first.second_server().await;
    let elena = first.trainer().await;
    let (course, ..) = first.course(&elena, json!({ "title": "Kettlebells" })).await;
    let titles = || async {
        let page = second.get("/courses").await.expect(200);
        let rows = page.at("/data").as_array().unwrap().clone();
        rows.iter().map(|course| course["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let shows = |wanted: &'static [&'static str]| {
        let titles = &titles;
        eventually(
            "the other server's answer",
            move || async move { (titles().await == wanted).then_some(()) },
        )
    };
    shows(&["Kettlebells"]).await;
    // Its kept answers do not grow old by themselves any more, so that nothing but the notice takes them away.
    second.clock.stop();
    shows(&["Kettlebells"]).await;
    let course = format!("/courses/{course}");
    first.patch_as(&elena, &course, "*", json!({ "title": "Dumbbells" })).await.expect(200);
    shows(&["Dumbbells"]).await;
    assert_eq!(second.get(&course).await.expect(200).at("/title"), "Dumbbells");
    first.post_empty_as(&elena, &format!("{course}/unpublish")).await.expect(200);
    shows(&[]).await;
    second.get(&course).await.expect_problem(404, "not_found");
    first.post_empty_as(&elena, &format!("{course}/publish")).await.expect(200);
    shows(&["Dumbbells"]).await;
}
