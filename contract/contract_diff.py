#!/usr/bin/env python3
"""Breaking changes between two OpenAPI 3.1 documents: contract_diff.py RELEASED CURRENT; exit code 1 if there are any.

The rule has a direction. What clients send may only be accepted more widely: each thing that was accepted still is.
What clients receive may only get narrower: each thing that comes now was promised before. Both are decided from the
schemas alone, so a change of meaning under the same shape passes.
"""

import json
import sys
from pathlib import Path

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Keyword -> +1 if a larger value lets more through, -1 if it lets less through.
LIMITS = {
    "maxLength": 1, "maximum": 1, "exclusiveMaximum": 1, "maxItems": 1, "maxProperties": 1,
    "minLength": -1, "minimum": -1, "exclusiveMinimum": -1, "minItems": -1, "minProperties": -1,
}  # fmt: skip

# A client leans on these in what it receives ("never empty", "never negative"); upper bounds only size its columns.
PROMISED_LIMITS = ("minItems", "minLength", "minProperties", "minimum", "exclusiveMinimum")

SENT, RECEIVED = "sent", "received"


def breaking_changes(released: dict, current: dict) -> list[str]:
    """Every breaking change as `where: what`, in the order of the released document, each once."""
    return list(dict.fromkeys(f"{at}: {what}" for at, what in _Diff(released, current).document()))


def resolve(document: dict, node: object) -> dict:
    """The node behind a chain of local references; keywords beside a `$ref` are kept and win."""
    node = node if isinstance(node, dict) else {}
    while "$ref" in node:
        target: object = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def alternatives(document: dict, schema: object) -> list[dict]:
    """The schema as plain schemas of one type each: `oneOf`, `anyOf`, type lists and `allOf` are taken apart."""
    schema = resolve(document, schema)
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            shared = {k: v for k, v in schema.items() if k not in ("oneOf", "anyOf", "description", "title")}
            return [
                plain
                for option in schema[keyword]
                for plain in alternatives(document, {**shared, **resolve(document, option)})
            ]
    if "allOf" in schema:
        return alternatives(document, _merged(document, schema))
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": one} for one in schema["type"]]
    return [schema]


def _merged(document: dict, schema: dict) -> dict:
    merged = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        part = resolve(document, part)
        if "allOf" in part:
            part = _merged(document, part)
        for key, value in part.items():
            if key == "properties":
                merged[key] = {**merged.get(key, {}), **value}
            elif key == "required":
                merged[key] = [*merged.get(key, []), *value]
            else:
                merged.setdefault(key, value)
    return merged


class _Diff:
    """Each method yields pairs of a place and a problem; `old` and `new` are the same node in the two documents."""

    def __init__(self, released: dict, current: dict):
        self.old, self.new = released, current
        # Problems of each pair of schemas seen so far, by places relative to it. A pair that is still being compared,
        # which a recursive schema meets again below itself, counts as equal: its problems show at the top.
        self.known: dict[tuple, list[tuple[str, str]]] = {}

    def document(self):
        yield from self.schemes()
        for path, old in self.old.get("paths", {}).items():
            new = self.new.get("paths", {}).get(path, {})
            for method in METHODS:
                at = f"{method.upper()} {path}"
                if method in old and method not in new:
                    yield at, "operation removed"
                elif method in old:
                    yield from self.operation(old, new, method, at)
        # We send these, so that their bodies are what a client receives.
        for name, old in (self.old.get("webhooks") or {}).items():
            new = (self.new.get("webhooks") or {}).get(name, {})
            for method in METHODS:
                at = f"webhook {name}"
                if method in old and method not in new:
                    yield at, "webhook removed"
                elif method in old:
                    bodies = (self.body(self.old, old[method]), self.body(self.new, new[method]))
                    yield from self.content(*bodies, RECEIVED, at)

    def operation(self, old_path: dict, new_path: dict, method: str, at: str):
        old, new = old_path[method], new_path[method]
        if old.get("operationId") != new.get("operationId"):
            yield at, f"operationId {old.get('operationId')} -> {new.get('operationId')}"
        yield from self.parameters(
            self.parameters_of(self.old, old_path, old), self.parameters_of(self.new, new_path, new), at
        )
        old_body, new_body = self.body(self.old, old), self.body(self.new, new)
        if new_body.get("required") and not old_body.get("required"):
            yield at, "request body became required"
        yield from self.content(old_body, new_body, SENT, f"{at} request")
        yield from self.responses(old.get("responses", {}), new.get("responses", {}), at)
        yield from self.security(old, new, at)
        # Whoever handles a code waits for it.
        for code in old.get("x-problem-codes", []):
            if code not in new.get("x-problem-codes", []):
                yield at, f"problem code {code} removed"

    @staticmethod
    def body(document: dict, operation: dict) -> dict:
        return resolve(document, operation.get("requestBody", {}))

    @staticmethod
    def parameters_of(document: dict, path_item: dict, operation: dict) -> dict:
        both = [*path_item.get("parameters", []), *operation.get("parameters", [])]
        found = [resolve(document, parameter) for parameter in both]
        # Header names have no case.
        return {(p["in"], p["name"].lower() if p["in"] == "header" else p["name"]): p for p in found}

    def parameters(self, old: dict, new: dict, at: str):
        for key, parameter in old.items():
            where = f"{at} {key[0]} {key[1]}"
            if key not in new:
                yield where, "parameter removed"
                continue
            if new[key].get("required") and not parameter.get("required"):
                yield where, "parameter became required"
            for keyword in ("style", "explode"):
                if parameter.get(keyword) != new[key].get(keyword):
                    yield where, f"{keyword} {parameter.get(keyword)} -> {new[key].get(keyword)}"
            yield from self.schema(parameter.get("schema"), new[key].get("schema"), SENT, where)
        for key in new.keys() - old.keys():
            if new[key].get("required"):
                yield f"{at} {key[0]} {key[1]}", "required parameter added"

    def responses(self, old: dict, new: dict, at: str):
        for status, response in old.items():
            where = f"{at} {status}"
            if status not in new:
                yield where, "response removed"
                continue
            before, after = resolve(self.old, response), resolve(self.new, new[status])
            yield from self.content(before, after, RECEIVED, where)
            kept = {name.lower(): header for name, header in after.get("headers", {}).items()}
            for name, header in before.get("headers", {}).items():
                if name.lower() not in kept:
                    yield where, f"header {name} removed"
                    continue
                promised, sent = resolve(self.old, header), resolve(self.new, kept[name.lower()])
                if promised.get("required") and not sent.get("required"):
                    yield where, f"header {name} no longer always sent"
                yield from self.schema(promised.get("schema"), sent.get("schema"), RECEIVED, f"{where} header {name}")
            yield from self.links(before.get("links", {}), after.get("links", {}), where)
        # Clients treat an unknown error as an error; an unknown success is a shape that they cannot read.
        for status in new.keys() - old.keys():
            if status[0] in "23":
                yield f"{at} {status}", "success response added"

    def links(self, old: dict, new: dict, at: str):
        for name, link in old.items():
            before, after = resolve(self.old, link), resolve(self.new, new.get(name, {}))
            if name not in new:
                yield at, f"link {name} removed"
            elif any(before.get(part) != after.get(part) for part in ("operationId", "parameters")):
                yield at, f"link {name} leads elsewhere"

    def schemes(self):
        """The ways to log in: a client that was written for one of them knows it by these members."""
        before, after = (d.get("components", {}).get("securitySchemes", {}) for d in (self.old, self.new))
        for name, scheme in before.items():
            at, kept = f"security scheme {name}", after.get(name)
            if kept is None:
                yield at, "removed"
                continue
            for member in ("type", "scheme", "in", "name", "flows", "openIdConnectUrl"):
                if scheme.get(member) != kept.get(member):
                    yield at, f"{member} {scheme.get(member)} -> {kept.get(member)}"

    def security(self, old: dict, new: dict, at: str):
        before = old.get("security", self.old.get("security", []))
        after = new.get("security", self.new.get("security", []))
        for way in before or [{}]:
            enough = any(
                all(scheme in way and set(scopes) <= set(way[scheme]) for scheme, scopes in other.items())
                for other in after or [{}]
            )
            if not enough:
                yield at, f"security {json.dumps(way)} is no longer enough"

    def content(self, old: dict, new: dict, direction: str, at: str):
        before, after = old.get("content", {}), new.get("content", {})
        for media_type, value in before.items():
            if media_type in after:
                where = f"{at} {media_type}"
                yield from self.schema(value.get("schema"), after[media_type].get("schema"), direction, where)
            else:
                yield at, f"media type {media_type} removed"

    def schema(self, old: object, new: object, direction: str, at: str):
        key = (json.dumps(old, sort_keys=True), json.dumps(new, sort_keys=True), direction)
        if key not in self.known:
            self.known[key] = []
            self.known[key] = list(self.compared(old, new, direction))
        for place, problem in self.known[key]:
            yield at + place, problem

    def compared(self, old: object, new: object, direction: str):
        before, after = alternatives(self.old, old), alternatives(self.new, new)
        # What was accepted must find an alternative that still accepts it; what comes now, one that promised it.
        if direction == SENT:
            pairings = [[(plain, other) for other in after] for plain in before]
        else:
            pairings = [[(other, plain) for other in before] for plain in after]
        for pairs in pairings:
            yield from self.nearest(pairs, direction)

    def nearest(self, pairs: list[tuple[dict, dict]], direction: str) -> list[tuple[str, str]]:
        """The problems of the pair that fits best: none if one fits, else those of the same type that are fewest."""

        def misfit(pair_and_problems: tuple) -> tuple[bool, int]:
            (old, new), problems = pair_and_problems
            return bool(problems) and old.get("type") != new.get("type"), len(problems)

        tried = [(pair, list(self.plain(*pair, direction))) for pair in pairs]
        return min(tried, key=misfit)[1]

    def plain(self, old: dict, new: dict, direction: str):
        sent = direction == SENT
        wide, narrow = (new.get("type"), old.get("type")) if sent else (old.get("type"), new.get("type"))
        if wide is not None and wide != narrow and (wide, narrow) != ("number", "integer"):
            yield "", f"type {old.get('type')} -> {new.get('type')}"
            return
        yield from self.values(old, new, sent)
        yield from self.limits(old, new, sent)
        for keyword in ("format", "pattern", "contentEncoding"):
            before, after = old.get(keyword), new.get(keyword)
            if before != after and (after if sent else before) is not None:
                yield "", f"{keyword} {before} -> {after}"
        yield from self.sets(old, new, sent)
        if sent and "default" in old and old["default"] != new.get("default"):
            # Who sends nothing means what was the default.
            yield "", f"default {json.dumps(old['default'])} -> {json.dumps(new.get('default'))}"
        if "propertyNames" in (new if sent else old):
            names = (s.get("propertyNames", {"type": "string"}) for s in (old, new))
            yield from self.schema(*names, direction, "/{name}")
        yield from self.members(old, new, direction)
        if "items" in old or "items" in new:
            yield from self.schema(old.get("items"), new.get("items"), direction, "/[]")

    @staticmethod
    def values(old: dict, new: dict, sent: bool):
        def allowed(schema: dict) -> set | None:
            values = schema.get("enum", [schema["const"]] if "const" in schema else None)
            return None if values is None else {json.dumps(value) for value in values}

        before, after = allowed(old), allowed(new)
        wide, narrow = (after, before) if sent else (before, after)
        if wide is not None and (narrow is None or narrow - wide):
            extra = "any" if narrow is None else ", ".join(sorted(narrow - wide))
            yield "", f"values no longer accepted: {extra}" if sent else f"new values: {extra}"

    @staticmethod
    def limits(old: dict, new: dict, sent: bool):
        for keyword, sign in LIMITS.items():
            before, after = old.get(keyword), new.get(keyword)
            if sent and after is not None:
                # A new lower bound of nothing, such as minLength 0, forbids nothing; only a length cannot be negative.
                harmless = keyword in ("minLength", "minItems", "minProperties") and after <= 0
                if (before is None and not harmless) or (before is not None and (after - before) * sign < 0):
                    yield "", f"{keyword} tightened {before} -> {after}"
            elif not sent and keyword in PROMISED_LIMITS and before is not None:
                if after is None or after < before:
                    yield "", f"{keyword} loosened {before} -> {after}"

    @staticmethod
    def sets(old: dict, new: dict, sent: bool):
        before, after = old.get("uniqueItems", False), new.get("uniqueItems", False)
        if before != after and after == sent:
            yield "", f"uniqueItems {before} -> {after}"
        before, after = old.get("multipleOf"), new.get("multipleOf")
        wide, narrow = (after, before) if sent else (before, after)
        if wide is not None and (narrow is None or narrow % wide):
            yield "", f"multipleOf {before} -> {after}"

    def members(self, old: dict, new: dict, direction: str):
        sent = direction == SENT
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", [])), set(new.get("required", []))
        closed = new.get("additionalProperties") is False
        for name, schema in before.items():
            if name in after:
                yield from self.schema(schema, after[name], direction, f"/{name}")
            elif not sent:
                yield f"/{name}", "property removed"
            elif closed:
                yield f"/{name}", "property no longer accepted"
        if sent:
            for name in sorted(needed_after - needed_before):
                yield f"/{name}", "property became required"
            if closed and old.get("additionalProperties") is not False and old.get("type") == "object":
                yield "", "unknown members no longer accepted"
        else:
            for name in sorted((needed_before & after.keys()) - needed_after):
                yield f"/{name}", "property no longer always present"
        extra_before, extra_after = old.get("additionalProperties"), new.get("additionalProperties")
        if isinstance(extra_before, dict) and isinstance(extra_after, dict):
            yield from self.schema(extra_before, extra_after, direction, "/*")


def main() -> int:
    if len(sys.argv) != 3:
        sys.exit("usage: contract_diff.py RELEASED CURRENT")
    released, current = (json.loads(Path(name).read_text()) for name in sys.argv[1:])
    problems = breaking_changes(released, current)
    print("\n".join(problems) or "no breaking change")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
