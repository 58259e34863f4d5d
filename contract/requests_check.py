"""The examples of requests: each is sent to a demo school of its own, under the account that it names."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import quote

PASSWORD = "palestra-demo-2026"
# Headers that say something to clients of the operation: who sends them documents them, and the reverse.
TELLING = {
    *("accept-ranges", "allow", "content-disposition", "content-range", "etag", "idempotent-replayed", "location"),
    *("ratelimit", "ratelimit-policy", "retry-after", "www-authenticate", "x-request-id"),
}


def problems(document: dict, school: Callable[[], AbstractContextManager[str]]) -> list[str]:
    """What was answered otherwise than it is promised."""
    found = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            body = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
            if "example" in body:
                with school() as base_url:
                    request = _Example(document, base_url, method, path, operation, body["example"])
                    found += [f"{operation['operationId']}: {problem}" for problem in request.problems()]
    return found


class _Example:
    def __init__(self, document: dict, base_url: str, method: str, path: str, operation: dict, body: object):
        self.document, self.base_url, self.operation = document, base_url, operation
        self.headers = {"Content-Type": next(iter(operation["requestBody"]["content"]))}
        for parameter in map(self._resolved, operation.get("parameters", [])):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(str(self._example(parameter)), safe=""))
            elif parameter["in"] == "header" and parameter.get("required"):
                # Whatever version it has: that of the moment is nothing that a document can know.
                self.headers[parameter["name"]] = "*" if parameter["name"] == "If-Match" else self._example(parameter)
        if account := operation.get("x-example-account"):
            login = {"email": f"{account}@palestra.example", "password": PASSWORD}
            answer = self._send("POST", "/api/v1/auth/login", login, {"Content-Type": "application/json"})
            self.headers["Authorization"] = f"Bearer {answer[2]['accessToken']}"
        self.method, self.path, self.body = method.upper(), path, body

    def problems(self):
        status, headers, answer = self._send(self.method, self.path, self.body, self.headers)
        refused = self.operation.get("x-example-refused")
        if refused is None and status >= 300:
            yield f"{status} {json.dumps(answer)[:500]}"
        elif refused is not None and (not isinstance(answer, dict) or answer.get("code") != refused["code"]):
            yield f"refused with {refused['code']}, it says, but answered with {status} {json.dumps(answer)[:300]}"
        response = self._resolved(self.operation["responses"].get(str(status), {}))
        documented = {name.lower(): self._resolved(header) for name, header in response.get("headers", {}).items()}
        for name in sorted(headers & TELLING - documented.keys()):
            yield f"{status} has the header {name}, which is not documented"
        for name, header in documented.items():
            if header.get("required") and name not in headers:
                yield f"{status} lacks the header {name}, which is documented as always sent"

    def _send(self, method: str, path: str, body: object, headers: dict) -> tuple[int, set[str], object]:
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                text, status, sent = response.read(), response.status, response.headers
        except urllib.error.HTTPError as error:
            text, status, sent = error.read(), error.code, error.headers
        return status, {name.lower() for name in sent}, json.loads(text) if text else None

    def _resolved(self, node: dict) -> dict:
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    @staticmethod
    def _example(parameter: dict) -> object:
        return parameter.get("example", next(iter(parameter.get("schema", {}).get("examples", ["en"]))))
