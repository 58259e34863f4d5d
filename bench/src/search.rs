//! Searches of a large catalogue, each for other words, so that no answer was kept from before.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    Refusal, catalogue, client,
    report::{Figure, Goal, Report, number},
    say,
    server::{Folder, Server},
    statistics::Latencies,
};

const GOAL: Goal = Goal::Below(15.0);
const SEARCHES: usize = 300;

/// What is asked, and whether a goal goes with it.
type Question = (&'static str, bool, fn(usize) -> String);

const QUESTIONS: [Question; 6] = [
    ("one word", true, |n| format!("courses?q={}", seldom(n))),
    ("one word that many have", true, |n| {
        format!("courses?q={}&limit={}", catalogue::word(n % 30), 1 + n % 100)
    }),
    ("two words", true, |n| format!("courses?q={}+{}", catalogue::word(n % 50), catalogue::word(n))),
    ("a misspelt word", true, |n| format!("courses?q={}", misspelt(&seldom(n)))),
    ("facets of a search", false, |n| format!("catalogue/facets?q={}", seldom(n))),
    ("a page of all", false, |n| format!("courses?minDuration={}&sort=title", n % 100)),
];

/// A word that some courses have.
fn seldom(n: usize) -> String {
    catalogue::word(20 + n * 7 % (catalogue::WORDS / 3))
}

/// Two letters have changed places.
fn misspelt(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let middle = letters.len() / 2;
    letters.swap(middle, middle - 1);
    letters.into_iter().collect()
}

/// On SQLite, and on PostgreSQL where there is one.
pub fn measure(binary: &Path, postgres: Option<&str>, report: &mut Report) -> Result<(), Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let folder = Folder::make()?;
    Server::start(binary, &folder, false)?.0.stop()?;
    say("writing the large catalogue into SQLite");
    runtime.block_on(catalogue::into_sqlite(&folder.path().join("data/palestra.db")))?;
    ask_all(binary, &folder, "SQLite", report)?;

    let Some(admin) = postgres else {
        say("no --postgres: its searches are left out");
        return Ok(());
    };
    catalogue::with_database(admin, |url| {
        let folder = Folder::make()?.with_database(url);
        Server::start(binary, &folder, false)?.0.stop()?;
        say("writing the large catalogue into PostgreSQL");
        runtime.block_on(catalogue::into_postgres(url))?;
        ask_all(binary, &folder, "PostgreSQL", report)
    })
}

fn ask_all(
    binary: &Path,
    folder: &Folder,
    database: &'static str,
    report: &mut Report,
) -> Result<(), Refusal> {
    say(&format!("searching on {database}"));
    let (server, _) = Server::start(binary, folder, false)?;
    let mut client = server.client();
    for (name, promised, question) in QUESTIONS {
        let mut latencies = Vec::with_capacity(SEARCHES);
        let mut found = 0;
        for n in 0..SEARCHES {
            let request = client::get(&format!("/api/v1/{}", question(n)), None);
            let began = Instant::now();
            let answer = client.json(&request)?;
            latencies.push(began.elapsed());
            let some = answer.pointer("/data/0").is_some();
            let count = answer.pointer("/count").and_then(serde_json::Value::as_u64);
            found += usize::from(some || count.is_some_and(|count| count > 0));
        }
        add(report, database, name, promised, latencies, found);
    }
    server.stop()
}

fn add(
    report: &mut Report,
    database: &'static str,
    name: &str,
    promised: bool,
    latencies: Vec<Duration>,
    found: usize,
) {
    let latencies = Latencies::new(latencies);
    let (half, most) = (latencies.percentile(50), latencies.percentile(99));
    let note = format!(
        "p50; p99 {} ms; {found} of {SEARCHES} found something among {} courses with {} lessons",
        number(most),
        catalogue::COURSES,
        catalogue::ALL_LESSONS
    );
    let figure = Figure::new("search", format!("{database}, {name}"), half, "ms").note(note);
    report.add(if promised { figure.goal(GOAL) } else { figure });
    let raw = json!({ "p50_ms": half, "p99_ms": most, "found": found, "searches": SEARCHES });
    report.raw(&format!("search {database}, {name}"), raw);
}
