"""Schemathesis loads this: see `hooks` in schemathesis.toml."""

import re
import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every case gets a key of its own, or it would be answered with what an earlier one got; bad keys stay bad."""
    key = (case.headers or {}).get("Idempotency-Key")
    if key is not None and re.fullmatch(r"[A-Za-z0-9_-]{1,255}", str(key)):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
