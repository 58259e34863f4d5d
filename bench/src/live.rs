//! Streams of live events: what idle ones cost in memory, and how long a message takes to whoever listens.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Options, Refusal, catalogue,
    client::{self, Client},
    report::{Figure, Goal, Report, number},
    say,
    server::{Folder, Server},
    statistics::Latencies,
    wait,
};

/// Streams that are open and silent.
const IDLE: usize = 2000;
const MEMORY: Goal = Goal::Below(64.0);
/// Streams that are open while messages are sent.
const CONNECTED: usize = 500;
const LATENCY: Goal = Goal::Below(100.0);
/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(20);
/// One account may have them all; new accounts may write.
const SETTINGS: [(&str, &str); 2] =
    [("PALESTRA_STREAMS_PER_MEMBER", "2000"), ("PALESTRA_NEW_ACCOUNT_MESSAGES", "0")];
/// Whose streams are silent.
const SILENT: [&str; 4] =
    ["lena@palestra.example", "elena@palestra.example", "marco@palestra.example", "admin@palestra.example"];

/// On SQLite, and on PostgreSQL where there is one.
pub fn measure(options: &Options, binary: &Path, report: &mut Report) -> Result<(), Refusal> {
    let folder = Folder::make()?.with_settings(&SETTINGS);
    on(options, binary, &folder, "SQLite", report)?;
    let Some(admin) = options.postgres.as_deref() else {
        say("no --postgres: its live events are left out");
        return Ok(());
    };
    catalogue::with_database(admin, |url| {
        let folder = Folder::make()?.with_database(url).with_settings(&SETTINGS);
        on(options, binary, &folder, "PostgreSQL", report)
    })
}

fn on(
    options: &Options,
    binary: &Path,
    folder: &Folder,
    database: &'static str,
    report: &mut Report,
) -> Result<(), Refusal> {
    say(&format!("opening {IDLE} streams of live events on {database}"));
    let (server, _) = Server::start(binary, folder, true)?;
    let mut client = server.client();
    let tokens: Vec<String> = SILENT.iter().map(|email| client.token(email)).collect::<Result<_, _>>()?;
    // What a first stream brings along is no stream's.
    let mut streams = silent(&server, &tokens, 4)?;
    wait(Duration::from_secs(2));
    let before = server.memory("VmRSS")?;
    streams.extend(silent(&server, &tokens, IDLE)?);
    wait(Duration::from_secs(2));
    let open = server.memory("VmRSS")?;
    // Each is spoken to in between.
    wait(Duration::from_secs(16));
    let spoken = server.memory("VmRSS")?;
    #[expect(clippy::cast_precision_loss, reason = "a count of streams")]
    let each = (spoken - before) * 1024.0 / IDLE as f64;
    let name = format!("{database}, {IDLE} idle streams, above idle");
    let note = format!("{} KiB each; {} before any word", number(each), number(open - before));
    report.add(Figure::new("live", name, spoken - before, "MiB").goal(MEMORY).note(note));
    streams.truncate(CONNECTED - 1);
    wait(Duration::from_secs(1));
    let latencies = messages(options, &server, &mut client)?;
    drop(streams);
    server.stop()?;
    let note = format!("{} messages, one after another", latencies.count());
    let name =
        |percentile: &str| format!("{database}, message to event, {CONNECTED} connected, {percentile}");
    report.add(Figure::new("live", name("p50"), latencies.percentile(50), "ms").note(note));
    report.add(Figure::new("live", name("p99"), latencies.percentile(99), "ms").goal(LATENCY));
    let raw = json!({
        "idle_mib": spoken - before, "p50_ms": latencies.percentile(50), "p99_ms": latencies.percentile(99),
    });
    report.raw(&format!("live {database}"), raw);
    Ok(())
}

/// Opens so many streams, and waits until each has begun.
fn silent(server: &Server, tokens: &[String], count: usize) -> Result<Vec<TcpStream>, Refusal> {
    tokens
        .iter()
        .cycle()
        .take(count)
        .map(|token| {
            let mut stream = open(server, token)?;
            read_until(&mut stream, &mut Vec::new(), b"event: ready")?;
            Ok(stream)
        })
        .collect()
}

fn open(server: &Server, token: &str) -> Result<TcpStream, Refusal> {
    let failed = |error: std::io::Error| format!("a stream cannot be opened: {error}");
    let mut stream = TcpStream::connect(server.address()).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    stream.write_all(&client::get("/api/v1/me/events", Some(token))).map_err(failed)?;
    Ok(stream)
}

/// Reads on until these bytes have come; what came behind them stays in the buffer.
fn read_until(stream: &mut TcpStream, buffer: &mut Vec<u8>, wanted: &[u8]) -> Result<(), Refusal> {
    let mut chunk = [0; 4096];
    loop {
        if let Some(at) = buffer.windows(wanted.len()).position(|window| window == wanted) {
            buffer.drain(..at + wanted.len());
            return Ok(());
        }
        let count = stream.read(&mut chunk).map_err(|error| error.to_string())?;
        if count == 0 {
            let said = String::from_utf8_lossy(buffer).into_owned();
            return Err(format!("a stream ended; it said: {said}"));
        }
        buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
}

/// Two who chat: how long each message takes until it is received, from before it is sent.
fn messages(options: &Options, server: &Server, client: &mut Client) -> Result<Latencies, Refusal> {
    say("sending messages to one who listens");
    let tom = client.token("tom@palestra.example")?;
    let aisha = client.token("aisha@palestra.example")?;
    let me = client.json(&client::get("/api/v1/me", Some(&aisha)))?;
    let with = json!({ "kind": "DIRECT", "memberIds": [me.get("id")] });
    let opened = client.json(&client::send("POST", "/api/v1/conversations", Some(&tom), &with))?;
    let id = opened.get("id").and_then(Value::as_str).unwrap_or_default();
    let path = format!("/api/v1/conversations/{id}/messages");
    let mut stream = open(server, &aisha)?;
    let mut buffer = Vec::new();
    read_until(&mut stream, &mut buffer, b"event: ready")?;
    let (received, receiver) = mpsc::channel();
    thread::scope(|scope| {
        // It ends with the server's stream, or when nobody wants to know any more.
        let ending = stream.try_clone().map_err(|error| error.to_string())?;
        scope.spawn(move || {
            while read_until(&mut stream, &mut buffer, b"event: message.created").is_ok() {
                if received.send(Instant::now()).is_err() {
                    return;
                }
            }
        });
        let end = Instant::now() + options.window() * options.rounds;
        let mut latencies = Vec::new();
        let mut send = || -> Result<(), Refusal> {
            while Instant::now() < end {
                let count = latencies.len();
                let name = format!("00000000-0000-7000-8000-{count:012x}");
                let body = json!({ "clientMessageId": name, "content": "See you at the gym at six?" });
                let began = Instant::now();
                client.json(&client::send("POST", &path, Some(&tom), &body))?;
                let at = receiver.recv_timeout(PATIENCE);
                let at = at.map_err(|_| "a message was not received".to_owned())?;
                latencies.push(at.saturating_duration_since(began));
            }
            Ok(())
        };
        let sent = send();
        drop(ending.shutdown(std::net::Shutdown::Both));
        sent.map(|()| Latencies::new(latencies))
    })
}
