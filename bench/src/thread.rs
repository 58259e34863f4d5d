//! Pages of a conversation of 100,000 comments, beside the same of one of a hundred: both cost the same.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use kernel::{Cursor, ListId, Uuid};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::{
    LEARNER, Refusal, catalogue, client,
    report::{Figure, Report, number},
    say,
    server::{Folder, Server},
    statistics::Latencies,
};

const LARGE: u64 = 100_000;
const SMALL: u64 = 100;
const PAGES: usize = 300;
const SORTS: [&str; 4] = ["new", "old", "top", "tree"];

/// What the two databases write differently: the nth id after a prefix of 20 digits, and a number in eight digits.
struct Dialect {
    id: fn(&str, &str) -> String,
    eight: fn(&str) -> String,
    uuid: fn(&str) -> String,
    settle: &'static str,
}

const SQLITE: Dialect = Dialect {
    id: |prefix, n| format!("unhex(printf('{prefix}%012x', {n}))"),
    eight: |n| format!("printf('%08d', {n})"),
    uuid: |id| format!("x'{}'", id.replace('-', "")),
    settle: "ANALYZE",
};

const POSTGRES: Dialect = Dialect {
    id: |prefix, n| format!("CAST('{prefix}' || lpad(to_hex({n}), 12, '0') AS uuid)"),
    eight: |n| format!("lpad(CAST({n} AS text), 8, '0')"),
    uuid: |id| format!("CAST('{id}' AS uuid)"),
    settle: "VACUUM ANALYZE",
};

/// The two conversations: the post's id, how many comments, and what their ids begin with.
struct Threads {
    author: String,
    posts: [(String, u64, &'static str); 2],
}

/// On SQLite, and on PostgreSQL where there is one.
pub fn measure(binary: &Path, postgres: Option<&str>, report: &mut Report) -> Result<(), Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let folder = Folder::make()?;
    let threads = begin(binary, &folder)?;
    say("writing 100,000 comments into SQLite");
    let path = format!("sqlite:{}", folder.path().join("data/palestra.db").display());
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&path).await.map_err(database_error)?;
        write(&mut connection, &threads, &SQLITE).await?;
        connection.close().await.map_err(database_error)
    })?;
    read_all(binary, &folder, "SQLite", &threads, report)?;
    let Some(admin) = postgres else {
        say("no --postgres: its conversations are left out");
        return Ok(());
    };
    catalogue::with_database(admin, |url| {
        let folder = Folder::make()?.with_database(url);
        let threads = begin(binary, &folder)?;
        say("writing 100,000 comments into PostgreSQL");
        runtime.block_on(async {
            let mut connection = PgConnection::connect(url).await.map_err(database_error)?;
            write(&mut connection, &threads, &POSTGRES).await?;
            connection.close().await.map_err(database_error)
        })?;
        read_all(binary, &folder, "PostgreSQL", &threads, report)
    })
}

/// The demo school, with two posts more.
fn begin(binary: &Path, folder: &Folder) -> Result<Threads, Refusal> {
    let (server, _) = Server::start(binary, folder, true)?;
    let mut client = server.client();
    let token = client.token(LEARNER)?;
    let body = json!({ "title": "A conversation", "content": "<p>Long.</p>", "published": true });
    let text = |answer: &Value, member: &str| -> Result<String, Refusal> {
        let found = answer.get(member).and_then(Value::as_str);
        found.map(str::to_owned).ok_or_else(|| format!("a post without {member}"))
    };
    let mut made = || client.json(&client::send("POST", "/api/v1/posts", Some(&token), &body));
    let (large, small) = (made()?, made()?);
    let threads = Threads {
        author: text(&large, "authorId")?,
        posts: [
            (text(&large, "id")?, LARGE, "00000000000070008000"),
            (text(&small, "id")?, SMALL, "00000000000070008001"),
        ],
    };
    server.stop()?;
    Ok(threads)
}

/// Every other comment answers the one before it; each has a few reactions.
async fn write<C>(connection: &mut C, threads: &Threads, dialect: &Dialect) -> Result<(), Refusal>
where
    for<'c> &'c mut C: Executor<'c>,
{
    let mut statements = Vec::new();
    for (post, count, prefix) in &threads.posts {
        let (post, author) = ((dialect.uuid)(post), (dialect.uuid)(&threads.author));
        let series =
            format!("WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count})");
        let (id, above) = ((dialect.id)(prefix, "n"), (dialect.id)(prefix, "n - 1"));
        let (own, path) = ((dialect.eight)("n"), (dialect.eight)("n - 1"));
        statements.push(format!(
            "{series} INSERT INTO comments (id, thread_id, post_id, parent_id, branch_id, number, depth, path, author_id, content, \
             status, version, created_at, updated_at) SELECT {id}, {post}, {post}, CASE n % 2 WHEN 0 THEN {above} END, \
             CASE n % 2 WHEN 0 THEN {above} ELSE {post} END, n, 2 - n % 2, CASE n % 2 WHEN 0 THEN {path} ELSE '' END || {own}, \
             {author}, '<p>Something that somebody said, about as long as most.</p>', 'PUBLISHED', 1, p.created_at, p.created_at \
             FROM s JOIN posts p ON p.id = {post}"
        ));
        statements.push(format!(
            "{series} INSERT INTO comment_counters (comment_id, branch_id, reply_count, like_count, love_count, strong_count, \
             fire_count, clap_count, laugh_count, score) SELECT {id}, CASE n % 2 WHEN 0 THEN {above} ELSE {post} END, n % 2, \
             n * 7 % 50, 0, 0, 0, 0, 0, n * 7 % 50 FROM s"
        ));
        statements.push(format!(
            "UPDATE thread_counters SET last_number = {count}, comment_count = {count} WHERE thread_id = {post}"
        ));
    }
    statements.push(dialect.settle.to_owned());
    for sql in statements {
        connection.execute(AssertSqlSafe(sql)).await.map_err(database_error)?;
    }
    Ok(())
}

fn database_error(error: sqlx::Error) -> Refusal {
    format!("the conversations cannot be written: {error}")
}

fn read_all(
    binary: &Path,
    folder: &Folder,
    database: &'static str,
    threads: &Threads,
    report: &mut Report,
) -> Result<(), Refusal> {
    say(&format!("reading conversations on {database}"));
    let (server, _) = Server::start(binary, folder, false)?;
    let mut client = server.client();
    let token = client.token(LEARNER)?;
    for sort in SORTS {
        let mut figures = Vec::new();
        for (post, count, prefix) in &threads.posts {
            let mut latencies = Vec::with_capacity(PAGES);
            for n in 0..PAGES {
                let list = format!("/api/v1/posts/{post}/comments");
                let place = place(&list, sort, *count, prefix, n);
                let path = format!("{list}?sort={sort}{place}");
                let began = Instant::now();
                client.json(&client::get(&path, Some(&token)))?;
                latencies.push(began.elapsed());
            }
            figures.push((*count, latencies));
        }
        add(report, database, sort, figures);
    }
    server.stop()
}

/// Somewhere between the first page and the last.
fn place(list: &str, sort: &str, count: u64, prefix: &str, n: usize) -> String {
    let at = 1 + count * (n as u64) / (PAGES as u64);
    let id = format!("{prefix}{at:012x}");
    let Ok(id) = id.parse::<Uuid>() else {
        return String::new();
    };
    let cursor = match sort {
        "tree" => Cursor::at_text(format!("{at:08}"), id),
        "top" => Cursor::at_number(i64::try_from(at * 7 % 50).unwrap_or_default(), id),
        _ => Cursor::at_number(i64::try_from(at).unwrap_or_default(), id),
    };
    // The order of its own is not a part of what names the list.
    let order = (sort != "new").then(|| ("sort".to_owned(), sort.to_owned()));
    let list = ListId::of(list, &order.into_iter().collect());
    format!("&cursor={}", cursor.encode(list))
}

fn add(report: &mut Report, database: &'static str, sort: &str, figures: Vec<(u64, Vec<Duration>)>) {
    let mut named = figures.into_iter().map(|(count, latencies)| {
        let latencies = Latencies::new(latencies);
        (count, latencies.percentile(50), latencies.percentile(99))
    });
    let (Some((count, half, most)), Some((few, half_of_few, _))) = (named.next(), named.next()) else {
        return;
    };
    let note = format!(
        "p50 of a page among {count} comments; p99 {} ms; among {few}: {} ms",
        number(most),
        number(half_of_few)
    );
    report.add(Figure::new("thread", format!("{database}, {sort}"), half, "ms").note(note));
    let raw = json!({ "p50_ms": half, "p99_ms": most, "small_p50_ms": half_of_few });
    report.raw(&format!("thread {database}, {sort}"), raw);
}
