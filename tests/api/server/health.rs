//! `/livez`, `/readyz`, `/metrics` and `/docs`.

use test_macros::both_databases;

use crate::support::{App, DatabaseKind};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_ask_for_their_token() {
    let app = App::start_with(DatabaseKind::Sqlite, &[("PALESTRA_METRICS_TOKEN", "for-prometheus")]).await;
    app.get("//metrics").await.expect(401);
    for (shown, status) in [
        ("Bearer for-prometheus", 200),
        ("bearer for-prometheus", 200),
        ("Bearer for-prometheu", 401),
        ("Basic for-prometheus", 401),
    ] {
        let request = app.request("GET", "//metrics").header("authorization", shown);
        app.send(request).await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_without_a_token_shows_nobody_its_metrics() {
    let settings = [
        ("PALESTRA_ENVIRONMENT", "production"),
        ("PALESTRA_PUBLIC_URL", "https://api.example.com"),
        ("PALESTRA_APP_URL", "https://app.example.com"),
        ("PALESTRA_ARGON2_MEMORY_KIB", "19456"),
        ("PALESTRA_ARGON2_PASSES", "2"),
    ];
    let app = App::start_with(DatabaseKind::Sqlite, &settings).await;
    let refused = app.get("//metrics").await.expect_problem(403, "forbidden");
    assert!(refused.text_at("/detail").contains("PALESTRA_METRICS_TOKEN"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_folder_that_is_gone_is_not_ready() {
    let app = App::start(DatabaseKind::Sqlite).await;
    let away = app.folder.with_extension("away");
    std::fs::rename(&*app.folder, &away).unwrap();
    app.get("//readyz").await.expect_problem(503, "unavailable");
    std::fs::rename(&away, &*app.folder).unwrap();
    app.get("//readyz").await.expect(200);
}
