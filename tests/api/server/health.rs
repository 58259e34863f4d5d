//! `/livez`, `/readyz`, `/metrics` and `/docs`.

use test_macros::both_databases;

use crate::support::App;

#[both_databases]
async fn health_metrics_and_docs_answer(app: App) {
    app.get("//livez").await.expect(200);
    app.get("//readyz").await.expect(200);
    app.get("/courses").await.expect(200);
    let metrics = app.get("//metrics").await.expect(200).text;
    assert!(
        metrics.contains(
            "palestra_http_requests_total{method=\"GET\",route=\"/api/v1/courses\",status=\"200\"} 1"
        ),
        "{metrics}"
    );
    app.send(app.request("GET", "/openapi.json")).await.expect(200);
    let docs = app.get("//docs/").await.expect(200);
    assert!(docs.header("content-type").starts_with("text/html"));
    let bundle = app.get("//docs/swagger-ui-bundle.js").await.expect(200);
    assert_eq!(bundle.header("content-encoding"), "gzip");
    app.get("//docs/..%2fstart.js").await.expect(404);
}
