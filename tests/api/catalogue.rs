//! `GET /catalogue/facets`: counts of courses under the filters.

use serde_json::json;
use test_macros::both_databases;

use crate::{courses::create_catalogue, support::App};

#[both_databases]
async fn each_facet_is_counted_under_the_other_filters(app: App) {
    create_catalogue(&app).await;
    let all = app.get("/catalogue/facets").await.expect(200);
    assert_eq!((all.at("/count"), all.at("/free")), (json!(5), json!(2)));
    assert_eq!(all.at("/categories").as_array().unwrap().len(), 5);
    assert_eq!(
        all.at("/prices"),
        json!([
            { "currency": "EUR", "count": 1, "min": 500, "max": 500 }, { "currency": "USD", "count": 2, "min": 1900, "max": 2900 },
        ])
    );
    let experts = app.get("/catalogue/facets?difficulty=EXPERT").await.expect(200);
    assert_eq!((experts.at("/count"), experts.at("/free")), (json!(2), json!(1)));
    let counts = experts
        .at("/difficulties")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["count"].as_i64().unwrap())
        .sum::<i64>();
    assert_eq!(counts, 5, "difficulties are counted without the filter of the difficulty");
    let nothing = app.get("/catalogue/facets?q=zzzzqqq").await.expect(200);
    assert_eq!((nothing.at("/count"), nothing.at("/categories")), (json!(0), json!([])));
}
