//! Invalidation over Redis.

use api::startup::{self, Schema};
use kernel::Environment;
use serde_json::Value;
use sqlx::postgres::PgListener;

use crate::support::{App, DatabaseKind, EventStream, Person, Redis, TempDir, config};

/// Two servers on one database, and somebody who listens at the second to what is written at the first.
struct Two {
    here: App,
    beside: App,
    lena: Person,
    conversation: String,
    stream: EventStream,
}

impl Two {
    async fn over(redis: &Redis) -> Self {
        let url = redis.url();
        let settings = [("PALESTRA_REDIS_URL", url.as_str())];
        let here = App::start_with(DatabaseKind::Postgres, &settings).await;
        let beside = here.second_server_with(&settings).await;
        let (lena, tom) = (here.learner().await, here.learner().await);
        let conversation = here.conversation_between(&lena, &tom).await;
        let (stream, _) = EventStream::open(&beside, &tom, None).await;
        Self { here, beside, lena, conversation, stream }
    }

    async fn is_heard(&mut self) {
        let sent = self.here.send_message(&self.lena, &self.conversation, "Hello").await;
        let event = self.stream.next().await.unwrap();
        assert_eq!(event.data["number"], sent.at("/number"));
    }

    fn end(self) {
        // The second belongs to the first one's database.
        drop(self.beside);
        drop(self.here);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_go_over_redis_and_not_over_the_database() {
    let redis = Redis::started().await;
    let mut two = Two::over(&redis).await;
    let mut listener = PgListener::connect(two.here.url.as_deref().unwrap()).await.unwrap();
    listener.listen("palestra_news").await.unwrap();
    two.is_heard().await;
    two.is_heard().await;
    sqlx::query("NOTIFY palestra_news, 'the first that is said here'").execute(&mut listener).await.unwrap();
    assert_eq!(listener.recv().await.unwrap().payload(), "the first that is said here");
    two.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_while_redis_is_away() {
    let mut redis = Redis::stopped();
    let mut two = Two::over(&redis).await;
    two.is_heard().await;
    redis.start().await;
    two.is_heard().await;
    redis.stop();
    two.is_heard().await;
    two.is_heard().await;
    redis.start().await;
    two.is_heard().await;
    two.end();
}

async fn refusal(settings: &[(&str, &str)]) -> String {
    let folder = TempDir::new("refused");
    let config = config(&folder, settings);
    let opened = startup::open(&config, Environment::default(), Schema::Migrate).await;
    opened.err().expect("a refusal")
}

#[tokio::test]
async fn a_setting_that_means_nothing_is_refused_in_words() {
    let said = refusal(&[("PALESTRA_REDIS_URL", "redis://127.0.0.1:1")]).await;
    assert!(said.contains("SQLite") && said.contains("DATABASE_URL"), "{said}");
    let app = App::start(DatabaseKind::Postgres).await;
    let unreadable =
        [("DATABASE_URL", app.url.as_deref().unwrap()), ("PALESTRA_REDIS_URL", "http://127.0.0.1")];
    let said = refusal(&unreadable).await;
    assert!(said.starts_with("PALESTRA_REDIS_URL cannot be read"), "{said}");
    let _: Value = app.get("/courses").await.expect(200).at("/data");
}
