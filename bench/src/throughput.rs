//! Requests a second as fast as a few dozen connections ask, and the server's processor time a request.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    LEARNER, LIST, Options, Refusal,
    client::{self, Request},
    report::{Figure, Report, number},
    say,
    server::{Folder, Server, own_cpu},
    statistics::{Latencies, median},
    wait,
};

const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_millis(500);

/// The reads that are measured, each with the rows that it rotates over.
pub struct Reads([(&'static str, Vec<Request>); 4]);

impl Reads {
    /// What the owner of the token may read in the demo school.
    pub fn of(server: &Server, token: &str) -> Result<Self, Refusal> {
        let mut client = server.client();
        let token = Some(token);
        let list = client.json(&client::get(LIST, None))?;
        let slugs = texts(&list, "slug");
        let enrollments = client.json(&client::get("/api/v1/me/enrollments", token))?;
        let mut lessons = Vec::new();
        for course in texts(&enrollments, "courseId") {
            let course = client.json(&client::get(&format!("/api/v1/courses/{course}"), token))?;
            let chapters = course.get("chapters").and_then(Value::as_array).into_iter().flatten();
            for lesson in chapters.filter_map(|chapter| chapter.get("lessons")?.as_array()).flatten() {
                lessons.extend(lesson.get("id").and_then(Value::as_str).map(str::to_owned));
            }
        }
        if slugs.is_empty() || lessons.is_empty() {
            return Err("the demo school has no course, or its learner no lesson".to_owned());
        }
        let each = |folder: &str, ids: &[String], token| -> Vec<Request> {
            ids.iter().map(|id| client::get(&format!("/api/v1/{folder}/{id}"), token)).collect()
        };
        Ok(Self([
            ("list of courses", vec![client::get(LIST, None)]),
            ("course by slug", each("courses", &slugs, None)),
            ("lesson, enrolled", each("lessons", &lessons, token)),
            ("me", vec![client::get("/api/v1/me", token)]),
        ]))
    }

    /// All of them in one row.
    pub fn all(&self) -> Vec<Request> {
        self.0.iter().flat_map(|(_, requests)| requests).cloned().collect()
    }
}

/// A field of each row of a page.
fn texts(page: &Value, field: &str) -> Vec<String> {
    let rows = page.get("data").and_then(Value::as_array).into_iter().flatten();
    rows.filter_map(|row| row.get(field)?.as_str()).map(str::to_owned).collect()
}

/// Rounds of each read in turn.
pub fn measure(
    options: &Options,
    binary: &Path,
    school: &Folder,
    report: &mut Report,
) -> Result<(), Refusal> {
    let (server, _) = Server::start(binary, school, true)?;
    let mut reads: Vec<Read> = Vec::new();
    for round in options.rounds() {
        // A token does not live long enough for many rounds.
        let requests = Reads::of(&server, &server.client().token(LEARNER)?)?;
        for (index, (name, requests)) in requests.0.iter().enumerate() {
            say(&format!("{name}, round {round} of {}", options.rounds));
            let rows = vec![requests.as_slice(); CONNECTIONS];
            let figures =
                ask(&server, &rows, options.window()).map_err(|refusal| format!("{name}: {refusal}"))?;
            match reads.get_mut(index) {
                Some(read) => read.rounds.push(figures),
                None => reads.push(Read { name, rounds: vec![figures] }),
            }
        }
    }
    server.stop()?;
    for read in &reads {
        let note = format!(
            "server {} µs of processor time a request, generator {}; p50 {} ms, p99 {} ms",
            number(read.median(|round| round.server_us)),
            number(read.median(|round| round.generator_us)),
            number(read.median(|round| round.p50)),
            number(read.median(|round| round.p99)),
        );
        report.add(Figure::new("throughput", read.name, read.median(|round| round.rate), "req/s").note(note));
    }
    report.raw("throughput", reads.iter().map(Read::json).collect());
    Ok(())
}

struct Read {
    name: &'static str,
    rounds: Vec<Round>,
}

impl Read {
    fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(&self.rounds.iter().map(figure).collect::<Vec<_>>())
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "rounds": self.rounds.iter().map(Round::json).collect::<Vec<_>>() })
    }
}

/// What a round measured.
pub struct Round {
    /// Requests a second.
    pub rate: f64,
    /// The server's processor time a request.
    pub server_us: f64,
    /// The generator's.
    pub generator_us: f64,
    /// Of the latencies, in milliseconds.
    pub p50: f64,
    /// Of the latencies, in milliseconds.
    pub p99: f64,
}

impl Round {
    /// For the file of raw figures.
    pub fn json(&self) -> Value {
        json!({
            "requests_a_second": self.rate,
            "server_us_a_request": self.server_us,
            "generator_us_a_request": self.generator_us,
            "p50_ms": self.p50,
            "p99_ms": self.p99,
        })
    }
}

/// A connection for each row of requests, which asks again as soon as it is answered.
pub fn ask(server: &Server, rows: &[&[Request]], window: Duration) -> Result<Round, Refusal> {
    let (counting, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let (answered, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let connection = |start: usize, requests: &[Request]| {
        let mut client = server.client();
        let mut latencies = Vec::new();
        for request in requests.iter().cycle().skip(start % requests.len().max(1)) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let began = Instant::now();
            if !client.ask(request).is_ok_and(|status| status == 200) {
                failed.fetch_add(1, Ordering::Relaxed);
                // A server that is gone must not be asked in a tight loop.
                wait(Duration::from_millis(1));
            } else if counting.load(Ordering::Relaxed) {
                answered.fetch_add(1, Ordering::Relaxed);
                latencies.push(began.elapsed());
            }
        }
        latencies
    };
    thread::scope(|scope| {
        let connection = &connection;
        let connections: Vec<_> = rows
            .iter()
            .enumerate()
            .map(|(start, requests)| scope.spawn(move || connection(start, requests)))
            .collect();
        wait(WARM_UP);
        let (cpu, own, began) = (server.cpu(), own_cpu(), Instant::now());
        counting.store(true, Ordering::Relaxed);
        wait(window);
        let count = answered.load(Ordering::Relaxed);
        let (cpu_after, own_after, seconds) = (server.cpu(), own_cpu(), began.elapsed().as_secs_f64());
        stop.store(true, Ordering::Relaxed);
        let latencies = connections.into_iter().filter_map(|connection| connection.join().ok()).flatten();
        let latencies = Latencies::new(latencies.collect());
        let failed = failed.load(Ordering::Relaxed);
        if failed > 0 || count == 0 {
            return Err(format!("{failed} requests were not answered with 200, {count} were"));
        }
        #[expect(clippy::cast_precision_loss, reason = "requests of a few seconds")]
        let count = count as f64;
        let micros = |time: Duration| time.as_secs_f64() * 1_000_000.0 / count;
        Ok(Round {
            rate: count / seconds,
            server_us: micros(cpu_after?.saturating_sub(cpu?)),
            generator_us: micros(own_after?.saturating_sub(own?)),
            p50: latencies.percentile(50),
            p99: latencies.percentile(99),
        })
    })
}
