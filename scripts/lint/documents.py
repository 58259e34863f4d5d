"""What documents name has to exist: the targets of links, and paths in backticks."""

import re
from pathlib import Path

from lint.project import Project

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# With a suffix of its own: a folder alone may be something that a reader is told to make.
PATH = re.compile(r"`((?:crates|docs|migration|openapi|scripts|tests|contract|bench|xtask)/[\w./-]+\.(?:rs|md|sql|sh|py|toml))(?::\d+)?`")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
MAXIMUM_WORDS = {Path("docs/ARCHITECTURE.md"): 2500}


def _anchors(text: str) -> set[str]:
    headings = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in HEADING.findall(CODE_BLOCK.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _documents(root: Path) -> list[Path]:
    folders = ("bench", "contract", "crates", "docs", "examples", "openapi", "tests")
    found = list(root.glob("*.md")) + [path for folder in folders for path in (root / folder).rglob("*.md")]
    return sorted(path for path in found if "node_modules" not in path.parts)


def check(project: Project) -> tuple[list[str], list[str]]:
    root = project.root
    failures = []
    documents = _documents(root)
    for document in documents:
        name = document.relative_to(root)
        text = document.read_text(encoding="utf-8")
        for match in LINK.finditer(CODE_BLOCK.sub(lambda block: "\n" * block.group().count("\n"), text)):
            target, _, anchor = match[1].partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            path = (document.parent / target).resolve() if target else document
            if not path.exists():
                failures.append(f"{name}: the link to {match[1]} leads nowhere: name the file that is there now")
            elif anchor and path.suffix == ".md" and anchor not in _anchors(path.read_text(encoding="utf-8")):
                failures.append(f"{name}: {target or name} has no heading #{anchor}: link to one that it has")
        for path in sorted(set(PATH.findall(text))):
            if not (root / path).exists():
                failures.append(f"{name}: names `{path}`, which does not exist: name the file that is there now")
        words = len(text.split())
        if words > MAXIMUM_WORDS.get(name, words):
            failures.append(f"{name}: {words} words, at most {MAXIMUM_WORDS[name]}: move details to the README of the crate")
    return failures, [f"links and paths in {len(documents)} documents"]
