//! Live events as a browser's `EventSource` reads them (`text/event-stream`).

use std::{
    convert::Infallible,
    fmt::Write,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::{BodySize, BoxBody, MessageBody},
    http::header,
};
use bytes::Bytes;
use community::live::{Stream, StreamItem, StreamStart};

/// An open stream, written as it comes. What is not taken yet stays where it is: nothing is kept here.
pub struct EventStream(pub Stream);

impl Responder for EventStream {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/event-stream"))
            // Or a proxy holds events back until they are many.
            .insert_header(("x-accel-buffering", "no"))
            .body(self)
    }
}

impl MessageBody for EventStream {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.0.poll_item(context).map(|item| item.map(|item| Ok(written(&self.0, item).into())))
    }
}

fn written(stream: &Stream, item: StreamItem) -> String {
    let mut text = String::new();
    // Writing into a text does not fail.
    match item {
        StreamItem::Start(start) => {
            text.push_str("retry: 3000\n");
            match start {
                StreamStart::Latest(number) => write_event(&mut text, stream, (number, "ready"), "{}"),
                StreamStart::Reset(number) => write_event(&mut text, stream, (number, "reset"), "{}"),
                StreamStart::Resumed => text.push_str(": resumed\n\n"),
            }
        }
        StreamItem::Events(events) => {
            for event in events {
                // One line: JSON has no line breaks of its own.
                write_event(&mut text, stream, (event.number, &event.kind), &event.data.to_string());
            }
        }
        StreamItem::KeepAlive => text.push_str(":\n\n"),
    }
    text
}

fn write_event(text: &mut String, stream: &Stream, (number, kind): (i64, &str), data: &str) {
    let id = stream.position(number);
    write!(text, "id: {id}\nevent: {kind}\ndata: {data}\n\n").ok();
}
