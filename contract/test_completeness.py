"""Each rule of completeness.py against a document that breaks it: python -m unittest, in this folder."""

import copy
import unittest

from completeness import PROBLEM, problems

COMPLETE = {
    "paths": {
        "/courses": {
            "post": {
                "operationId": "createCourse",
                "summary": "Create a course",
                "description": "A draft that only its author sees.",
                "tags": ["courses"],
                "security": [{"bearer": []}],
                "x-problem-codes": ["forbidden"],
                "x-example-account": "elena",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Course"}}}},
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Course"}}}},
                    "422": {"$ref": "#/components/responses/Refused"},
                },
            }
        }
    },
    "components": {
        "responses": {"Refused": {"content": {PROBLEM: {"schema": {"type": "object"}}}}},
        "schemas": {
            "Course": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "examples": ["Kettlebells"]},
                    "isPublished": {"type": "boolean"},
                    "related": {"type": "array", "items": {"$ref": "#/components/schemas/Course"}},
                    "parent": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Course"}]},
                },
            }
        },
    },
}


OPEN_SET = {"type": "string", "description": "More may be added.", "x-extensible-enum": ["A"]}


def member(document, schema):
    document["components"]["schemas"]["Course"]["properties"]["more"] = {"examples": [1], **schema}


def operation(document):
    return document["paths"]["/courses"]["post"]


CASES = [
    ("complete", lambda d: None, []),
    ("public", lambda d: operation(d).update(security=[]), []),
    ("snake_case", lambda d: operation(d).update(operationId="create_course"), ["is not camelCase"]),
    ("unnamed", lambda d: operation(d).pop("operationId"), ["is not camelCase"]),
    ("no summary", lambda d: operation(d).pop("summary"), ["no summary"]),
    ("a noun", lambda d: operation(d).update(summary="The public keys"), ["is not a verb and its object"]),
    ("a question", lambda d: operation(d).update(summary="Check it?"), ["is not a verb and its object"]),
    ("blank description", lambda d: operation(d).update(description=" "), ["no description"]),
    ("two tags", lambda d: operation(d)["tags"].append("other"), ["not exactly one tag"]),
    ("no security", lambda d: operation(d).pop("security"), ["no security"]),
    ("no success", lambda d: operation(d)["responses"].pop("201"), ["no success response"]),
    ("range", lambda d: operation(d)["responses"].update({"4XX": {}}), ["status 4XX is not explicit"]),
    ("plain error", lambda d: operation(d)["responses"].update({"500": {}}), ["500 is not application/problem+json"]),
    (
        "no example",
        lambda d: d["components"]["schemas"]["Course"]["properties"]["title"].pop("examples"),
        ["no example of the request body", "no example of the 201 body"],
    ),
    ("no codes", lambda d: operation(d).pop("x-problem-codes"), ["no x-problem-codes"]),
    ("nobody sends it", lambda d: operation(d).pop("x-example-account"), ["no x-example-account"]),
    ("vague integer", lambda d: member(d, {"type": "integer"}), ["an integer without a format"]),
    ("open set", lambda d: member(d, {"type": "string", "description": "`A`; more may be added."}), ["a set that may grow"]),
    ("open set that says so", lambda d: member(d, OPEN_SET), []),
    ("alike", lambda d: member(d, {"enum": ["title", "-title"]}), ["values that are alike"]),
    ("alike with names", lambda d: member(d, {"enum": ["a", "-a"], "x-enum-varnames": ["A", "ADescending"]}), []),
    ("twice", lambda d: d["paths"].update({"/again": {"post": operation(d)}}), ["createCourse is used 2 times"]),
]


class Completeness(unittest.TestCase):
    def test_each_rule(self):
        for name, change, expected in CASES:
            with self.subTest(name):
                document = copy.deepcopy(COMPLETE)
                change(document)
                found = problems(document)
                self.assertEqual(len(found), len(expected), found)
                for part, problem in zip(expected, found):
                    self.assertIn(part, problem)


if __name__ == "__main__":
    unittest.main()
