//! `/me`: everything of the caller.

mod access;
mod account;
mod blocks;
mod event_limits;
mod events;
mod message_preferences;
mod notification_mail;
mod notification_preferences;
mod notification_visibility;
mod notifications;
mod password;
mod progress;
mod progress_batch;
mod resume;
mod sessions;
mod stats;
mod usernames;
mod video_assets;
mod wishlist;

use crate::support::{App, Event, EventStream, Person};

/// Opens a stream and asserts its first event.
pub(crate) async fn open_stream(
    app: &App,
    who: &Person,
    since: Option<&str>,
    expected: Option<&str>,
) -> (EventStream, Option<Event>) {
    let (stream, first) = EventStream::open(app, who, since).await;
    assert_eq!(first.as_ref().map(|event| event.kind.as_str()), expected);
    (stream, first)
}

pub(crate) async fn stream_count(app: &App) -> i64 {
    let metrics = app.get("//metrics").await.expect(200).text;
    let line = metrics.lines().find(|line| line.starts_with("palestra_live_streams ")).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// The numbers of the messages that the next events announce.
pub(crate) async fn message_numbers(stream: &mut EventStream, how_many: usize) -> Vec<i64> {
    let mut numbers = Vec::new();
    while numbers.len() < how_many {
        let event = stream.next().await.expect("an event");
        assert_eq!(event.kind, "message.created");
        numbers.push(event.data["number"].as_i64().unwrap());
    }
    numbers
}
