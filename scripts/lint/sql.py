"""Statements that stay text: values have names, and each statement has a reason."""

import re
from collections import Counter

from lint.project import Project
from lint.rust import Source

# Where named values become positions, and what speaks the language of one database.
TRANSLATES = re.compile(r"crates/database/src/(?:sqlite|postgres|sql)\b")
BEGINS = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b")
WORDS = re.compile(r"\b(?:SELECT|FROM|WHERE|AND|OR|JOIN|SET|VALUES|IN|LIKE|LIMIT|MATCH|RETURNING|CASE|WHEN)\b|[=<>]|\(\?")
POSITION = re.compile(r"(?:^|(?<=[=<>(,\s]))(?:\?\d*|\$\d+)(?=$|[\s,):])")
ITEM = {"fn", "const", "static"}
# A doc comment says what something does; it is a reason only where it speaks of the text.
SPEAKS_OF_TEXT = re.compile(r"\b(?:text|SQL|statement|by hand)\b", re.IGNORECASE)


def positions(text: str, has_statements: bool) -> int:
    """How many values of a literal are bound by their place."""
    if text == "?":
        return int(has_statements)
    return len(POSITION.findall(text)) if WORDS.search(text) else 0


def statements(source: Source) -> list[int]:
    """The places of the tokens that are statements, outside tests."""
    return [
        at
        for at, token in enumerate(source.tokens)
        if token.kind == "string" and BEGINS.match(token.text) and not source.places[at].is_test
    ]


def has_reason(source: Source, at: int) -> bool:
    """Whether a comment stands above the statement's text or above the expression that holds it, or the documentation of
    its function, constant or file says why it is text."""
    comments = {comment.line: comment.text for comment in source.comments}
    code = {token.line for token in source.tokens}

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
    if above(source.tokens[at].line, is_plain):
        return True
    # The lines of the expression: back to the end of the statement before it, then to the item.
    begin = at
    while begin > 0 and source.tokens[begin - 1].text not in (";", "{", "}"):
        begin -= 1
    if above(source.tokens[begin].line, is_plain):
        return True
    item = begin
    while item > 0 and not (source.tokens[item].kind == "ident" and source.tokens[item].text in ITEM):
        item -= 1
    line = source.tokens[item].line
    # Attributes stand between the documentation and the item.
    while line > 1 and (line - 1 in code) and _is_attribute(source, line - 1):
        line -= 1
    return above(line, speaks)


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
    parts = ", ".join(f"{crate} {number}" for crate, number in count.most_common() if number)
    return failures, [f"{sum(count.values())} statements as text ({parts})"]
