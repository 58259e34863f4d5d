#!/usr/bin/env python3
"""Holds a palestra executable against its contract: run.py --binary PATH [--only NAME].

Every check that needs a server gets a fresh one, with the demo school in a database of its own. The tools come from
scripts/tools.sh. Logs stay in .tools/contract; the end of the log of a failed check is printed.
"""

import argparse
import difflib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import completeness
import requests_check as requests
from contract_diff import breaking_changes

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
OUTPUT = REPOSITORY / ".tools" / "contract"
DOCUMENT = REPOSITORY / "openapi" / "openapi.json"
RELEASED = REPOSITORY / "openapi" / "released.json"

EXAMPLES = REPOSITORY / "examples"
# As the Makefile has it.
EXAMPLES_BUNDLE = ("--bundle", "--format=esm", "--target=es2022", "--log-level=warning")

LIMITS = (
    "PALESTRA_REQUESTS_PER_MINUTE",
    "PALESTRA_LOGINS_PER_MINUTE",
    "PALESTRA_GUESSES_PER_HOUR",
    "PALESTRA_NEW_ACCOUNT_CONVERSATIONS",
    "PALESTRA_NEW_ACCOUNT_MESSAGES",
)

START_SECONDS = 30
# The server promises to stop within 10 s of SIGTERM.
STOP_SECONDS = 12
TOOL_SECONDS = 300


class CheckFailed(Exception):
    """What the check found is in its log; the message says it in a line."""


class Run:
    """What a check works with: the executable, and a log that catches everything it and its children print."""

    def __init__(self, binary: Path, name: str, log: TextIO):
        self.binary, self.name, self.log = binary, name, log

    def say(self, text: str) -> None:
        print(text, file=self.log, flush=True)

    def tool(self, *command: object, cwd: Path = HERE, **environment: str) -> None:
        """Runs a pinned tool to its end; a non-zero exit code fails the check."""
        words = [str(word) for word in command]
        self.say(f"$ {' '.join(words)}")
        modules = HERE / "node_modules"
        # The pinned Node by its own folder: an older npm leaves its link in .bin out.
        bins = [REPOSITORY / ".tools" / "venv" / "bin", *modules.glob("node-*-*/bin"), modules / ".bin"]
        path = os.pathsep.join([*map(str, bins), os.environ.get("PATH", "")])
        try:
            done = subprocess.run(
                words,
                cwd=cwd,
                env={**os.environ, "PATH": path, "NO_COLOR": "1", **environment},
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=subprocess.STDOUT,
                timeout=TOOL_SECONDS,
            )
        except FileNotFoundError as error:
            raise CheckFailed(f"{words[0]} is not installed, run scripts/tools.sh") from error
        except subprocess.TimeoutExpired as error:
            raise CheckFailed(f"{words[0]} took more than {TOOL_SECONDS} s") from error
        if done.returncode != 0:
            raise CheckFailed(f"{words[0]} failed with exit code {done.returncode}")

    @contextmanager
    def program(self, *command: object, **environment: str) -> Iterator[subprocess.Popen]:
        """A program that runs meanwhile; its first line on standard output can be read from it."""
        words = [str(word) for word in command]
        self.say(f"$ {' '.join(words)} &")
        child = subprocess.Popen(
            words,
            env={**_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.communicate(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.communicate()

    def example(self, name: str) -> Path:
        """A program of the tests', built beside the executable."""
        path = self.binary.parent / "examples" / name
        if not path.exists():
            raise CheckFailed(f"{path} is not built: cargo build -p contract-tests --examples")
        return path

    @contextmanager
    def school(self) -> Iterator[Callable[[], "contextmanager[str]"]]:
        """Something that starts servers, each with the demo school as it is at first."""
        folder = Path(tempfile.mkdtemp(prefix=f"palestra-{self.name}-"))
        try:
            with self.server(folder):
                pass
            yield lambda: self.server(folder, copied=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def server(self, school: Path | None = None, copied: bool = False, **settings: str) -> Iterator[str]:
        """A fresh server with the demo school; yields its base URL. It has to stop by itself when told to. It leaves its data in
        `school`, or begins with a copy of what was left there."""
        folder = school if school and not copied else Path(tempfile.mkdtemp(prefix=f"palestra-{self.name}-"))
        if copied:
            shutil.copytree(school / "data", folder / "data")
        port = _free_port()
        base_url = f"http://127.0.0.1:{port}"
        settings |= {
            "PALESTRA_LISTEN": f"127.0.0.1:{port}",
            "PALESTRA_DATA_DIR": str(folder / "data"),
            # What it signs leads back to it.
            "PALESTRA_PUBLIC_URL": base_url,
        }
        log_path = _server_log(self.name)
        with log_path.open("w") as log:
            child = subprocess.Popen(
                [str(self.binary), "serve", "--demo"],
                cwd=folder,
                env={**_environment(), **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                _wait_until_ready(child, base_url)
                yield base_url
                if child.poll() is not None:
                    raise CheckFailed(f"the server died with exit code {child.returncode}")
            finally:
                stopped = _stop(child)
                if folder != school:
                    shutil.rmtree(folder, ignore_errors=True)
        if not stopped:
            raise CheckFailed(f"the server did not stop within {STOP_SECONDS} s of SIGTERM")


def _environment() -> dict[str, str]:
    """Ours without the settings of Palestra: what a developer has set must not decide what the checks see."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PALESTRA_") and k != "DATABASE_URL"}


def _server_log(name: str) -> Path:
    return OUTPUT / f"{name}.server.log"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read()


def _wait_until_ready(child: subprocess.Popen, base_url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise CheckFailed(f"the server ended at once with exit code {child.returncode}")
        try:
            _get(f"{base_url}/readyz")
            return
        except OSError:  # nobody listens yet, or it answers that it is not ready
            time.sleep(0.05)
    raise CheckFailed(f"GET /readyz was not 200 within {START_SECONDS} s")


def _wait_for_port(child: subprocess.Popen, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise CheckFailed(f"the program ended at once with exit code {child.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise CheckFailed(f"nobody listened on port {port} within {START_SECONDS} s")


def _stop(child: subprocess.Popen) -> bool:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    try:
        child.wait(STOP_SECONDS)
        return True
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False


def check_selftest(run: Run) -> None:
    """The checks of this folder, against documents whose faults are known."""
    run.tool(sys.executable, "-m", "unittest", "-v")


def check_document(run: Run) -> None:
    """The document in the repository is the one that the executable prints and the server shows."""
    command = [str(run.binary), "openapi"]
    printed = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=TOOL_SECONDS)
    if printed.returncode != 0:
        run.say(printed.stderr)
        raise CheckFailed("`palestra openapi` failed")
    checked_in = DOCUMENT.read_text()
    lines = checked_in.splitlines(), printed.stdout.splitlines()
    difference = list(difflib.unified_diff(*lines, "openapi/openapi.json", "palestra openapi", n=2, lineterm=""))
    if difference:
        run.say("\n".join(difference[:60]))
        raise CheckFailed("openapi/openapi.json is not what the executable prints: generate it, and read the diff")
    with run.server() as base_url:
        if json.loads(_get(f"{base_url}/api/v1/openapi.json")) != json.loads(checked_in):
            raise CheckFailed("GET /api/v1/openapi.json is another document than `palestra openapi`")


def check_completeness(run: Run) -> None:
    """Every operation tells what a reader needs."""
    problems = completeness.problems(json.loads(DOCUMENT.read_text()))
    run.say("\n".join(problems))
    if problems:
        raise CheckFailed(f"{len(problems)} problems")


def check_redocly(run: Run) -> None:
    run.tool("redocly", "lint", DOCUMENT, "--config", "redocly.yaml", "--format", "stylish", REDOCLY_TELEMETRY="off")


def check_spectral(run: Run) -> None:
    run.tool("spectral", "lint", DOCUMENT, "--ruleset", ".spectral.yaml", "--fail-severity", "error")


def check_compatibility(run: Run) -> None:
    """Nothing that clients of the released document rely on has changed."""
    if not RELEASED.exists():
        run.say("Nothing is released yet: there is no openapi/released.json.")
        return
    problems = breaking_changes(json.loads(RELEASED.read_text()), json.loads(DOCUMENT.read_text()))
    run.say("\n".join(problems))
    if problems:
        raise CheckFailed(f"{len(problems)} breaking changes")


def check_schemathesis(run: Run) -> None:
    """Generated requests: whatever is sent, the server answers as the document says."""
    # Limits off: it asks faster than they allow, and an answer of 429 tells nothing.
    unlimited = dict.fromkeys(LIMITS, "0")
    with run.server(**unlimited) as base_url:
        run.tool(
            *("schemathesis", "--config-file", "schemathesis.toml", "run", f"{base_url}/api/v1/openapi.json"),
            PYTHONPATH=str(HERE),
            # What it keeps for itself goes beside the logs.
            HYPOTHESIS_STORAGE_DIRECTORY=str(OUTPUT / "hypothesis"),
        )


def check_journey(run: Run) -> None:
    """A client generated from the document walks the main journey, and a trainer's with pictures, files and films."""
    journey = HERE / "journey"
    for generated in ("client", "build"):
        shutil.rmtree(journey / generated, ignore_errors=True)
    run.tool("openapi-ts", cwd=journey)
    run.tool("tsc", cwd=journey)
    with run.server() as base_url:
        for walk in ("journey", "media"):
            run.tool("node", f"build/{walk}.js", cwd=journey, BASE_URL=base_url)


def check_fetch(run: Run) -> None:
    """openapi-fetch walks the main journey by the types that openapi-typescript makes of the document."""
    fetch = HERE / "fetch"
    shutil.rmtree(fetch / "build", ignore_errors=True)
    run.tool("openapi-typescript", DOCUMENT, "--output", "schema.ts", cwd=fetch)
    run.tool("tsc", cwd=fetch)
    with run.server() as base_url:
        run.tool("node", "build/journey.js", cwd=fetch, BASE_URL=base_url)


def check_python(run: Run) -> None:
    """The client that openapi-python-client generates imports, every module of it, and walks the main journey."""
    tools = REPOSITORY / ".tools" / "python-client" / "bin"
    client = OUTPUT / "python-client"
    shutil.rmtree(client, ignore_errors=True)
    run.tool(
        *(tools / "openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", client),
        *("--config", HERE / "python-client" / "config.yml", "--fail-on-warning"),
    )
    with run.server() as base_url:
        run.tool(tools / "python", HERE / "python-client" / "journey.py", client, BASE_URL=base_url)


def check_requests(run: Run) -> None:
    """Every example of a request can be sent as it stands, and is answered with what is promised."""
    document = json.loads(DOCUMENT.read_text())
    with run.school() as school:
        problems = requests.problems(document, school)
    run.say("\n".join(problems))
    if problems:
        raise CheckFailed(f"{len(problems)} examples are answered otherwise")


def check_mux(run: Run) -> None:
    """Mux's own library agrees with the tokens and signatures that the tests of crates/media hold Palestra to."""
    run.tool("node", "mux/mux.mjs")


def check_stripe(run: Run) -> None:
    """Stripe's own libraries agree with the signatures that the tests hold Palestra to, and with the double that they use."""
    run.tool("node", "stripe/vectors.mjs")
    drivers = ["node", "stripe/driver.mjs"], [REPOSITORY / ".tools" / "venv" / "bin" / "python", "stripe/driver.py"]
    for driver in drivers:
        with run.program(run.example("stripe-double"), "127.0.0.1:0") as double:
            run.tool(*driver, BASE_URL=double.stdout.readline().strip())
    # The objects that the double showed, against the library's types.
    run.tool("tsc", "--project", HERE / "stripe")


def check_localstripe(run: Run) -> None:
    """The adapter takes payments by somebody else's double of Stripe."""
    port = _free_port()
    python = REPOSITORY / ".tools" / "localstripe" / "bin" / "python"
    words = (python, "-m", "localstripe", "--from-scratch", "--port", port)
    with run.program(*words, PYTHONPATH=str(HERE / "localstripe")) as child:
        _wait_for_port(child, port)
        run.tool(run.example("localstripe"), f"http://127.0.0.1:{port}")


def check_browser(run: Run) -> None:
    """The documentation page logs in and calls the API."""
    with run.server() as base_url:
        run.tool("node", "browser/docs.mjs", BASE_URL=base_url, SCREENSHOT=str(OUTPUT / "docs.png"))


def check_examples(run: Run) -> None:
    """The client in examples/ is the generated one, and with it two tabs chat."""
    run.tool("openapi-ts", cwd=HERE / "journey")
    made = OUTPUT / "client.js"
    run.tool("esbuild", "examples/client.ts", *EXAMPLES_BUNDLE, f"--outfile={made}")
    if made.read_text() != (EXAMPLES / "client.js").read_text():
        raise CheckFailed("examples/client.js is not what would be generated: make examples")
    # Accounts of the demo school are new.
    with run.server(PALESTRA_EXAMPLES_DIR=str(EXAMPLES), PALESTRA_NEW_ACCOUNT_MESSAGES="0") as base_url:
        run.tool("node", "browser/chat.mjs", BASE_URL=base_url, SCREENSHOT=str(OUTPUT / "chat.png"))


def check_live(run: Run) -> None:
    """A third party's EventSource loses no live event, whatever becomes of the connection and of the server."""
    run.tool("node", "live/live.mjs", BINARY=str(run.binary))


CHECKS: dict[str, Callable[[Run], None]] = {
    name.removeprefix("check_"): function for name, function in list(globals().items()) if name.startswith("check_")
}


def _passes(binary: Path, name: str) -> bool:
    log_path = OUTPUT / f"{name}.log"
    _server_log(name).unlink(missing_ok=True)
    started = time.monotonic()
    verdict, failed = "passed", False
    with log_path.open("w") as log:
        try:
            CHECKS[name](Run(binary, name, log))
        except CheckFailed as failure:
            verdict, failed = f"FAILED: {failure}", True
        except Exception as error:  # a fault of the check itself fails that check, and not the others
            traceback.print_exc(file=log)
            verdict, failed = f"FAILED: {type(error).__name__}: {error}", True
    print(f"{name:13} {time.monotonic() - started:6.1f} s  {verdict}", flush=True)
    if failed:
        for path, lines in ((log_path, 60), (_server_log(name), 20)):
            if path.exists() and path.stat().st_size:
                print(f"    --- {path}, the last {lines} lines")
                for line in path.read_text(errors="replace").splitlines()[-lines:]:
                    print(f"    {line}")
    return not failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=Path, help="the palestra executable")
    parser.add_argument("--only", choices=CHECKS, help="run one check")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    if not os.access(binary, os.X_OK):
        parser.error(f"{binary} is not an executable")
    # As Ctrl-C does: through the `finally` that stops the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    OUTPUT.mkdir(parents=True, exist_ok=True)
    results = [_passes(binary, name) for name in ([arguments.only] if arguments.only else CHECKS)]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
