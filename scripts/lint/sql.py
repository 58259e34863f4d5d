"""Statements that stay text: values have names, each statement has a reason, and they do not become many."""

import re
from collections import Counter
from collections.abc import Iterator

from lint.project import Project
from lint.rust import Source, Token

# Where named values become positions, and what speaks the language of one database.
TRANSLATES = re.compile(r"crates/database/src/(?:sqlite|postgres|sql)\b")
# A word follows: `"DELETE"` alone is a method of HTTP.
BEGINS = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b.*\w", re.DOTALL)
WORDS = re.compile(r"\b(?:SELECT|FROM|WHERE|AND|OR|JOIN|SET|VALUES|IN|LIKE|LIMIT|MATCH|RETURNING|CASE|WHEN)\b|[=<>]|\(\?")
POSITION = re.compile(r"(?:^|(?<=[=<>(,\s]))(?:\?\d*|\$\d+)(?=$|[\s,):])")
ITEM = {"fn", "const", "static"}
MAXIMUM_STATEMENTS = 219
# A doc comment says what something does; it is a reason only where it speaks of the text.
SPEAKS_OF_TEXT = re.compile(r"\b(?:text|SQL|statement|by hand)\b", re.IGNORECASE)


def positions(text: str, has_statements: bool) -> int:
    """How many values of a literal are bound by their place."""
    if text == "?":
        return int(has_statements)
    # Without a letter it is a fragment of a statement, or no SQL at all: `<?` begins XML.
    if not has_statements and not re.search("[A-Za-z]", text):
        return 0
    return len(POSITION.findall(text)) if WORDS.search(text) else 0


def statements(source: Source) -> list[int]:
    """The places of the tokens that are statements, outside tests."""
    return [
        at
        for at, token in enumerate(source.tokens)
        if token.kind == "string" and BEGINS.match(token.text) and not source.places[at].is_test
    ]


def has_reason(source: Source, at: int) -> bool:
    """Whether a comment stands above the statement's text or above the expression that holds it, or one that speaks of the
    text stands above it in its function, or the documentation of its function, constant or file says why it is text."""
    comments = {comment.line: comment.text for comment in source.comments}
    code = {token.line for token in source.tokens}
    tokens = source.tokens

    def above(line: int, accepts) -> bool:
        line -= 1
        while line in comments and line not in code:
            if accepts(comments[line]):
                return True
            line -= 1
        return False

    def is_plain(text: str) -> bool:
        return not text.startswith(("///", "//!"))

    def speaks(text: str) -> bool:
        return is_plain(text) or SPEAKS_OF_TEXT.search(text) is not None

    if any(comment.is_module_doc and SPEAKS_OF_TEXT.search(comment.text) for comment in source.comments):
        return True
    begin = _beginning(tokens, at)
    if above(tokens[at].line, is_plain) or above(tokens[begin].line, is_plain):
        return True
    for item in _items_around(tokens, at):
        line = tokens[item].line
        inside = range(line, tokens[at].line)
        if any(n in inside and is_plain(text) and SPEAKS_OF_TEXT.search(text) for n, text in comments.items()):
            return True
        # Attributes stand between the documentation and the item.
        while line > 1 and (line - 1 in code) and _is_attribute(source, line - 1):
            line -= 1
        if above(line, speaks):
            return True
    return False


def _beginning(tokens: list[Token], at: int) -> int:
    """The first token of the expression or item: what stands behind the end of the one before it."""
    while at > 0 and tokens[at - 1].text not in (";", "{", "}"):
        at -= 1
    return at


def _items_around(tokens: list[Token], at: int) -> Iterator[int]:
    """The constant that the token belongs to, if it does, and the functions that hold it, from the innermost."""
    depth = 0
    for before in range(at, -1, -1):
        text = tokens[before].text if tokens[before].kind == "punct" else ""
        depth += (text == "}") - (text == "{")
        if before == at or depth < 0:
            depth = 0
            head = range(_beginning(tokens, before), before)
            yield from (n for n in head if tokens[n].kind == "ident" and tokens[n].text in ITEM)


def _is_attribute(source: Source, line: int) -> bool:
    first = next((token for token in source.tokens if token.line == line), None)
    return first is not None and first.text in ("#", ")", "]", "reason", "clippy")


def check_positions(project: Project) -> tuple[list[str], list[str]]:
    failures = []
    count = 0
    for sources in project.crates.values():
        for source in sources:
            if TRANSLATES.match(source.path.as_posix()):
                continue
            has_statements = bool(statements(source))
            for token in source.strings:
                if found := positions(token.text, has_statements):
                    count += found
                    failures.append(
                        f"{source.path}:{token.line}: {found} value{'s' * (found > 1)} by position:"
                        " give each a name (`:course_id`) and bind it with `values! { course_id }`"
                    )
    return failures, [f"{count} positional values in SQL"]


def check_reasons(project: Project) -> tuple[list[str], list[str]]:
    failures = []
    count: Counter[str] = Counter()
    for crate, sources in project.crates.items():
        for source in sources:
            found = statements(source)
            count[crate] += len(found)
            for at in found:
                if not has_reason(source, at):
                    failures.append(
                        f"{source.path}:{source.tokens[at].line}: a statement as text without a reason: use the entity, or say"
                        " in a comment above it why it is text"
                    )
    total = sum(count.values())
    if total > MAXIMUM_STATEMENTS:
        failures.append(f"{total} statements as text, at most {MAXIMUM_STATEMENTS} are allowed: use the entities")
    parts = ", ".join(f"{crate} {number}" for crate, number in count.most_common() if number)
    return failures, [f"{total} statements as text ({parts})"]
