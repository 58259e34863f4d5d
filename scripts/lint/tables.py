"""Who names which table: the sources of each crate against the `## Owns` and `## Reads` of its README.

A source names a table by its entity (`entity::courses`, a relation that leads to it) or in the text of a statement.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from lint.project import GENERATED, Project
from lint.rust import Source

CREATE_TABLE = re.compile(r"^\s*CREATE\s+(?:VIRTUAL\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.MULTILINE)
LISTED = re.compile(r"^- `(?P<table>\w+)`(?: \((?P<owner>\w+)\))?(?P<colon>:?)\s*(?P<text>.*)$")

# A table stands behind one of these words, or behind a comma in the list that follows FROM.
BEHIND = re.compile(
    r"\b(?P<word>FROM|JOIN|INTO|UPDATE|USING|TABLE|REFERENCES)\s+(?:ONLY\s+|LATERAL\s+)?(?P<name>[a-z_]\w*)", re.IGNORECASE
)
MORE_OF_LIST = re.compile(r"\s*(?:AS\s+)?(?:(?!(?:WHERE|JOIN|ON|SET)\b)[a-z_]\w*)?\s*,\s*(?P<name>[a-z_]\w*)", re.IGNORECASE)
CTE = re.compile(r"(?P<name>[a-z_]\w*)\s*(?:\([^()]*\)\s*)?AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\(", re.IGNORECASE)
# The place of a table that is filled in.
HOLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+\{")
QUOTED = re.compile(r"'(?:[^']|'')*'")

RELATION = re.compile(
    r"(?P<attribute>#\[sea_orm\([^\]]*\)\])\s*pub (?P<field>\w+): \w+<(?:Option<)?super::(?P<table>\w+)::Entity"
)
RELATION_ENUM = re.compile(r'relation_enum\s*=\s*"(\w+)"')
ENTITY_IN_TEXT = re.compile(r"\bentity::(\w+)")
ENTITY_WRITES = {"insert", "insert_many", "update", "update_many", "delete", "delete_many", "delete_by_id"}


@dataclass(frozen=True)
class Mention:
    table: str
    file: Path
    line: int
    writes: bool


@dataclass
class Readme:
    path: Path
    owns: dict[str, str]
    reads: dict[str, tuple[str, str]]  # table: its owner, the reason
    faults: list[str]


def all_tables(root: Path) -> set[str]:
    """What the migrations create, without the copies by which SQLite rebuilds a table (`new_watches`)."""
    return {
        name
        for path in sorted((root / "migration/src").rglob("*.sql"))
        for name in CREATE_TABLE.findall(path.read_text(encoding="utf-8"))
        if not name.startswith("new_")
    }


def read_readme(path: Path, text: str) -> Readme:
    readme = Readme(path, {}, {}, [])
    section = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            section = line.lstrip("#").strip()
            continue
        if section not in ("Owns", "Reads") or not line.startswith("- "):
            continue
        match = LISTED.match(line)
        where = f"{path}:{number}"
        if match is None or not match["colon"] or not match["text"]:
            shape = "- `table`: what it holds" if section == "Owns" else "- `table` (owner): the reason"
            readme.faults.append(f"{where}: a line of `## {section}` reads `{shape}`")
        elif section == "Owns":
            readme.owns[match["table"]] = match["text"]
        elif match["owner"] is None:
            readme.faults.append(f"{where}: say in brackets which crate owns `{match['table']}`")
        else:
            readme.reads[match["table"]] = (match["owner"], match["text"])
    return readme


def tables_of_sql(text: str, tables: set[str]) -> set[tuple[str, bool]]:
    """The tables that a statement names, and whether it writes them. Names of CTEs are none of them."""
    text = QUOTED.sub("''", text)
    ctes = []
    if re.search(r"\bWITH\b", text, re.IGNORECASE):
        recursive = re.search(r"\bWITH\s+RECURSIVE\b", text, re.IGNORECASE) is not None
        for match in CTE.finditer(text):
            # Inside its own body the name still means the table, but where it is recursive.
            begins = match.start() if recursive else _closing(text, match.end())
            ctes.append((match["name"], begins))

    found = set()

    def add(name: str, at: int, writes: bool) -> None:
        if name in tables and not any(name == cte and at >= begins for cte, begins in ctes):
            found.add((name, writes))

    for match in BEHIND.finditer(text):
        word = match["word"].upper()
        if word == "UPDATE" and re.search(r"\bFOR\s+(?:NO\s+KEY\s+)?$", text[: match.start()], re.IGNORECASE):
            continue
        deletes = word == "FROM" and re.search(r"\bDELETE\s+$", text[: match.start()], re.IGNORECASE) is not None
        add(match["name"], match.start("name"), deletes or word in ("INTO", "UPDATE"))
        if word == "FROM":
            at = match.end("name")
            while more := MORE_OF_LIST.match(text, at):
                add(more["name"], more.start("name"), False)
                at = more.end("name")
    return found


def _closing(text: str, at: int) -> int:
    depth = 1
    while at < len(text) and depth:
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return at


def relations(root: Path) -> dict[tuple[str, str], str]:
    """The table to which a relation of an entity leads, by table and name."""
    found = {}
    for path in sorted((root / GENERATED).glob("*.rs")):
        for match in RELATION.finditer(path.read_text(encoding="utf-8")):
            names = [_camel(match["field"]), _camel(match["table"]), *RELATION_ENUM.findall(match["attribute"])]
            for name in names:
                found[path.stem, name] = match["table"]
    return found


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def mentions(source: Source, tables: set[str], leads_to: dict[tuple[str, str], str]) -> list[Mention]:
    """Every table that a source names outside its tests."""
    if source.path.name == "tests.rs":
        return []
    found: list[Mention] = []
    aliases = {}
    for use in source.uses:
        if use.path[:1] == ("entity",) and len(use.path) > 1 and use.path[1] in tables:
            aliases[use.name] = use.path[1]
            if not use.is_test:
                found.append(Mention(use.path[1], source.path, use.line, use.name == "ActiveModel"))
    for path in source.paths:
        if path.is_test:
            continue
        segments = path.path
        table = None
        for at, segment in enumerate(segments):
            if segments[0] == "entity" and at == 1 and segment in tables:
                table = segment
                found.append(Mention(table, source.path, path.line, False))
            elif segment in aliases and at == 0:
                table = aliases[segment]
            elif segment in tables and at + 1 < len(segments) and segments[at + 1] in ("Entity", "Relation", "ActiveModel"):
                table = segment
            elif table and segment == "Relation" and at + 1 < len(segments):
                if target := leads_to.get((table, segments[at + 1])):
                    found.append(Mention(target, source.path, path.line, False))
            elif table and (segment == "ActiveModel" or segment in ENTITY_WRITES):
                found.append(Mention(table, source.path, path.line, True))
    has_hole = any(HOLE.search(token.text) for token in source.strings)
    for at, token in enumerate(source.tokens):
        if token.kind != "string" or source.places[at].is_test:
            continue
        # A name alone, to be put into such a place.
        if has_hole and token.text in tables:
            found.append(Mention(token.text, source.path, token.line, False))
        for table in ENTITY_IN_TEXT.findall(token.text):
            if table in tables:
                found.append(Mention(table, source.path, token.line, False))
        if "FROM" in token.text or "JOIN" in token.text or "INTO" in token.text or "UPDATE" in token.text:
            for table, writes in sorted(tables_of_sql(token.text, tables)):
                found.append(Mention(table, source.path, token.line, writes))
    return found


def check(project: Project) -> tuple[list[str], list[str]]:
    tables = all_tables(project.root)
    leads_to = relations(project.root)
    failures: list[str] = []
    readmes = {}
    owners: dict[str, str] = {}
    for crate in project.crates:
        path = project.root / "crates" / crate / "README.md"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        readme = readmes[crate] = read_readme(path.relative_to(project.root), text)
        failures += readme.faults
        for table in readme.owns:
            if table not in tables:
                failures.append(f"{readme.path}: owns `{table}`, which no migration creates")
            elif table in owners:
                failures.append(f"{readme.path}: owns `{table}`, which {owners[table]} owns too: one of them has to go")
            owners.setdefault(table, crate)
    for table in sorted(tables - owners.keys()):
        failures.append(f"no crate owns the table `{table}`: list it under `## Owns` of the README of the crate that writes it")

    crossings = 0
    for crate, sources in project.crates.items():
        readme = readmes[crate]
        used = set()
        told = set()
        for mention in (one for source in sources for one in mentions(source, tables, leads_to)):
            table, owner = mention.table, owners.get(mention.table)
            used.add(table)
            if owner in (crate, None):
                continue
            where = f"{mention.file}:{mention.line}"
            if table not in readme.reads:
                if (mention.file, table) not in told:
                    told.add((mention.file, table))
                    failures.append(
                        f"{where}: {crate} names the table `{table}`, which {owner} owns: call a function of {owner}, or list"
                        f" the table under `## Reads` of {readme.path} with the reason"
                    )
            elif mention.writes:
                failures.append(f"{where}: {crate} writes the table `{table}`, which {owner} owns: call a function of {owner}")
        crossings += len(readme.reads)
        for table, (owner, _) in readme.reads.items():
            if table not in tables:
                failures.append(f"{readme.path}: reads `{table}`, which no migration creates")
            elif owners.get(table) != owner:
                failures.append(f"{readme.path}: says that {owner} owns `{table}`; it is {owners.get(table)}")
            elif table not in used:
                failures.append(f"{readme.path}: lists `{table}` under `## Reads`, but no source of {crate} names it: take it out")
    return failures, [f"{len(owners)} tables, each owned by one crate; {crossings} reads of another crate's tables, with reasons"]
