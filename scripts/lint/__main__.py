"""`scripts/lint.sh [CHECK…]`: every check or those that are named, with one line of what each counted, and its failures."""

import sys
import time
from pathlib import Path

from lint import cargo, circles, documents, files, sql, tables, toolchain, validators
from lint.project import Project

CHECKS = {
    "toolchain": toolchain.check,
    "tables": tables.check,
    "positional values": sql.check_positions,
    "statements as text": sql.check_reasons,
    "file circles": circles.check,
    "file sizes": files.check_sizes,
    "file headings": files.check_headings,
    "validators": validators.check,
    "documents": documents.check,
    "unused dependencies": cargo.check_unused,
    "allowed dependencies": cargo.check_allowed,
}

SHOWN = 40


def main() -> int:
    project = Project(Path(__file__).resolve().parents[2])
    named = sys.argv[1:]
    if unknown := [name for name in named if name not in CHECKS]:
        print(f"no check is called {', '.join(unknown)}; there are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    failed = False
    for name in named or CHECKS:
        started = time.monotonic()
        failures, notes = CHECKS[name](project)
        failed |= bool(failures)
        verdict = "FAILED" if failures else "ok"
        print(f"{name}: {verdict}: {notes[0]} ({time.monotonic() - started:.1f} s)", flush=True)
        for line in notes[1:]:
            print(f"  {line}")
        if failures:
            shown = failures if named else failures[:SHOWN]
            for line in shown:
                print(f"  {line}", file=sys.stderr)
            if len(shown) < len(failures):
                print(f"  and {len(failures) - SHOWN} more: scripts/lint.sh '{name}' shows all", file=sys.stderr)
    return int(failed)


sys.exit(main())
