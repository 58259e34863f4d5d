//! A reader of live events.

use serde_json::Value;

use super::{App, Person};

/// A server-sent event, as `EventSource` delivers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub data: Value,
}

/// An open stream of live events.
pub struct EventStream {
    response: reqwest::Response,
    text: String,
}

impl EventStream {
    /// Opens a stream of a person, optionally after an event, and reads its first event: `ready`, `reset`, or none
    /// if it was resumed.
    pub async fn open(app: &App, who: &Person, since: Option<&str>) -> (Self, Option<Event>) {
        let mut request = app.request("GET", "/me/events").bearer_auth(&who.token);
        if let Some(since) = since {
            request = request.header("last-event-id", since);
        }
        Self::of(request).await
    }

    /// Opens a stream by any request.
    pub async fn of(request: reqwest::RequestBuilder) -> (Self, Option<Event>) {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let mut stream = Self { response, text: String::new() };
        let first = stream.block().await.expect("the beginning of a stream");
        assert!(first.starts_with("retry: 3000\n"), "{first}");
        (stream, event(&first))
    }

    /// The text up to the next empty line; none at the end of the stream.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let read = tokio::time::timeout(std::time::Duration::from_secs(10), self.response.chunk());
            let chunk = read.await.expect("nothing arrived for ten seconds");
            let chunk = chunk.ok().flatten()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event; none at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            if let Some(found) = event(&block) {
                return Some(found);
            }
        }
    }

    /// The kinds of the next events.
    pub async fn next_kinds(&mut self, number: usize) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in 0..number {
            kinds.push(self.next().await.expect("an event").kind);
        }
        kinds
    }

    /// Waits until the server ends the stream.
    pub async fn end(mut self) {
        while self.next().await.is_some() {}
    }
}

fn event(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::to_owned)
    };
    Some(Event {
        id: field("id: ")?,
        kind: field("event: ")?,
        data: serde_json::from_str(&field("data: ")?).unwrap(),
    })
}
