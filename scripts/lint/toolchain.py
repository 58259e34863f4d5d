"""One version of Rust: what is declared is what is built with (docs/decisions/0011-one-rust-version.md)."""

import re
import subprocess
import tomllib

from lint.project import Project


def check(project: Project) -> tuple[list[str], list[str]]:
    root = project.root
    channel = tomllib.loads((root / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
    declared = tomllib.loads((root / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]
    image = re.search(r"^FROM rust:([0-9.]+)", (root / "Dockerfile").read_text(), re.MULTILINE)
    named = re.search(r"a Rust toolchain \(([0-9.]+)", (root / "README.md").read_text())
    failures = []
    expected = ".".join(channel.split(".")[:2])
    found = {
        "rust-version in Cargo.toml": declared,
        "the image in the Dockerfile": image[1] if image else "none",
        "the toolchain that README.md asks for": named[1] if named else "none",
    }
    for what, version in found.items():
        if version not in (expected, channel):
            failures.append(f"{what} is {version}, rust-toolchain.toml builds with {channel}: make them the same")
    used = subprocess.run(["rustc", "--version"], cwd=root, capture_output=True, text=True, check=False).stdout.split()
    if len(used) < 2 or used[1] != channel:
        failures.append(
            f"rustc is {used[1] if len(used) > 1 else 'missing'}, rust-toolchain.toml names {channel}: run it by rustup,"
            " and unset RUSTUP_TOOLCHAIN"
        )
    return failures, [f"Rust {channel} everywhere"]
