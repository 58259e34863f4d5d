"""What is asked of every Rust file that people write: it is short, and it begins with what it is."""

from lint.project import Project

MAXIMUM_LINES = 500


def check_sizes(project: Project) -> tuple[list[str], list[str]]:
    failures = []
    files = project.rust_files()
    largest = 0
    for path in files:
        lines = path.read_text(encoding="utf-8").count("\n")
        largest = max(largest, lines)
        if lines > MAXIMUM_LINES:
            failures.append(
                f"{path.relative_to(project.root)}: {lines} lines, at most {MAXIMUM_LINES} are allowed: split it by noun or by layer"
            )
    return failures, [f"{len(files)} files, the longest of {largest} lines"]


def check_headings(project: Project) -> tuple[list[str], list[str]]:
    failures = []
    files = project.rust_files()
    for path in files:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
        if not first.startswith(("//!", "#![doc")):
            failures.append(f"{path.relative_to(project.root)}:1: begin the file with a `//!` sentence that says what it is")
    return failures, [f"{len(files) - len(failures)} of {len(files)} files begin with what they are"]
