"""Bounds of single members stand in the document's schemas alone: `validator` gets only the rules across members."""

from lint.project import Project
from lint.rust import Source

ALLOWED = {"schema"}


def member_validators(source: Source) -> list[tuple[int, str]]:
    """The line and the name of every validator of a single member: `#[validate(length(max = 3))]`."""
    found = []
    tokens = source.tokens
    for at in range(len(tokens) - 3):
        if [token.text for token in tokens[at : at + 4]] != ["#", "[", "validate", "("]:
            continue
        depth = 0
        for n in range(at + 3, len(tokens)):
            token = tokens[n]
            if token.kind == "punct":
                depth += (token.text in "([{") - (token.text in ")]}")
            if depth == 0:
                break
            if depth == 1 and token.kind == "ident" and token.text not in ALLOWED:
                found.append((token.line, token.text))
    return found


def check(project: Project) -> tuple[list[str], list[str]]:
    sources = project.crates["api"]
    failures = [
        f"{source.path}:{line}: `{name}` of a member: write the bound in its `#[schema(…)]`, which is documented and enforced"
        for source in sources
        for line, name in member_validators(source)
    ]
    rules = sum(source.text.count("#[validate(") for source in sources)
    return failures, [f"{rules} types with rules across their members"]
