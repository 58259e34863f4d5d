#!/usr/bin/env python3
"""load.py DATABASE: the rig's data in Palestra's own tables, in an empty database that `palestra migrate` made.

DATABASE is a PostgreSQL URL of a role that owns the tables, or the path of a SQLite file. The rig's own database has to
be loaded (BENCH_PGPORT, BENCH_DB). Standard library only; needs psql.
"""
import csv, os, sqlite3, subprocess, sys

RIG = ["psql", "-qX", "-h", "127.0.0.1", "-p", os.environ.get("BENCH_PGPORT", "55432"), "-U", "postgres",
       "-d", os.environ.get("BENCH_DB", "bench")]
PAID = "CASE WHEN price_cents > 0 THEN "

# Table, its columns with what they are in the rig's tables, and where from. The first letter is the type on SQLite:
# u uuid, t time, b boolean, i integer, f float, s text.
TABLES = [
    ("users", "users", {
        "u:id": "id", "s:username": "username", "s:name": "name", "s:bio": "bio", "s:avatar_url": "avatar_url",
        "s:social_media_links": "'{}'", "s:role": "role", "s:status": "'ACTIVE'", "i:version": "1",
        "t:created_at": "created_at", "t:updated_at": "updated_at"}),
    ("credentials", "users", {
        "u:user_id": "id", "s:email": "email", "s:email_display": "email", "t:email_verified_at": "created_at",
        "s:password_hash": "password_hash", "t:updated_at": "updated_at"}),
    ("categories", "categories", {
        "u:id": "id", "s:name": "name", "s:slug": "slug", "i:version": "1", "t:created_at": "created_at",
        "t:updated_at": "updated_at"}),
    ("courses", "courses", {
        "u:id": "id", "u:author_id": "author_id", "s:title": "title", "s:slug": "slug", "s:description": "description",
        "s:content": "content", "s:image_url": "image_url", "i:duration": "duration_min", "s:difficulty": "difficulty",
        "i:price_amount": PAID + "price_cents END", "s:price_currency": PAID + "currency END",
        "i:discount_price_amount": PAID + "CASE WHEN discount_cents < price_cents THEN discount_cents END END",
        "b:is_published": "is_published", "t:published_at": "published_at", "i:version": "1",
        "t:created_at": "created_at", "t:updated_at": "updated_at"}),
    ("course_slugs", "courses", {"s:slug": "slug", "u:course_id": "id"}),
    ("course_categories", "course_categories", {"u:course_id": "course_id", "u:category_id": "category_id"}),
    ("chapters", "chapters", {
        "u:id": "id", "u:course_id": "course_id", "s:title": "title", "s:description": "description",
        "i:position": "position", "b:has_content": "false", "b:has_video": "false", "b:is_published": "is_published",
        "b:is_free": "is_free", "i:version": "1", "t:created_at": "created_at", "t:updated_at": "updated_at"}),
    ("lessons", "lessons l JOIN (SELECT id AS chapter, course_id FROM chapters) h ON h.chapter = l.chapter_id", {
        "u:id": "l.id", "u:course_id": "h.course_id", "u:chapter_id": "l.chapter_id", "s:title": "l.title",
        "s:description": "l.description", "i:position": "l.position", "i:duration": "l.duration_min",
        "b:has_content": "true", "b:has_video": "true", "b:is_published": "l.is_published", "i:version": "1",
        "t:created_at": "l.created_at", "t:updated_at": "l.updated_at"}),
    ("lesson_bodies", "lessons l JOIN (SELECT id AS chapter, course_id FROM chapters) h ON h.chapter = l.chapter_id", {
        "u:lesson_id": "l.id", "u:course_id": "h.course_id", "s:content": "l.content", "s:video_url": "l.video_url"}),
    ("enrollments", "enrollments", {
        "u:id": "id", "u:user_id": "user_id", "u:course_id": "course_id", "t:enrolled_at": "enrolled_at",
        "b:is_completed": "false"}),
    ("grants", "enrollments", {
        "u:id": "id", "u:user_id": "user_id", "u:course_id": "course_id", "s:source": "'PURCHASE'", "s:source_id": "id::text",
        "s:status": "'ACTIVE'", "t:starts_at": "enrolled_at", "t:ends_at": "expires_at",
        "t:status_changed_at": "enrolled_at", "t:created_at": "enrolled_at"}),
    ("lesson_progress",
     "lesson_progress p JOIN (SELECT id AS enrollment, user_id, course_id FROM enrollments) e ON e.enrollment = p.enrollment_id", {
        "u:id": "p.id", "u:user_id": "e.user_id", "u:course_id": "e.course_id", "u:lesson_id": "p.lesson_id",
        "f:watch_time_percent": "p.watch_percent", "b:is_completed": "p.is_completed", "t:completed_at": "p.completed_at",
        "t:created_at": "p.updated_at", "t:updated_at": "p.updated_at"}),
]


def copied(table, source, columns, postgres):
    """The rows as CSV; SQLite has times as text and booleans as numbers."""
    def written(key, expression):
        if postgres:
            return expression
        if key[0] == "t":
            return f"to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')"
        return f"({expression})::int" if key[0] == "b" else expression
    select = ", ".join(written(key, expression) for key, expression in columns.items())
    sql = f"COPY (SELECT {select} FROM {source}) TO STDOUT (FORMAT csv, NULL '\\N')"
    return subprocess.Popen([*RIG, "-c", sql], stdout=subprocess.PIPE)


def derived():
    """The read models, by the statements of the migration that made them."""
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../migration/src/m20261122_000002_catalogue")
    for name in ("tables.sql", "postgres.sql" if POSTGRES else "sqlite.sql"):
        text = open(os.path.join(here, name)).read()
        for part in text.split("INSERT INTO ")[1:]:
            yield "INSERT INTO " + part.split(";")[0]


POSTGRES = sys.argv[1].startswith("postgres")
if POSTGRES:
    psql = ["psql", "-qX", "-v", "ON_ERROR_STOP=1", sys.argv[1]]
    for table, source, columns in TABLES:
        names = ", ".join(key[2:] for key in columns)
        # Referential checks are not the loader's business: the rig's data is valid by construction.
        out = subprocess.run([*psql, "-c", "SET session_replication_role = replica",
                              "-c", f"COPY {table} ({names}) FROM STDIN (FORMAT csv, NULL '\\N')"],
                             stdin=copied(table, source, columns, True).stdout)
        if out.returncode:
            sys.exit(1)
    # Row security is forced on the owner too; a superuser passes it.
    for sql in [*derived(), "VACUUM ANALYZE", "CHECKPOINT"]:
        subprocess.run([*psql, "-c", sql], check=True)
else:
    csv.field_size_limit(1 << 24)
    db = sqlite3.connect(sys.argv[1])
    read = {"u": lambda v: bytes.fromhex(v.replace("-", "")), "i": int, "b": int, "f": float, "s": str, "t": str}
    for table, source, columns in TABLES:
        reads = [read[key[0]] for key in columns]
        rows = copied(table, source, columns, False)
        lines = csv.reader(map(bytes.decode, rows.stdout))
        db.executemany(f"INSERT INTO {table} ({', '.join(key[2:] for key in columns)}) VALUES ({', '.join('?' * len(columns))})",
                       ([None if value == "\\N" else as_(value) for as_, value in zip(reads, row)] for row in lines))
        if rows.wait():
            sys.exit(1)
    for sql in derived():
        db.execute(sql)
    db.commit()
    db.execute("ANALYZE")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
