"""Tests of the checks: each finds what it has to, and leaves alone what it should."""

import tempfile
import unittest
from pathlib import Path

from lint import circles, documents, files, sql, tables, validators
from lint.project import Project
from lint.rust import Source, tokenize


def source(text: str, path: str = "crates/media/src/store.rs") -> Source:
    return Source(Path(path), text)


class Repository:
    """A repository in a folder that is removed afterwards, with the files that it is given."""

    def __init__(self, **crates: dict[str, str]):
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        migration = root / "migration/src/m1"
        migration.mkdir(parents=True)
        (migration / "tables.sql").write_text("CREATE TABLE files (id int);\nCREATE TABLE users (\n  id int);\nCREATE TABLE chapters (id int);")
        for crate, contents in crates.items():
            for name, text in {"Cargo.toml": "", **contents}.items():
                path = root / "crates" / crate / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self.project = Project(root)

    def __enter__(self) -> Project:
        return self.project

    def __exit__(self, *_):
        self.folder.cleanup()


OWNERS = {
    "media": {"README.md": "## Owns\n\n- `files`: files.\n"},
    "identity": {"README.md": "## Owns\n\n- `users`: accounts.\n- `chapters`: for this test.\n"},
}


def with_media(text: str, readme: str = "") -> Repository:
    media = {"README.md": OWNERS["media"]["README.md"] + readme, "src/lib.rs": text}
    return Repository(media=media, identity=OWNERS["identity"])


class Lexer(unittest.TestCase):
    def test_strings_lose_their_escapes_and_comments_are_apart(self):
        tokens, comments = tokenize('// one "no"\nlet a = "b\\n \\\n   c"; /* x /* y */ z */ r#"d"e"# \'f\' &\'static b"g"')
        self.assertEqual([token.text for token in tokens if token.kind == "string"], ["b\n c", 'd"e', "g"])
        self.assertEqual([comment.text for comment in comments], ['// one "no"', "/* x /* y */ z */"])
        self.assertEqual([token.text for token in tokens if token.kind in ("char", "lifetime")], ["'f'", "'static"])

    def test_every_name_of_a_use_has_its_path(self):
        uses = source("use a::{b::{self, c as d}, e::*};").uses
        self.assertEqual(
            [(use.path, use.name) for use in uses], [(("a", "b"), "b"), (("a", "b", "c"), "d"), (("a", "e"), "*")]
        )

    def test_whoever_may_see_an_item_is_no_path_of_it(self):
        text = "pub(in crate::a) fn f() { crate::b::c::d() } pub(in super::e) struct G;"
        self.assertEqual([use.path for use in source(text).paths], [("crate", "b", "c", "d")])

    def test_what_only_tests_use_is_known(self):
        text = "use a::b;\n#[cfg(test)]\nmod tests {\n use c::d;\n}\nuse e::f;"
        self.assertEqual([use.is_test for use in source(text).uses], [False, True, False])


class Tables(unittest.TestCase):
    KNOWN = {"files", "users", "chapters"}

    def found(self, text: str) -> set[tuple[str, bool]]:
        return tables.tables_of_sql(text, self.KNOWN)

    def test_reads_and_writes_are_told_apart(self):
        self.assertEqual(self.found("SELECT 1 FROM files f JOIN users u ON true"), {("files", False), ("users", False)})
        self.assertEqual(self.found("SELECT 1 FROM files f, users AS u WHERE f.a = 1, 2"), {("files", False), ("users", False)})
        self.assertEqual(self.found("DELETE FROM files USING users"), {("files", True), ("users", False)})
        self.assertEqual(self.found("INSERT INTO files SELECT id FROM users"), {("files", True), ("users", False)})
        self.assertEqual(self.found("UPDATE files SET a = 1"), {("files", True)})
        self.assertEqual(self.found("SELECT a FROM chapters FOR UPDATE"), {("chapters", False)})

    def test_functions_texts_and_ctes_are_no_tables(self):
        self.assertEqual(self.found("SELECT extract(epoch FROM a) FROM unnest(b) WHERE c = 'x FROM users'"), set())
        self.assertEqual(self.found("WITH users AS (SELECT (1)) SELECT * FROM users"), set())
        self.assertEqual(self.found("WITH users AS (SELECT 1 FROM users) SELECT * FROM users"), {("users", False)})
        self.assertEqual(
            self.found("WITH RECURSIVE users (a) AS (SELECT 1 UNION SELECT 2 FROM users JOIN files) SELECT 1"),
            {("files", False)},
        )

    def test_another_crates_table_is_refused_however_it_is_named(self):
        for text in (
            'fn f() { g("SELECT id FROM users") }',
            "use entity::users;",
            "use entity::{files, users as people};",
            "fn f() { entity::users::Entity::find() }",
            '#[sea_orm(entity = "entity::users::Entity")] struct S;',
            'fn f() -> &str { "users" } fn g() { format!("SELECT id FROM {table}") }',
        ):
            with self.subTest(text), with_media(text) as project:
                failures, _ = tables.check(project)
                self.assertEqual(len(failures), 1)
                self.assertIn("crates/media/src/lib.rs:1: media names the table `users`, which identity owns", failures[0])

    def test_a_relation_leads_to_its_table(self):
        generated = """
            #[sea_orm(belongs_to, relation_enum = "Owner", from = "owner_id", to = "id")]
            pub owner: BelongsTo<super::users::Entity>,"""
        with with_media("use entity::files;\nfn f() { files::Relation::Owner.def() }") as project:
            folder = project.root / "crates/entity/src/generated"
            folder.mkdir(parents=True)
            (folder / "files.rs").write_text(generated)
            failures, _ = tables.check(project)
            self.assertEqual([failure.split(": ")[0] for failure in failures], ["crates/media/src/lib.rs:2"])

    def test_tests_may_name_every_table(self):
        text = '#[cfg(test)]\nmod tests { fn f() { g("SELECT id FROM users") } }'
        with with_media(text) as project:
            self.assertEqual(tables.check(project)[0], [])

    def test_a_read_is_allowed_with_its_reason_and_a_write_never(self):
        reads = "\n## Reads\n\n- `users` (identity): lists show names.\n"
        with with_media('fn f() { g("SELECT id FROM users") }', reads) as project:
            self.assertEqual(tables.check(project)[0], [])
        for text in ('fn f() { g("UPDATE users SET a = 1") }', "use entity::users; fn f() { users::Entity::delete_many() }"):
            with with_media(text, reads) as project:
                self.assertIn("media writes the table `users`", "".join(tables.check(project)[0]))

    def test_a_readme_is_held_to_what_is_there(self):
        for readme, fault in (
            ("- `gone`: a table.\n", "owns `gone`, which no migration creates"),
            ("- `users`: as well.\n", "one of them has to go"),
            ("- users\n", "a line of `## Owns` reads"),
            ("\n## Reads\n\n- `users` (identity): names.\n", "no source of media names it"),
            ("\n## Reads\n\n- `users`: names.\n", "say in brackets which crate owns"),
            ("\n## Reads\n\n- `users` (media): names.\n", "says that media owns `users`"),
        ):
            with self.subTest(readme), with_media("", readme) as project:
                self.assertIn(fault, "\n".join(tables.check(project)[0]))
        with Repository(media=OWNERS["media"]) as project:
            self.assertIn("no crate owns the table `users`", "\n".join(tables.check(project)[0]))


class Sql(unittest.TestCase):
    def test_positions_are_counted_and_questions_are_not(self):
        for text, expected in {
            "SELECT a FROM b WHERE c = ? AND d IN (?, ?)": 3,
            "a = $1 AND b = $2": 2,
            "(?, ?)": 2,
            "term LIKE ? ESCAPE '!'": 1,
            "= ANY (?::text::uuid[])": 1,
            "SELECT a FROM b WHERE c = :c": 0,
            "Who trains outdoors?": 0,
            "SELECT now() FROM b -- really?": 0,
            "^https?://": 0,
            "{other:?}": 0,
            "courses?{}": 0,
        }.items():
            self.assertEqual(sql.positions(text, True), expected, text)
        self.assertEqual((sql.positions("?", True), sql.positions("?", False)), (1, 0))

    def test_only_the_translation_may_use_positions(self):
        with with_media('fn f() { g("SELECT id FROM files WHERE id = ?") }') as project:
            self.assertIn("crates/media/src/lib.rs:1: 1 value by position", sql.check_positions(project)[0][0])
        allowed = {"src/sql.rs": 'fn f() { g("SELECT id WHERE a = ?") }', "src/postgres/session.rs": 'fn f() { g("SET a = $1") }'}
        with Repository(database=allowed) as project:
            self.assertEqual(sql.check_positions(project)[0], [])

    def test_a_statement_needs_a_reason(self):
        def has_reason(text: str) -> bool:
            one = source(text)
            return sql.has_reason(one, sql.statements(one)[0])

        for text in (
            'fn f() {\n    // A lock, which no builder has.\n    let sql = "SELECT 1";\n}',
            'fn f() {\n    // A lock.\n    tx.fetch_all(\n        "SELECT 1",\n    )\n}',
            'fn f() {\n    tx.fetch_all(\n        // A lock.\n        "SELECT 1",\n    )\n}',
            '/// Locks a row. Text, since it is a hot read.\n#[must_use]\npub fn f() {\n    let sql = "SELECT 1";\n}',
            '//! The hot reads; all of them text.\n\nfn f() {\n    let sql = "SELECT 1";\n}',
            '// Shared by both lists.\nconst LIST: &str = "SELECT 1";',
            'fn f() {\n    // Text: the builder has no locks.\n    let a = 1;\n    let sql = if a { "SELECT 1" } else { "SELECT 2" };\n}',
            '/// Text: a hot read.\nfn f() {\n    const LIST: &str = "SELECT 1";\n    let g = |h: fn(i64)| h;\n}',
            '// Text: a hot read.\nfn f() {\n    let g = |h: fn(i64)| { h };\n    let sql = "SELECT 1";\n}',
        ):
            self.assertTrue(has_reason(text), text)
        for text in (
            'fn f() {\n    let sql = "SELECT 1";\n}',
            '/// Locks a row.\nfn f() {\n    let sql = "SELECT 1";\n}',
            'fn f() {\n    // Another one.\n    let a = 1;\n    let sql = "SELECT 1";\n}',
            '/// Text: a hot read.\nfn f() {\n    let a = 1;\n}\n\nfn g() {\n    let sql = "SELECT 1";\n}',
            'fn f() {\n    // Text: a hot read.\n}\n\nfn g() {\n    let sql = "SELECT 1";\n}',
        ):
            self.assertFalse(has_reason(text), text)

    def test_a_method_of_http_is_no_statement(self):
        one = source('fn f() { route("DELETE"); g("DELETE FROM a") }')
        self.assertEqual([one.tokens[at].text for at in sql.statements(one)], ["DELETE FROM a"])

    def test_statements_as_text_do_not_become_many(self):
        text = "".join(f'// Text: a lock.\nconst S{n}: &str = "SELECT {n}";\n' for n in range(sql.MAXIMUM_STATEMENTS + 1))
        with with_media(text) as project:
            self.assertIn("at most", "".join(sql.check_reasons(project)[0]))


class Validators(unittest.TestCase):
    def test_rules_across_members_are_allowed_and_bounds_of_one_are_not(self):
        rules = '#[validate(\n    schema(function = "a"),\n    schema(function = "b", skip_on_field_errors = false)\n)]\nstruct S;'
        self.assertEqual(validators.member_validators(source(rules)), [])
        for name in ("length(min = 1)", "range(max = 3)", "email", "url", 'regex(path = "R")', "custom(function = f)", "nested"):
            text = f"struct S {{\n    #[validate({name})]\n    a: String,\n}}"
            with self.subTest(name):
                self.assertEqual(validators.member_validators(source(text)), [(2, name.split("(")[0])])


class Circles(unittest.TestCase):
    def found(self, **contents: str) -> list[list[str]]:
        sources = [source(text, f"crates/c/src/{name.replace('__', '/')}.rs") for name, text in contents.items()]
        src = Path("crates/c/src")
        found = circles.circles(circles.Crate("c", src, sources).edges())
        return [[path.relative_to(src).as_posix() for path in circle] for circle in found]

    def test_two_files_that_import_one_another(self):
        lib = "mod a; mod b; mod c;"
        self.assertEqual(
            self.found(lib=lib, a="use crate::b::B; pub struct A;", b="fn f() { super::a::A }  pub struct B;", c="use crate::a::A;"),
            [["a.rs", "b.rs"]],
        )

    def test_what_is_handed_on_leads_to_its_definition(self):
        lib = "mod a; mod b; pub use a::A; pub use b::B;"
        self.assertEqual(self.found(lib=lib, a="use crate::B; pub struct A;", b="pub struct B;"), [])
        self.assertEqual(self.found(lib=lib, a="use crate::B; pub struct A;", b="use crate::A; pub struct B;"), [["a.rs", "b.rs"]])

    def test_a_noun_in_layers_is_no_circle(self):
        contents = {
            "lib": "mod coupon; pub use coupon::Coupon;",
            "coupon__mod": "mod model; mod store; pub use model::Coupon; fn f() { store::get() }",
            "coupon__model": "pub struct Coupon;",
            "coupon__store": "use super::model::Coupon; pub fn get() {}",
        }
        self.assertEqual(self.found(**contents), [])
        contents["coupon__store"] = "use super::f; pub fn get() {}"
        self.assertEqual(self.found(**contents), [["coupon/mod.rs", "coupon/store.rs"]])

    def test_tests_do_not_close_a_circle(self):
        lib = "mod a; mod b;"
        b = "pub struct B; #[cfg(test)] mod tests { use super::*; use crate::a::A; }"
        self.assertEqual(self.found(lib=lib, a="use crate::b::B; pub struct A;", b=b), [])

    def test_a_circle_fails_with_a_way_round(self):
        contents = {
            "src/lib.rs": "mod a; mod b;",
            "src/a.rs": "use crate::b::B;\npub struct A;",
            "src/b.rs": "use crate::a::A;\npub struct B;",
        }
        with Repository(c=contents) as project:
            failures, _ = circles.check(project)
            self.assertIn("c, 2 files, for instance a.rs:1 → b.rs:1 → a.rs", failures)


class Files(unittest.TestCase):
    def test_a_long_file_and_one_without_a_heading(self):
        with Repository(c={"src/lib.rs": "\n" * 501, "src/a.rs": "//! A.\n"}) as project:
            self.assertEqual(len(files.check_sizes(project)[0]), 1)
            self.assertIn("crates/c/src/lib.rs:1: begin the file", files.check_headings(project)[0][0])


class Documents(unittest.TestCase):
    def test_links_anchors_and_paths_lead_somewhere(self):
        for text, fault in (
            ("[a](b.md)", "leads nowhere"),
            ("# One `two`\n[a](#one-two) [b](#three)", "has no heading #three"),
            ("`crates/media/src/gone.rs`", "which does not exist"),
        ):
            with self.subTest(text), with_media("") as project:
                (project.root / "README.md").write_text(text)
                failures, _ = documents.check(project)
                self.assertEqual(len(failures), 1)
                self.assertIn(fault, failures[0])
        with with_media("") as project:
            (project.root / "README.md").write_text("`crates/media/src/lib.rs` [x](https://x.example) ```\n[a](b)\n```")
            (project.root / "a.md").write_text("```\n[a](b)\n```\n[r](README.md)")
            self.assertEqual(documents.check(project)[0], ["README.md: the link to b leads nowhere: name the file that is there now"])


if __name__ == "__main__":
    unittest.main()
