//! Signed hooks of a payment provider's, as fast as a few dozen connections deliver them: each is acknowledged when it is noted.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::hmac;
use serde_json::json;

use crate::{
    Options, Refusal, catalogue,
    client::{self, Request},
    report::{Figure, Goal, Report, number},
    say,
    server::{Folder, Server},
    statistics::{Latencies, median},
};

const CONNECTIONS: usize = 32;
const GOAL: Goal = Goal::Below(50.0);
const SECRET: &str = "whsec_bench";
/// What turns the server's Stripe on; nothing that is delivered makes it ask there.
const SETTINGS: [(&str, &str); 3] = [
    ("PALESTRA_STRIPE_SECRET_KEY", "sk_test_bench"),
    ("PALESTRA_STRIPE_WEBHOOK_SECRETS", SECRET),
    ("PALESTRA_STRIPE_BASE_URL", "http://127.0.0.1:9"),
];

/// On SQLite, and on PostgreSQL where there is one.
pub fn measure(options: &Options, binary: &Path, report: &mut Report) -> Result<(), Refusal> {
    let folder = Folder::make()?.with_settings(&SETTINGS);
    deliver(options, binary, &folder, "SQLite", report)?;
    let Some(admin) = options.postgres.as_deref() else {
        say("no --postgres: its hooks are left out");
        return Ok(());
    };
    catalogue::with_database(admin, |url| {
        let folder = Folder::make()?.with_database(url).with_settings(&SETTINGS);
        deliver(options, binary, &folder, "PostgreSQL", report)
    })
}

fn deliver(
    options: &Options,
    binary: &Path,
    folder: &Folder,
    database: &'static str,
    report: &mut Report,
) -> Result<(), Refusal> {
    let (server, _) = Server::start(binary, folder, false)?;
    let next = AtomicU64::new(1);
    let mut rounds: Vec<(f64, f64, f64)> = Vec::new();
    for round in options.rounds() {
        say(&format!("hooks on {database}, round {round} of {}", options.rounds));
        let latencies = round_of(&server, options.window(), &next)?;
        let all = Latencies::new(latencies);
        let seconds = options.window().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a count of hooks")]
        let rate = all.count() as f64 / seconds;
        rounds.push((all.percentile(50), all.percentile(99), rate));
    }
    server.stop()?;
    let middle = |of: fn(&(f64, f64, f64)) -> f64| median(&rounds.iter().map(of).collect::<Vec<_>>());
    let note =
        format!("{} a second over {CONNECTIONS} connections, every one new", number(middle(|round| round.2)));
    report.add(
        Figure::new("hook", format!("{database}, acknowledged, p50"), middle(|round| round.0), "ms")
            .note(note),
    );
    report.add(
        Figure::new("hook", format!("{database}, acknowledged, p99"), middle(|round| round.1), "ms")
            .goal(GOAL),
    );
    let raw = rounds.iter().map(|(p50, p99, rate)| json!({ "p50_ms": p50, "p99_ms": p99, "a_second": rate }));
    report.raw(&format!("hook {database}"), raw.collect());
    Ok(())
}

/// Every connection sends its next hook as soon as the one before is acknowledged.
fn round_of(server: &Server, window: Duration, next: &AtomicU64) -> Result<Vec<Duration>, Refusal> {
    let end = Instant::now() + window;
    let one = || {
        let (mut client, mut latencies) = (server.client(), Vec::new());
        while Instant::now() < end {
            let request = hook(next.fetch_add(1, Ordering::Relaxed))?;
            let began = Instant::now();
            let status = client.ask(&request).map_err(|error| error.to_string())?;
            latencies.push(began.elapsed());
            if status != 200 {
                return Err(format!("a hook was answered with {status}"));
            }
        }
        Ok(latencies)
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(one)).collect();
        let mut latencies = Vec::new();
        for thread in all {
            let one = thread.join().map_err(|_| "a connection's thread failed".to_owned())?;
            latencies.extend(one?);
        }
        Ok(latencies)
    })
}

/// An event that was never reported before, about a payment that nobody knows: noted, and worked off beside the others.
fn hook(number: u64) -> Result<Request, Refusal> {
    #[expect(clippy::disallowed_methods, reason = "a signature says when it was made")]
    let now = SystemTime::now();
    let at = now.duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?.as_secs();
    let payment = format!("00000000-0000-7000-8000-{number:012x}");
    let body = json!({
        "id": format!("evt_bench{number}"), "object": "event", "livemode": false, "created": at,
        "type": "payment_intent.succeeded",
        "data": { "object": {
            "id": format!("pi_bench{number}"), "object": "payment_intent", "status": "succeeded", "amount": 4900,
            "amount_received": 4900, "currency": "usd", "metadata": { "palestra_payment_id": payment },
        } },
    })
    .to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = format!("t={at},v1={tag}");
    Ok(client::post("/api/v1/hooks/stripe", Some(("stripe-signature", &signature)), &body))
}
