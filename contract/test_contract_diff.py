"""The checker against changes whose answer is known: python -m unittest, in this folder."""

import copy
import unittest

from contract_diff import breaking_changes

RELEASED = {
    "openapi": "3.1.0",
    "security": [{"bearer": []}],
    "paths": {
        "/courses/{course}": {
            "parameters": [{"name": "course", "in": "path", "required": True, "schema": {"type": "string"}}],
            "patch": {
                "operationId": "updateCourse",
                "x-problem-codes": ["forbidden", "not_found"],
                "parameters": [
                    {"name": "If-Match", "in": "header", "schema": {"type": "string", "maxLength": 100}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Patch"}}}},
                "responses": {
                    "200": {
                        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
                        "links": {"getCourse": {"operationId": "getCourse", "parameters": {"course": "$response.body#/id"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Course"}}},
                    },
                    "404": {"$ref": "#/components/responses/Problem"},
                },
            },
        },
        "/courses": {"get": {"operationId": "listCourses", "security": [], "responses": {"200": {}}}},
    },
    "webhooks": {
        "coursePublished": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Course"}}}},
                "responses": {"204": {}},
            }
        }
    },
    "components": {
        "responses": {"Problem": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}},
        "schemas": {
            "Patch": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "minLength": 1, "maxLength": 120},
                    "level": {"type": "string", "enum": ["BEGINNER", "ADVANCED"]},
                    "price": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Money"}]},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "minutes": {"type": "integer", "multipleOf": 5, "default": 30},
                    "links": {"type": "object", "propertyNames": {"maxLength": 30}, "additionalProperties": {"type": "string"}},
                },
            },
            "Money": {
                "type": "object",
                "required": ["amount"],
                "properties": {"amount": {"type": "integer", "minimum": 0}},
            },
            "Course": {
                "type": "object",
                "required": ["id", "title", "children"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "title": {"type": "string", "minLength": 1},
                    "subtitle": {"type": ["string", "null"]},
                    "level": {"type": "string", "enum": ["BEGINNER", "ADVANCED"]},
                    "parent": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Course"}]},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Course"}, "uniqueItems": True},
                    "minutes": {"type": "integer", "multipleOf": 5},
                },
            },
        },
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    },
}


def schema(document, name):
    return document["components"]["schemas"][name]


def properties(document, name):
    return schema(document, name)["properties"]


def patch(document):
    return document["paths"]["/courses/{course}"]["patch"]


def header(document):
    return patch(document)["responses"]["200"]["headers"]["ETag"]


def bearer(document):
    return document["components"]["securitySchemes"]["bearer"]


def names(document):
    return properties(document, "Patch")["links"]["propertyNames"]


# Name, change, a part of the one expected problem (None: nothing breaks).
CASES = [
    ("nothing", lambda d: None, None),
    # Operations, parameters, headers, statuses, security.
    ("operation removed", lambda d: d["paths"].pop("/courses"), "GET /courses: operation removed"),
    ("operation added", lambda d: d["paths"].update({"/new": {"get": {"responses": {}}}}), None),
    ("operation renamed", lambda d: patch(d).update(operationId="patchCourse"), "operationId updateCourse"),
    ("parameter removed", lambda d: patch(d)["parameters"].clear(), "header if-match: parameter removed"),
    ("parameter in other case", lambda d: patch(d)["parameters"][0].update(name="if-match"), None),
    ("parameter required", lambda d: patch(d)["parameters"][0].update(required=True), "parameter became required"),
    ("parameter shorter", lambda d: patch(d)["parameters"][0]["schema"].update(maxLength=9), "maxLength tightened"),
    (
        "optional parameter added",
        lambda d: patch(d)["parameters"].append({"name": "dryRun", "in": "query", "schema": {"type": "boolean"}}),
        None,
    ),
    (
        "required parameter added",
        lambda d: patch(d)["parameters"].append({"name": "dryRun", "in": "query", "required": True}),
        "query dryRun: required parameter added",
    ),
    ("header removed", lambda d: patch(d)["responses"]["200"].pop("headers"), "header ETag removed"),
    ("error added", lambda d: patch(d)["responses"].update({"409": {}}), None),
    ("error removed", lambda d: patch(d)["responses"].pop("404"), "404: response removed"),
    ("success added", lambda d: patch(d)["responses"].update({"202": {}}), "202: success response added"),
    ("login required", lambda d: d["paths"]["/courses"]["get"].pop("security"), "is no longer enough"),
    ("login optional", lambda d: patch(d).update(security=[{}, {"bearer": []}]), None),
    ("scope required", lambda d: patch(d).update(security=[{"bearer": ["admin"]}]), "is no longer enough"),
    ("header of another type", lambda d: header(d).update(schema={"type": "integer"}), "type string -> integer"),
    ("header not always", lambda d: header(d).update(required=False), "header ETag no longer always sent"),
    ("link removed", lambda d: patch(d)["responses"]["200"].pop("links"), "link getCourse removed"),
    (
        "link elsewhere",
        lambda d: patch(d)["responses"]["200"]["links"]["getCourse"].update(operationId="getUser"),
        "link getCourse leads elsewhere",
    ),
    ("code removed", lambda d: patch(d)["x-problem-codes"].remove("forbidden"), "problem code forbidden removed"),
    ("code added", lambda d: patch(d)["x-problem-codes"].append("muted"), None),
    ("scheme removed", lambda d: d["components"]["securitySchemes"].clear(), "security scheme bearer: removed"),
    ("scheme changed", lambda d: bearer(d).update(scheme="basic"), "scheme bearer -> basic"),
    ("scheme described", lambda d: bearer(d).update(bearerFormat="JWT"), None),
    ("parameter style", lambda d: patch(d)["parameters"][0].update(style="simple"), "style None -> simple"),
    # What clients send.
    ("tags unique", lambda d: properties(d, "Patch")["tags"].update(uniqueItems=True), "uniqueItems False -> True"),
    ("any minutes", lambda d: properties(d, "Patch")["minutes"].pop("multipleOf"), None),
    ("fewer minutes", lambda d: properties(d, "Patch")["minutes"].update(multipleOf=10), "multipleOf 5 -> 10"),
    ("other default", lambda d: properties(d, "Patch")["minutes"].update(default=45), "default 30 -> 45"),
    ("no default", lambda d: properties(d, "Patch")["minutes"].pop("default"), "default 30 -> null"),
    ("shorter names", lambda d: names(d).update(maxLength=9), "/links/{name}: maxLength tightened 30 -> 9"),
    ("any names", lambda d: properties(d, "Patch")["links"].pop("propertyNames"), None),
    ("body required", lambda d: patch(d)["requestBody"].update(required=True), "request body became required"),
    ("member required", lambda d: schema(d, "Patch").update(required=["title"]), "/title: property became required"),
    ("member added", lambda d: properties(d, "Patch").update(slug={"type": "string"}), None),
    ("members closed", lambda d: schema(d, "Patch").update(additionalProperties=False), "unknown members"),
    ("title longer", lambda d: properties(d, "Patch")["title"].update(maxLength=500), None),
    ("title shorter", lambda d: properties(d, "Patch")["title"].update(maxLength=60), "maxLength tightened 120 -> 60"),
    ("title with pattern", lambda d: properties(d, "Patch")["title"].update(pattern="^A"), "pattern None -> ^A"),
    ("value accepted", lambda d: properties(d, "Patch")["level"]["enum"].append("EXPERT"), None),
    ("value refused", lambda d: properties(d, "Patch")["level"]["enum"].pop(), 'no longer accepted: "ADVANCED"'),
    ("null refused", lambda d: properties(d, "Patch")["price"]["oneOf"].pop(0), "/price: type null -> object"),
    ("title nullable", lambda d: properties(d, "Patch")["title"].update(type=["string", "null"]), None),
    ("amount as number", lambda d: properties(d, "Money")["amount"].update(type="number"), None),
    ("amount bounded", lambda d: properties(d, "Money")["amount"].update(maximum=9), "/price/amount: maximum tightened"),
    ("amount positive", lambda d: properties(d, "Money")["amount"].update(minimum=1), "minimum tightened 0 -> 1"),
    # What clients receive; the webhook carries the same schema, so that each is found twice.
    ("children twice", lambda d: properties(d, "Course")["children"].pop("uniqueItems"), "uniqueItems True -> False"),
    ("odd minutes", lambda d: properties(d, "Course")["minutes"].pop("multipleOf"), "multipleOf 5 -> None"),
    ("rounder minutes", lambda d: properties(d, "Course")["minutes"].update(multipleOf=10), None),
    ("property added", lambda d: properties(d, "Course").update(slug={"type": "string"}), None),
    ("property removed", lambda d: properties(d, "Course").pop("subtitle"), "/subtitle: property removed"),
    ("property absent", lambda d: schema(d, "Course")["required"].remove("title"), "no longer always present"),
    ("never null now", lambda d: properties(d, "Course")["subtitle"].update(type="string"), None),
    ("null now", lambda d: properties(d, "Course")["title"].update(type=["string", "null"]), "type string -> null"),
    ("value added", lambda d: properties(d, "Course")["level"]["enum"].append("EXPERT"), 'new values: "EXPERT"'),
    ("value gone", lambda d: properties(d, "Course")["level"]["enum"].pop(), None),
    ("open string", lambda d: properties(d, "Course")["level"].pop("enum"), "new values: any"),
    ("format dropped", lambda d: properties(d, "Course")["id"].pop("format"), "format uuid -> None"),
    ("maybe empty", lambda d: properties(d, "Course")["title"].update(minLength=0), "minLength loosened 1 -> 0"),
    (
        "inlined",
        lambda d: properties(d, "Course").update(
            children={"type": "array", "items": copy.deepcopy(schema(RELEASED, "Course")), "uniqueItems": True}
        ),
        None,
    ),
    (
        "by allOf",
        lambda d: d["components"]["schemas"].update(
            Course={"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["children"]}]},
            Base={**copy.deepcopy(schema(RELEASED, "Course")), "required": ["id", "title"]},
        ),
        None,
    ),
    ("webhook removed", lambda d: d["webhooks"].clear(), "webhook coursePublished: webhook removed"),
]


class ContractDiff(unittest.TestCase):
    def test_known_changes(self):
        for name, change, expected in CASES:
            with self.subTest(name):
                current = copy.deepcopy(RELEASED)
                change(current)
                problems = breaking_changes(RELEASED, current)
                if expected is None:
                    self.assertEqual(problems, [])
                else:
                    self.assertTrue(problems and all(expected in problem for problem in problems), problems)


if __name__ == "__main__":
    unittest.main()
