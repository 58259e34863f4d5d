//! Reads beside a flood of logins: what those who only read notice of many who log in at once.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    LIST, Options, Refusal, TRAINER, client,
    report::{Figure, Goal, Report, number},
    say,
    server::{Folder, Server},
    statistics::{Latencies, median},
    wait, wait_until,
};

/// Reads a second, whether the ones before are answered or not.
const RATE: u32 = 200;
const READERS: u32 = 8;
/// So many log in at once, each again as soon as it is answered: what the queue of hashes takes (64 wait, one or two are
/// worked on), and twice that.
const FLOODS: [usize; 2] = [64, 128];
/// Who was turned away tries again after this.
const AGAIN: Duration = Duration::from_millis(100);
/// For a flood to fill the queue, and for a fresh server to get going.
const RAMP: Duration = Duration::from_secs(1);
/// A reader that lies this far behind at the end of its round gives up.
const BEHIND: Duration = Duration::from_secs(10);

/// Rounds of quiet and of each flood in turn.
pub fn measure(
    options: &Options,
    binary: &Path,
    school: &Folder,
    report: &mut Report,
) -> Result<(), Refusal> {
    let (server, _) = Server::start(binary, school, true)?;
    read(&server, RAMP);
    let mut arms: Vec<Arm> = [0].into_iter().chain(FLOODS).map(Arm::new).collect();
    for round in options.rounds() {
        for arm in &mut arms {
            say(&format!("reads, {}, round {round} of {}", arm.name(), options.rounds));
            arm.rounds.push(flooded(&server, arm.logins, options.window())?);
        }
    }
    server.stop()?;

    let mut failed = 0;
    let mut quiet = None;
    for arm in &arms {
        let [p50, p99] = [arm.median(|round| round.p50), arm.median(|round| round.p99)];
        failed += arm.rounds.iter().map(|round| round.failed).sum::<u64>();
        let late =
            format!("the generator itself was late by {} at p99", number(arm.median(|round| round.late_p99)));
        let name = arm.name();
        report.add(Figure::new("flood", format!("read p50, {name}"), p50, "ms"));
        report.add(Figure::new("flood", format!("read p99, {name}"), p99, "ms").note(late));
        match quiet {
            None => quiet = Some((p50, p99)),
            Some((quiet_p50, quiet_p99)) => {
                let note = format!(
                    "p50 ratio {}; a second: {} logins, {} turned away with 503, {} failed",
                    number(p50 / quiet_p50),
                    number(arm.median(|round| round.logins_a_second)),
                    number(arm.median(|round| round.refused_a_second)),
                    number(arm.median(|round| round.broken_a_second)),
                );
                let ratio = Figure::new("flood", format!("ratio of p99, {name}"), p99 / quiet_p99, "");
                report.add(ratio.goal(Goal::AtMost(2.0)).note(note));
            }
        }
    }
    let note =
        format!("of {}", arms.iter().flat_map(|arm| &arm.rounds).map(|round| round.reads).sum::<usize>());
    #[expect(clippy::cast_precision_loss, reason = "a count of what went wrong")]
    report
        .add(Figure::new("flood", "reads that failed", failed as f64, "").goal(Goal::AtMost(0.0)).note(note));
    report.raw("flood", arms.iter().map(Arm::json).collect());
    Ok(())
}

/// Rounds beside so many logins.
struct Arm {
    logins: usize,
    rounds: Vec<Round>,
}

impl Arm {
    const fn new(logins: usize) -> Self {
        Self { logins, rounds: Vec::new() }
    }

    fn name(&self) -> String {
        match self.logins {
            0 => "nobody else".to_owned(),
            logins => format!("beside {logins} who log in"),
        }
    }

    fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(&self.rounds.iter().map(figure).collect::<Vec<_>>())
    }

    fn json(&self) -> Value {
        json!({ "logins": self.logins, "rounds": self.rounds.iter().map(Round::json).collect::<Vec<_>>() })
    }
}

struct Round {
    p50: f64,
    p99: f64,
    late_p99: f64,
    reads: usize,
    failed: u64,
    logins_a_second: f64,
    refused_a_second: f64,
    broken_a_second: f64,
    server_cores: f64,
}

impl Round {
    fn json(&self) -> Value {
        json!({
            "p50_ms": self.p50,
            "p99_ms": self.p99,
            "generator_late_p99_ms": self.late_p99,
            "reads": self.reads,
            "reads_failed": self.failed,
            "logins_a_second": self.logins_a_second,
            "refused_a_second": self.refused_a_second,
            "broken_a_second": self.broken_a_second,
            "server_cores": self.server_cores,
        })
    }
}

/// How logins were answered.
#[derive(Default)]
struct Counts {
    admitted: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
}

impl Counts {
    fn now(&self) -> [u64; 3] {
        [&self.admitted, &self.refused, &self.broken].map(|count| count.load(Ordering::Relaxed))
    }
}

fn flooded(server: &Server, logins: usize, window: Duration) -> Result<Round, Refusal> {
    let stop = AtomicBool::new(false);
    let counts = Counts::default();
    // Leaving the scope waits until the last login is answered: the next round begins in quiet.
    thread::scope(|scope| {
        for _ in 0..logins {
            scope.spawn(|| log_in(server, &stop, &counts));
        }
        wait(RAMP);
        let (before, cpu, began) = (counts.now(), server.cpu(), Instant::now());
        let reads = read(server, window);
        let (after, cpu_after, seconds) = (counts.now(), server.cpu(), began.elapsed().as_secs_f64());
        stop.store(true, Ordering::Relaxed);
        let mut per_second = after.iter().zip(before).map(|(after, before)| {
            #[expect(clippy::cast_precision_loss, reason = "logins of a few seconds")]
            let count = (after - before) as f64;
            count / seconds
        });
        let mut next = || per_second.next().unwrap_or_default();
        Ok(Round {
            p50: reads.latencies.percentile(50),
            p99: reads.latencies.percentile(99),
            late_p99: reads.late.percentile(99),
            reads: reads.latencies.count(),
            failed: reads.failed,
            logins_a_second: next(),
            refused_a_second: next(),
            broken_a_second: next(),
            server_cores: cpu_after?.saturating_sub(cpu?).as_secs_f64() / seconds,
        })
    })
}

fn log_in(server: &Server, stop: &AtomicBool, counts: &Counts) {
    let mut client = server.client();
    let request = client::login(TRAINER);
    while !stop.load(Ordering::Relaxed) {
        let count = match client.ask(&request) {
            Ok(200) => &counts.admitted,
            Ok(503) => &counts.refused,
            _ => &counts.broken,
        };
        count.fetch_add(1, Ordering::Relaxed);
        if !std::ptr::eq(count, &counts.admitted) {
            wait(AGAIN);
        }
    }
}

struct Reads {
    /// From when the request was due, not from when it could be sent.
    latencies: Latencies,
    /// How late a reader woke that had nothing else to do.
    late: Latencies,
    failed: u64,
}

/// Reads at a fixed rate.
fn read(server: &Server, window: Duration) -> Reads {
    let begin = Instant::now() + Duration::from_millis(10);
    let readers: Vec<_> = thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| scope.spawn(move || read_in_turn(server, reader, begin, window)))
            .collect();
        // A reader that panicked has no figures.
        readers.into_iter().filter_map(|reader| reader.join().ok()).collect()
    });
    let mut all = (Vec::new(), Vec::new(), 0);
    for (latencies, late, failed) in readers {
        all.0.extend(latencies);
        all.1.extend(late);
        all.2 += failed;
    }
    Reads { latencies: Latencies::new(all.0), late: Latencies::new(all.1), failed: all.2 }
}

fn read_in_turn(
    server: &Server,
    reader: u32,
    begin: Instant,
    window: Duration,
) -> (Vec<Duration>, Vec<Duration>, u64) {
    let (mut latencies, mut late, mut failed) = (Vec::new(), Vec::new(), 0);
    let mut client = server.client();
    let request = client::get(LIST, None);
    for turn in (reader..).step_by(READERS as usize) {
        let due = Duration::from_secs(1) * turn / RATE;
        if due >= window {
            break;
        }
        let due = begin + due;
        if Instant::now() < due {
            wait_until(due);
            late.push(due.elapsed());
        }
        // What can no longer be asked in time has waited so long at least.
        let given_up = begin.elapsed() > window + BEHIND;
        if given_up || !client.ask(&request).is_ok_and(|status| status == 200) {
            failed += 1;
        }
        latencies.push(due.elapsed());
    }
    (latencies, late, failed)
}
