//! `make bench`: what Palestra costs on this machine, beside what we promised. See README.md.
//!
//! Threads and blocking sockets throughout: a timer of the async runtime is a millisecond coarse, which is more than an
//! answer takes.

mod catalogue;
mod client;
mod flood;
mod heartbeat;
mod hook;
mod live;
mod memory;
mod report;
mod search;
mod server;
mod start;
mod statistics;
mod thread;
mod throughput;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use crate::{
    report::Report,
    server::{Folder, Machine, Server},
};
use clap::{Parser, ValueEnum};

/// A public read: the catalogue's first page.
pub const LIST: &str = "/api/v1/courses?limit=20";
/// A trainer of the demo school.
pub const TRAINER: &str = "elena@palestra.example";
/// A learner of the demo school, enrolled in its free courses.
pub const LEARNER: &str = "lena@palestra.example";
/// The password of every demo account.
pub const PASSWORD: &str = "palestra-demo-2026";

/// Why something could not be measured, in words.
pub type Refusal = String;

/// Measure Palestra: size, start, memory, reads beside a flood of logins, throughput, searches, heartbeats, hooks, threads, live
/// events.
#[derive(Clone, Parser)]
#[command(name = "bench", version)]
pub struct Options {
    /// The executable to measure.
    #[arg(long, default_value = "target/release/palestra")]
    binary: PathBuf,
    /// How long each round of load lasts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    seconds: u64,
    /// Rounds of load; figures are medians over them.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Only these measurements.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<Measurement>,
    /// A role that may make databases on PostgreSQL, as postgres://user@host:port/database; searches, hooks and conversations are measured there too.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Write the raw figures into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Options {
    /// How long a round lasts.
    pub const fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// The same, with one round.
    fn one_round(&self) -> Self {
        Self { rounds: 1, ..self.clone() }
    }

    /// The rounds, counted from one.
    pub const fn rounds(&self) -> std::ops::RangeInclusive<u32> {
        1..=self.rounds
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// The executable.
    Size,
    /// From nothing to the first answer.
    Start,
    /// At rest, and after some requests.
    Memory,
    /// Reads while many log in.
    Flood,
    /// Requests a second, and processor time a request.
    Throughput,
    /// Searches of a large catalogue.
    Search,
    /// Heartbeats of players: durable, beside PostgreSQL's own, and through kills.
    Heartbeat,
    /// Hooks of a payment provider's.
    Hook,
    /// Pages of a conversation of 100,000 comments.
    Thread,
    /// Streams of live events.
    Live,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(refusal) => {
            say(&refusal);
            ExitCode::FAILURE
        }
    }
}

/// Whether everything could be measured.
fn run(options: &Options) -> Result<bool, Refusal> {
    let given = options.binary.display();
    let binary =
        options.binary.canonicalize().map_err(|error| format!("{given} cannot be found: {error}"))?;
    if binary.components().any(|part| part.as_os_str() == "debug") {
        say("this looks like a debug build: its figures mean nothing");
    }
    let mut report = Report::new(&binary, options);
    let mut complete = true;
    let mut demo = None;
    let before = Machine::now();
    for measurement in Measurement::value_variants() {
        if !options.only.is_empty() && !options.only.contains(measurement) {
            continue;
        }
        if let Err(refusal) = measure(*measurement, options, &binary, &mut demo, &mut report) {
            say(&refusal);
            complete = false;
        }
    }
    drop(demo);
    if let (Ok(before), Ok(after)) = (before, Machine::now()) {
        report.others(after.others_since(&before));
    }
    report.print().map_err(|error| format!("the table cannot be printed: {error}"))?;
    if let Some(path) = &options.json {
        report.write(path).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    Ok(complete)
}

fn measure(
    measurement: Measurement,
    options: &Options,
    binary: &Path,
    demo: &mut Option<(Folder, Duration)>,
    report: &mut Report,
) -> Result<(), Refusal> {
    if measurement == Measurement::Size {
        return start::size(binary, report);
    }
    if measurement == Measurement::Heartbeat {
        return heartbeat::measure(options, binary, report);
    }
    if measurement == Measurement::Search {
        return search::measure(binary, options.postgres.as_deref(), report);
    }
    if measurement == Measurement::Hook {
        return hook::measure(options, binary, report);
    }
    if measurement == Measurement::Thread {
        return thread::measure(binary, options.postgres.as_deref(), report);
    }
    if measurement == Measurement::Live {
        return live::measure(options, binary, report);
    }
    let (folder, made_in) = match demo {
        Some(school) => school,
        None => demo.insert(school(binary)?),
    };
    match measurement {
        Measurement::Size
        | Measurement::Search
        | Measurement::Heartbeat
        | Measurement::Hook
        | Measurement::Thread
        | Measurement::Live => Ok(()),
        Measurement::Start => start::measure(binary, folder, *made_in, report),
        Measurement::Memory => memory::measure(binary, folder, report),
        Measurement::Flood => flood::measure(options, binary, folder, report),
        Measurement::Throughput => throughput::measure(options, binary, folder, report),
    }
}

/// A folder with the demo school in it, as its first start leaves it behind, and how long that took.
fn school(binary: &Path) -> Result<(Folder, Duration), Refusal> {
    say("making a folder with the demo school");
    let folder = Folder::make()?;
    let (server, took) = Server::start(binary, &folder, true)?;
    server.stop()?;
    Ok((folder, took))
}

/// Says on standard error what is being done.
pub fn say(line: &str) {
    let mut out = std::io::stderr();
    drop(writeln!(out, "bench: {line}").and_then(|()| out.flush()));
}

/// Waits for a point in time, a few dozen microseconds close.
pub fn wait_until(due: Instant) {
    let left = due.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        #[expect(
            clippy::disallowed_methods,
            reason = "no async thread is here, and what is measured is time"
        )]
        std::thread::sleep(left);
    }
}

/// Waits.
pub fn wait(time: Duration) {
    wait_until(Instant::now() + time);
}

/// For the table.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
