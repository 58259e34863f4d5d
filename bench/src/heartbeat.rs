//! Heartbeats of players: how many a second are durable, what each costs, and whether any acknowledged one is ever lost.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Options, PASSWORD, Refusal,
    client::{self, Request},
    report::{Figure, Goal, Report, number},
    say,
    server::{Folder, Server, cpu_of_family},
    statistics::median,
    throughput::{Round, ask},
    wait,
};

/// Somebody who may change every lesson of the demo school.
const ADMIN: &str = "admin@palestra.example";
/// Who watches; one for each connection.
const WATCHERS: usize = 256;
/// How often the server is killed while it writes.
const KILLS: u32 = 20;
/// Who watches meanwhile.
const KILLED: usize = 32;
/// Cheap passwords: what is measured is not logging in.
const CHEAP: [(&str, &str); 3] = [
    ("PALESTRA_ARGON2_MEMORY_KIB", "64"),
    ("PALESTRA_ARGON2_PASSES", "1"),
    ("PALESTRA_ACCESS_TOKEN_SECONDS", "3600"),
];

/// SQLite, PostgreSQL with `--postgres`, and the kills.
pub fn measure(options: &Options, binary: &Path, report: &mut Report) -> Result<(), Refusal> {
    let mut raw = Vec::new();
    let folder = Folder::make()?;
    let (server, _) = Server::start_with(binary, &folder, true, &CHEAP)?;
    let watchers = Watchers::enter(&server)?;
    for connections in [32, 256] {
        let rounds = load(options, &server, &watchers, connections, None, &mut Vec::new())?;
        raw.push(add_rows(report, "SQLite", connections, &rounds, None, None));
    }
    server.stop()?;
    match &options.postgres {
        Some(admin) => postgres(options, binary, admin, report, &mut raw)?,
        None => say("no --postgres: its heartbeats are left out"),
    }
    kills(binary, &folder, &watchers, report)?;
    report.raw("heartbeat", Value::Array(raw));
    Ok(())
}

fn postgres(
    options: &Options,
    binary: &Path,
    admin: &str,
    report: &mut Report,
    raw: &mut Vec<Value>,
) -> Result<(), Refusal> {
    let name = format!("palestra_bench_{}", std::process::id());
    let (server_url, _) = admin.rsplit_once('/').ok_or("--postgres names no database")?;
    let url = format!("{server_url}/{name}");
    psql(admin, &format!("CREATE DATABASE {name}"))?;
    let measured = on_postgres(options, binary, &url, report, raw);
    psql(admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
    measured
}

fn on_postgres(
    options: &Options,
    binary: &Path,
    url: &str,
    report: &mut Report,
    raw: &mut Vec<Value>,
) -> Result<(), Refusal> {
    let folder = Folder::make()?.with_database(url);
    let (server, _) = Server::start_with(binary, &folder, true, &CHEAP)?;
    let watchers = Watchers::enter(&server)?;
    let lesson = &watchers.lesson;
    // The same row and the same change, without row security and foreign keys; somebody else's for each client.
    psql(
        url,
        &format!(
            "CREATE TABLE bench_watches (LIKE watches INCLUDING ALL); \
             INSERT INTO bench_watches (user_id, course_id, lesson_id, chapter_id, subject_id, version, ranges, spent, \
               first_heard_at, last_heard_at, watched_seconds, watch_time_percent) \
             SELECT lpad(to_hex(n), 32, '0')::uuid, l.course_id, l.id, NULL, l.id, 1, '', '', now(), now(), 0, 0 \
             FROM generate_series(1, {WATCHERS}) n, lessons l WHERE l.id = '{lesson}'"
        ),
    )?;
    let script = folder.path().join("upsert.sql");
    let sql = format!(
        "\\set n :client_id + 1\n\
         INSERT INTO bench_watches (user_id, course_id, lesson_id, chapter_id, subject_id, version, ranges, spent, first_heard_at, \
         last_heard_at, watched_seconds, watch_time_percent, position_seconds, positioned_at) \
         SELECT lpad(to_hex(:n::int), 32, '0')::uuid, l.course_id, l.id, NULL::uuid, l.id, 1, '\\x000a'::bytea, \
         '\\x80808080010a'::bytea, now(), now(), 10, 1.5, 10, now() \
         FROM lessons l JOIN chapters c ON c.id = l.chapter_id JOIN courses k ON k.id = l.course_id \
         WHERE l.id = '{lesson}' AND l.is_published AND k.is_published AND (c.is_free OR EXISTS (SELECT FROM grants g \
         WHERE g.user_id = lpad(to_hex(:n::int), 32, '0')::uuid AND g.course_id = l.course_id AND g.status = 'ACTIVE' \
         AND g.starts_at <= now() AND (g.ends_at IS NULL OR g.ends_at > now()))) ON CONFLICT (user_id, subject_id) DO UPDATE SET version = bench_watches.version + 1, \
         ranges = excluded.ranges, spent = excluded.spent, last_heard_at = excluded.last_heard_at, \
         watched_seconds = excluded.watched_seconds, watch_time_percent = excluded.watch_time_percent, \
         position_seconds = excluded.position_seconds, positioned_at = excluded.positioned_at;\n"
    );
    std::fs::write(&script, sql).map_err(|error| format!("the script of pgbench: {error}"))?;
    let room: usize = psql(url, "SHOW max_connections")?.trim().parse().map_err(|_| "max_connections")?;
    let postmaster = postmaster(url)?;
    for connections in [64, 256] {
        // One after the other in every round, so that what else happens on the machine meets both.
        let clients = connections.min(room.saturating_sub(40));
        let (mut rounds, mut baseline, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        for _ in options.rounds() {
            let mut share = Vec::new();
            rounds.extend(load(
                &options.one_round(),
                &server,
                &watchers,
                connections,
                Some(postmaster),
                &mut share,
            )?);
            shares.extend(share);
            baseline.push(pgbench(url, &script, clients, options.window())?);
        }
        let beside = Some((median(&baseline), clients));
        raw.push(add_rows(report, "PostgreSQL", connections, &rounds, Some(median(&shares)), beside));
    }
    let written = psql(url, "SELECT count(*) FROM bench_watches WHERE version > 1")?;
    if written.trim() == "0" {
        return Err("pgbench wrote nothing".to_owned());
    }
    server.stop()
}

/// People with a token each, and a lesson whose video everybody may watch.
struct Watchers {
    lesson: String,
    tokens: Vec<String>,
}

impl Watchers {
    fn enter(server: &Server) -> Result<Self, Refusal> {
        say("letting in those who watch");
        let mut client = server.client();
        let page = client.json(&client::get("/api/v1/courses?limit=100", None))?;
        let slugs = page.pointer("/data").and_then(Value::as_array).into_iter().flatten();
        let slugs: Vec<String> =
            slugs.filter_map(|row| row.get("slug")?.as_str()).map(str::to_owned).collect();
        let mut lesson = None;
        for slug in slugs {
            let course = client.json(&client::get(&format!("/api/v1/courses/{slug}"), None))?;
            lesson = lesson.or_else(|| free_video(&course));
        }
        let lesson = lesson.ok_or("the demo school has no free lesson with a video")?;
        // A day long, so that there is always something left to watch.
        let admin = client.token(ADMIN)?;
        let path = format!("/api/v1/lessons/{lesson}");
        client.json(&client::send("PATCH", &path, Some(&admin), &json!({ "duration": 1440 })))?;
        let mut tokens = Vec::with_capacity(WATCHERS);
        for number in 0..WATCHERS {
            let body = json!({ "email": format!("watcher{number}@example.com"), "password": PASSWORD });
            let answer = client.json(&client::send("POST", "/api/v1/auth/register", None, &body))?;
            let token = answer.get("accessToken").and_then(Value::as_str).ok_or("no access token")?;
            // The first heartbeat makes the row and starts the clock.
            let path = format!("/api/v1/lessons/{lesson}/watch");
            client.json(&client::send("POST", &path, Some(token), &json!({})))?;
            tokens.push(token.to_owned());
        }
        Ok(Self { lesson, tokens })
    }

    /// The heartbeat of one of them, who has played ten seconds more.
    fn beat(&self, who: usize, number: usize) -> Request {
        let (from, to) = (number * 10, number * 10 + 10);
        let body = json!({
            "sessionId": format!("0198c0de-0000-7000-8000-{who:012}"), "positionSeconds": to,
            "ranges": [{ "from": from, "to": to }],
        });
        let path = format!("/api/v1/lessons/{}/watch", self.lesson);
        client::send("POST", &path, self.tokens.get(who).map(String::as_str), &body)
    }
}

/// A published lesson with a video in a free chapter.
fn free_video(course: &Value) -> Option<String> {
    let chapters = course.get("chapters")?.as_array()?;
    let free = chapters.iter().filter(|chapter| chapter.get("isFree") == Some(&json!(true)));
    let lessons = free.filter_map(|chapter| chapter.get("lessons")?.as_array()).flatten();
    let mut filmed = lessons.filter(|lesson| lesson.get("hasVideo") == Some(&json!(true)));
    filmed.next()?.get("id")?.as_str().map(str::to_owned)
}

/// Rounds of heartbeats, each connection somebody else's; `shares` gets PostgreSQL's processor time a heartbeat.
fn load(
    options: &Options,
    server: &Server,
    watchers: &Watchers,
    connections: usize,
    postmaster: Option<u32>,
    shares: &mut Vec<f64>,
) -> Result<Vec<Round>, Refusal> {
    let requests: Vec<Vec<Request>> =
        (0..connections).map(|who| (0..100).map(|number| watchers.beat(who, number)).collect()).collect();
    let rows: Vec<&[Request]> = requests.iter().map(Vec::as_slice).collect();
    let mut rounds = Vec::new();
    for round in options.rounds() {
        say(&format!("heartbeats over {connections} connections, round {round} of {}", options.rounds));
        let (before, began) = (postmaster.map(cpu_of_family).transpose()?, Instant::now());
        let figures = ask(server, &rows, options.window())?;
        if let (Some(before), Some(postmaster)) = (before, postmaster) {
            let spent = cpu_of_family(postmaster)?.saturating_sub(before).as_secs_f64();
            // Warming up included on both sides.
            shares.push(spent * 1_000_000.0 / (figures.rate * began.elapsed().as_secs_f64()));
        }
        rounds.push(figures);
    }
    Ok(rounds)
}

fn add_rows(
    report: &mut Report,
    database: &str,
    connections: usize,
    rounds: &[Round],
    share: Option<f64>,
    beside: Option<(f64, usize)>,
) -> Value {
    let of = |figure: fn(&Round) -> f64| median(&rounds.iter().map(figure).collect::<Vec<_>>());
    let (rate, cpu) = (of(|round| round.rate), of(|round| round.server_us));
    let name = |what: &str| format!("{database}, {connections} connections{what}");
    let note = format!(
        "server {} µs of processor time a heartbeat, {}generator {}; p50 {} ms",
        number(cpu),
        share.map(|share| format!("PostgreSQL {}, ", number(share))).unwrap_or_default(),
        number(of(|round| round.generator_us)),
        number(of(|round| round.p50)),
    );
    report.add(Figure::new("heartbeat", name(""), rate, "req/s").note(note));
    let p99 = Figure::new("heartbeat", name(": p99"), of(|round| round.p99), "ms");
    report.add(if connections == 256 { p99.goal(Goal::AtMost(60.0)) } else { p99 });
    let cost = Figure::new("heartbeat", name(": processor time"), cpu + share.unwrap_or(0.0), "µs");
    report.add(cost.goal(Goal::AtMost(120.0)));
    if let Some((alone, clients)) = beside {
        let note = format!(
            "pgbench -M prepared, each asked and committed alone, {clients} clients: {} a second",
            number(alone)
        );
        let ratio = Figure::new("heartbeat", name(": beside pgbench"), rate / alone.max(1.0), "times");
        // No server that commits each alone can be faster than pgbench, which has nothing else to do.
        report.add(ratio.goal(Goal::AtLeast(1.5)).note(note));
    }
    json!({
        "database": database, "connections": connections, "postgres_us": share, "pgbench": beside.map(|(rate, _)| rate),
        "rounds": rounds.iter().map(Round::json).collect::<Vec<_>>(),
    })
}

fn psql(url: &str, sql: &str) -> Result<String, Refusal> {
    run(Command::new("psql").args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql, url]))
}

fn run(command: &mut Command) -> Result<String, Refusal> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The process whose children serve PostgreSQL's connections.
fn postmaster(url: &str) -> Result<u32, Refusal> {
    let folder = psql(url, "SHOW data_directory")?;
    let file = Path::new(folder.trim()).join("postmaster.pid");
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let first = text.lines().next().unwrap_or_default();
    first.trim().parse().map_err(|_| format!("{} has no number", file.display()))
}

/// Upserts a second.
fn pgbench(url: &str, script: &Path, clients: usize, window: Duration) -> Result<f64, Refusal> {
    say(&format!("pgbench with {clients} clients"));
    let (clients, seconds) = (clients.to_string(), window.as_secs().to_string());
    let script = script.display().to_string();
    let args = ["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-f", &script, url];
    let text = run(Command::new("pgbench").args(args))?;
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    rate.ok_or_else(|| format!("pgbench said:\n{text}"))
}

/// Kills the server while many write, and looks afterwards whether everything that it acknowledged is there.
fn kills(binary: &Path, folder: &Folder, watchers: &Watchers, report: &mut Report) -> Result<(), Refusal> {
    // Acknowledged to each of them, and so durable: the seconds before this.
    let durable: Vec<AtomicU64> = (0..KILLED).map(|_| AtomicU64::new(0)).collect();
    let (mut lost, mut acknowledged) = (0_u64, 0_u64);
    for kill in 1..=KILLS {
        say(&format!("killing the server while it writes, {kill} of {KILLS}"));
        let (server, _) = Server::start_with(binary, folder, true, &CHEAP)?;
        acknowledged +=
            until_killed(server, watchers, &durable, Duration::from_millis(150 + u64::from(kill) * 17))?;
        let (server, _) = Server::start_with(binary, folder, true, &CHEAP)?;
        let mut client = server.client();
        for (who, durable) in durable.iter().enumerate() {
            let path = format!("/api/v1/lessons/{}/progress", watchers.lesson);
            let token = watchers.tokens.get(who).map(String::as_str);
            let found = client.json(&client::get(&path, token))?;
            let kept = found.pointer("/ranges/0/to").and_then(Value::as_u64).unwrap_or(0);
            lost += durable.load(Ordering::SeqCst).saturating_sub(kept);
        }
        server.kill()?;
    }
    let note = format!("{} were acknowledged", acknowledged);
    #[expect(clippy::cast_precision_loss, reason = "few, or something is very wrong")]
    let figure = Figure::new("heartbeat", format!("acknowledged and lost in {KILLS} kills"), lost as f64, "");
    report.add(figure.goal(Goal::AtMost(0.0)).note(note));
    Ok(())
}

/// Everybody goes on second by second until the server is gone; answers with how many heartbeats were acknowledged.
fn until_killed(
    server: Server,
    watchers: &Watchers,
    durable: &[AtomicU64],
    after: Duration,
) -> Result<u64, Refusal> {
    let (gone, count) = (AtomicBool::new(false), AtomicU64::new(0));
    let watch = |who: usize, mut client: client::Client, durable: &AtomicU64| {
        while !gone.load(Ordering::Relaxed) {
            let from = durable.load(Ordering::SeqCst);
            let body = json!({ "ranges": [{ "from": from, "to": from + 1 }] });
            let path = format!("/api/v1/lessons/{}/watch", watchers.lesson);
            let token = watchers.tokens.get(who).map(String::as_str);
            if !client.ask(&client::send("POST", &path, token, &body)).is_ok_and(|status| status == 200) {
                break;
            }
            durable.store(from + 1, Ordering::SeqCst);
            count.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let watch = &watch;
        for (who, durable) in durable.iter().enumerate() {
            let client = server.client();
            scope.spawn(move || watch(who, client, durable));
        }
        wait(after);
        let killed = server.kill();
        gone.store(true, Ordering::Relaxed);
        killed
    })?;
    Ok(count.load(Ordering::Relaxed))
}
