"""Rust sources as tokens: enough of the language to find paths, items and string literals, and nothing more."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<ident>(?:r\#)?[A-Za-z_]\w*(?!["\w#']))
  | (?P<path>::)
  | (?P<line_comment>//[^\n]*)
  | (?P<block_comment>/\*)
  | (?P<raw>(?:b|c)?r(?P<hashes>\#*)".*?"(?P=hashes))
  | (?P<string>(?:b|c)?"(?:[^"\\]|\\.)*")
  | (?P<char>b?'(?:[^'\\]|\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]+\}|.))')
  | (?P<lifetime>'[A-Za-z_]\w*)
  | (?P<word>(?:r\#)?[A-Za-z_]\w*)
  | (?P<number>[0-9][\w]*(?:\.[0-9]\w*)?)
  | (?P<punct>.)
    """,
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(?:\r?\n\s*|u\{[0-9a-fA-F_]+\}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", '\\"': '"', "\\'": "'", "\\\\": "\\", "\\0": "\0"}
BLOCK_EDGE = re.compile(r"/\*|\*/")


class Token(NamedTuple):
    kind: str  # ident, string, path, punct, number, char, lifetime
    text: str  # of a string: its value
    line: int


@dataclass
class Comment:
    line: int
    text: str

    @property
    def is_module_doc(self) -> bool:
        return self.text.startswith("//!")


def _unescape(body: str) -> str:
    if "\\" not in body:
        return body

    def replace(match: re.Match) -> str:
        escape = match.group()
        # A backslash at the end of a line joins it with the next one, without its indentation.
        if escape[1] in "\r\n":
            return ""
        return ESCAPES.get(escape, " ")

    return ESCAPE.sub(replace, body)


def tokenize(source: str) -> tuple[list[Token], list[Comment]]:
    """The tokens and the comments of a source; a string token has the value of the literal."""
    tokens: list[Token] = []
    comments: list[Comment] = []
    at, line, end = 0, 1, len(source)
    match_token = TOKEN.match
    while at < end:
        match = match_token(source, at)
        kind, text, at = match.lastgroup, match.group(), match.end()
        if kind == "ident" or kind == "word":
            tokens.append(Token("ident", text.removeprefix("r#"), line))
            continue
        if kind == "punct" or kind == "path" or kind == "char" or kind == "lifetime" or kind == "number":
            tokens.append(Token(kind, text, line))
        elif kind == "string":
            tokens.append(Token("string", _unescape(text[text.index('"') + 1 : -1]), line))
        elif kind == "raw":
            hashes = len(match["hashes"])
            tokens.append(Token("string", text[text.index('"') + 1 : len(text) - hashes - 1], line))
        elif kind == "line_comment":
            comments.append(Comment(line, text))
        elif kind == "block_comment":
            # Block comments nest.
            depth = 1
            while depth and (edge := BLOCK_EDGE.search(source, at)):
                depth += 1 if edge.group() == "/*" else -1
                at = edge.end()
            at = at if depth == 0 else end
            text = source[match.start() : at]
            comments.append(Comment(line, text))
        line += text.count("\n")
    return tokens, comments


@dataclass
class Use:
    """One name that a `use` brings in: `use a::b as c` is path (a, b) and name c; the name of a glob is `*`."""

    path: tuple[str, ...]
    name: str
    line: int
    depth: int = 0  # in how many modules written inside the file
    is_test: bool = False
    is_export: bool = False  # `pub use`


@dataclass
class Place:
    """Where a token stands: in how many modules that are written inside the file, and whether it is test code."""

    depth: int
    is_test: bool


@dataclass
class Source:
    """One file."""

    path: Path  # relative to the repository
    text: str
    tokens: list[Token] = field(init=False)
    comments: list[Comment] = field(init=False)

    def __post_init__(self):
        self.tokens, self.comments = tokenize(self.text)

    @classmethod
    def read(cls, root: Path, path: Path) -> "Source":
        return cls(path.relative_to(root), path.read_text(encoding="utf-8"))

    @property
    def strings(self):
        return (token for token in self.tokens if token.kind == "string")

    @cached_property
    def places(self) -> list[Place]:
        """Of every token, where it stands."""
        places = []
        braces = 0
        modules: list[tuple[int, bool]] = []  # the brace that opened it, whether it is a test's
        here = Place(0, False)
        opens_module = None
        for at, token in enumerate(self.tokens):
            if token.text == "{" and token.kind == "punct":
                braces += 1
                if at == opens_module:
                    modules.append((braces, here.is_test or self._is_test_item(at - 2)))
                    here = Place(len(modules), modules[-1][1])
            elif token.text == "}" and token.kind == "punct":
                if modules and modules[-1][0] == braces:
                    modules.pop()
                    here = Place(len(modules), bool(modules) and modules[-1][1])
                braces -= 1
            elif (
                token.text == "mod"
                and token.kind == "ident"
                and at + 2 < len(self.tokens)
                and self.tokens[at + 2].text == "{"
            ):
                opens_module = at + 2
            places.append(here)
        return places

    def _is_test_item(self, at: int) -> bool:
        """Whether the attributes before the item that begins here are `#[cfg(test)]`."""
        before = "".join(token.text for token in self.tokens[max(0, at - 12) : at])
        return before.endswith("#[cfg(test)]")

    @cached_property
    def uses(self) -> list[Use]:
        """Every `use` of the file, wherever it stands."""
        found: list[Use] = []
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "ident" and token.text == "use" and self._begins_item(at):
                place, first = self.places[at], len(found)
                # `pub use`, or the bracket of `pub(crate) use`.
                is_export = at > 0 and self.tokens[at - 1].text in ("pub", ")")
                at = self._use_tree(at + 1, (), found)
                for use in found[first:]:
                    use.depth, use.is_test, use.is_export = place.depth, place.is_test, is_export
            at += 1
        return found

    def _begins_item(self, at: int) -> bool:
        # Not the `use<'a>` of a bound: a path, a brace or a crate follows.
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        return following is not None and following.text != "<"

    def _use_tree(self, at: int, prefix: tuple[str, ...], found: list[Use]) -> int:
        """Reads one tree; answers the place of the `;`, `,` or `}` behind it."""
        path = prefix
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "path":
                at += 1
            elif token.text == "{":
                at += 1
                while self.tokens[at].text != "}":
                    at = self._use_tree(at, path, found)
                    if self.tokens[at].text == ",":
                        at += 1
                return at + 1
            elif token.text == "*":
                found.append(Use(path, "*", token.line))
                return at + 1
            elif token.kind == "ident":
                path = (*path, token.text)
                at += 1
                following = self.tokens[at]
                if following.kind == "path":
                    continue
                name = path[-1]
                if following.text == "as":
                    name = self.tokens[at + 1].text
                    at += 2
                if path[-1] == "self":
                    name = path[-2] if name == "self" and len(path) > 1 else name
                    path = path[:-1]
                found.append(Use(path, name, token.line))
                return at
            else:
                return at
        return at

    @cached_property
    def paths(self) -> list[Use]:
        """Every path of two segments or more that is written out (`a::b::c`), those of `use` and of `pub(in a::b)` left out."""
        found = []
        tokens = self.tokens
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind == "ident" and token.text == "use" and self._begins_item(at):
                while at < len(tokens) and tokens[at].text != ";":
                    at += 1
                continue
            if token.kind == "ident" and at + 1 < len(tokens) and tokens[at + 1].kind == "path":
                segments, place = [token.text], self.places[at]
                at += 1
                while at + 1 < len(tokens) and tokens[at].kind == "path" and tokens[at + 1].kind == "ident":
                    segments.append(tokens[at + 1].text)
                    at += 2
                if len(segments) > 1 and not self._is_visibility(at - 2 * len(segments) + 1):
                    found.append(Use(tuple(segments), segments[-1], token.line, place.depth, place.is_test))
                continue
            at += 1
        return found

    def _is_visibility(self, at: int) -> bool:
        """Whether the path that begins here says who may see an item."""
        return at >= 3 and [token.text for token in self.tokens[at - 3 : at]] == ["pub", "(", "in"]

    @cached_property
    def words(self) -> set[str]:
        """The identifiers of the file outside its `use` statements."""
        words = set()
        in_use = False
        for at, token in enumerate(self.tokens):
            if token.kind == "ident" and token.text == "use" and self._begins_item(at):
                in_use = True
            elif token.text == ";":
                in_use = False
            elif token.kind == "ident" and not in_use:
                words.add(token.text)
        return words

    @cached_property
    def items(self) -> set[str]:
        """The names of the items that the file defines, in it or in a module written inside it."""
        kinds = {"struct", "enum", "union", "trait", "type", "fn", "const", "static", "macro_rules"}
        names = set()
        for at, token in enumerate(self.tokens[:-1]):
            if token.kind != "ident" or token.text not in kinds:
                continue
            following = self.tokens[at + 1]
            if following.text == "!" and at + 2 < len(self.tokens):
                following = self.tokens[at + 2]
            if following.kind == "ident":
                names.add(following.text)
        return names

    @cached_property
    def child_modules(self) -> set[str]:
        """Modules with a file of their own: `mod name;`."""
        return {
            self.tokens[at + 1].text
            for at in range(len(self.tokens) - 2)
            if self.tokens[at].text == "mod"
            and self.tokens[at].kind == "ident"
            and self.tokens[at + 2].text == ";"
        }
