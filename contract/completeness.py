"""What every operation must tell, beyond what the linters ask: problems(document) lists what is missing."""

import re
from collections import Counter
from collections.abc import Iterator

from contract_diff import METHODS, resolve

PROBLEM = "application/problem+json"
CAMEL_CASE = re.compile(r"[a-z][a-zA-Z0-9]*")
# What a summary begins with that is no verb.
NO_VERB = re.compile(r"(?:An?|The|This|That|These|My|Of|To|What|Who|Whose|Which|When|Where|How|Is|Are|Can|Does)\b")


def operations(document: dict) -> Iterator[tuple[str, dict]]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def problems(document: dict) -> list[str]:
    found = [f"{at}: {what}" for at, operation in operations(document) for what in _lacks(document, operation)]
    names = Counter(operation.get("operationId") for _, operation in operations(document))
    found += [f"{at}: {what}" for at, schema in _schemas(document, "") for what in _vague(schema)]
    return found + [f"operationId {name} is used {count} times" for name, count in names.items() if name and count > 1]


def _schemas(node: object, at: str) -> Iterator[tuple[str, dict]]:
    """Everything that may be a schema, with its place."""
    if isinstance(node, dict):
        yield at, node
        for name, part in node.items():
            if name not in ("example", "examples"):
                yield from _schemas(part, f"{at}/{name}")
    elif isinstance(node, list):
        for index, part in enumerate(node):
            yield from _schemas(part, f"{at}/{index}")


def _vague(schema: dict) -> Iterator[str]:
    """What generators guess, and clients then find out."""
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if "integer" in types and "format" not in schema:
        yield "an integer without a format"
    # Of a list, the values are those of its items.
    values = schema.get("items", schema)
    if "ay be added" in str(schema.get("description", "")) and {"string", "array"} & set(types):
        if not values.get("x-extensible-enum"):
            yield "a set that may grow, without x-extensible-enum"
    names = [re.sub(r"\W", "", str(value)).lower() for value in schema.get("enum", [])]
    if len(set(names)) < len(names) and "x-enum-varnames" not in schema:
        yield "values that are alike once they are constants, without x-enum-varnames"


def _lacks(document: dict, operation: dict) -> Iterator[str]:
    if not CAMEL_CASE.fullmatch(operation.get("operationId", "")):
        yield f"operationId {operation.get('operationId')!r} is not camelCase"
    for text in ("summary", "description"):
        if not operation.get(text, "").strip():
            yield f"no {text}"
    summary = operation.get("summary", "")
    if NO_VERB.match(summary) or summary.endswith(("?", ".")):
        yield f"the summary {summary!r} is not a verb and its object, such as `List courses`"
    if len(operation.get("tags", [])) != 1:
        yield f"not exactly one tag: {operation.get('tags', [])}"
    if "security" not in operation and "security" not in document:
        yield "no security, which a public operation says with an empty list"
    if "x-problem-codes" not in operation:
        yield "no x-problem-codes"
    if "requestBody" in operation and operation.get("security") not in (None, [], [{}]) and "x-example-account" not in operation:
        yield "no x-example-account: say who sends its example, in requests.json"
    yield from _no_example(document, "request", resolve(document, operation.get("requestBody", {})))

    responses = operation.get("responses", {})
    if not any(status.startswith(("2", "3")) for status in responses):
        yield "no success response"
    for status, response in responses.items():
        response = resolve(document, response)
        if not re.fullmatch(r"[1-5]\d\d", status):
            yield f"status {status} is not explicit"
        elif status.startswith("2"):
            yield from _no_example(document, status, response)
        elif status[0] in "45" and set(response.get("content", {})) != {PROBLEM}:
            yield f"{status} is not {PROBLEM}"


def _no_example(document: dict, where: str, body: dict) -> Iterator[str]:
    for media_type, content in body.get("content", {}).items():
        is_json = re.fullmatch(r"application/([\w.-]+\+)?json", media_type)
        if is_json and not ("example" in content or "examples" in content):
            if not _shows_itself(document, content.get("schema"), ()):
                yield f"no example of the {where} body as {media_type}"


def _shows_itself(document: dict, schema: object, above: tuple[str, ...]) -> bool:
    """Whether an example can be put together from the schema's own examples, as the documentation page does."""
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    if reference in above:  # the page stops at a recursion too
        return True
    above = (*above, reference) if reference else above
    schema = resolve(document, schema)
    if any(key in schema for key in ("example", "examples", "const", "enum", "default")):
        return True
    if "allOf" in schema:
        return all(_shows_itself(document, part, above) for part in schema["allOf"])
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return any(_shows_itself(document, option, above) for option in schema[key])
    if "properties" in schema:
        return all(_shows_itself(document, member, above) for member in schema["properties"].values())
    if "items" in schema:
        return _shows_itself(document, schema["items"], above)
    # These say everything by their type; a string or a number does not.
    return schema.get("type") in ("boolean", "null")
