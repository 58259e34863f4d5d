"""File circles: files of one crate that import one another, directly or over others.

An edge goes from a file to the file where an imported name is defined, so that a name which `lib.rs` or a `mod.rs`
only hands on leads to its definition. A circle is a strongly connected set of two files or more.
"""

from pathlib import Path

from lint.project import Project
from lint.rust import Source, Use


class Crate:
    def __init__(self, name: str, src: Path, sources: list[Source]):
        self.name = name
        self.src = src
        self.files = {source.path: source for source in sources}
        self.modules: dict[tuple[str, ...], Source] = {}
        for root in ("lib.rs", "main.rs"):
            if src / root in self.files:
                self._add((), self.files[src / root], src)
        # `lib` last: a crate with both is known to others by its library.
        if src / "lib.rs" in self.files:
            self.modules[()] = self.files[src / "lib.rs"]

    def _add(self, module: tuple[str, ...], source: Source, folder: Path) -> None:
        self.modules[module] = source
        for name in source.child_modules:
            for candidate in (folder / f"{name}.rs", folder / name / "mod.rs"):
                if candidate in self.files:
                    self._add((*module, name), self.files[candidate], folder / name)

    def edges(self) -> dict[Path, dict[Path, int]]:
        """From file to file, with the first line that says so."""
        edges: dict[Path, dict[Path, int]] = {path: {} for path in self.files}
        for module, source in self.modules.items():
            for use in source.uses + source.paths:
                # What only tests import is no part of how the crate is built; what is only handed on is not used here.
                if use.is_test or (use.is_export and use.name not in source.words):
                    continue
                path = self._outside(use)
                target = self._resolve(module, path, set()) if path else None
                if target is not None and target.path != source.path:
                    edges[source.path].setdefault(target.path, use.line)
        return edges

    @staticmethod
    def _outside(use: Use) -> tuple[str, ...]:
        """The path as the file's own module would write it; empty for what stays inside the file."""
        path = (*use.path, "*") if use.name == "*" else use.path
        depth = use.depth
        while depth and path and path[0] == "super":
            path, depth = path[1:], depth - 1
        if use.depth and not depth and path and path[0] not in ("crate", "super"):
            return ("self", *path)
        return path

    def _resolve(self, module: tuple[str, ...], path: tuple[str, ...], seen: set) -> Source | None:
        """The file where what `path` names, seen from `module`, is defined; none for what is of another crate."""
        if (module, path) in seen or not path:
            return None
        seen.add((module, path))
        head, rest = path[0], path[1:]
        if head == "crate":
            return self._descend((), rest, seen)
        if head == "self":
            return self._descend(module, rest, seen)
        if head == "super":
            return self._resolve(module[:-1], ("self", *rest), seen)
        source = self.modules.get(module)
        if (*module, head) in self.modules:
            return self._descend(module, path, seen)
        if source is not None:
            for use in source.uses:
                if use.name == head and use.path[:1] != (head,):
                    return self._resolve(module, use.path + rest, seen)
        return None

    def _descend(self, module: tuple[str, ...], path: tuple[str, ...], seen: set) -> Source | None:
        while path and (*module, path[0]) in self.modules:
            module, path = (*module, path[0]), path[1:]
        source = self.modules.get(module)
        if source is None or not path or path[0] == "*":
            return source
        name = path[0]
        if name == "super":
            return self._resolve(module, path, seen)
        if name in source.items:
            return source
        for use in source.uses:
            if use.name == name:
                return self._resolve(module, use.path + path[1:], seen)
        for use in source.uses:
            if use.name == "*":
                target = self._resolve(module, use.path + path, seen)
                if target is not None and name in target.items:
                    return target
        return source


def circles(edges: dict[Path, dict[Path, int]]) -> list[list[Path]]:
    """The strongly connected sets of two files or more, largest first (Tarjan)."""
    index: dict[Path, int] = {}
    low: dict[Path, int] = {}
    stack: list[Path] = []
    on_stack: set[Path] = set()
    found: list[list[Path]] = []

    def visit(start: Path) -> None:
        work = [(start, iter(edges[start]))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(edges[target])))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    if len(component) > 1:
                        found.append(sorted(component))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return sorted(found, key=lambda component: (-len(component), component))


# Generated entities refer to one another as their tables do.
SKIPPED = {"entity"}


def check(project: Project) -> tuple[list[str], list[str]]:
    found = []
    for name, sources in project.crates.items():
        if name in SKIPPED:
            continue
        edges = Crate(name, Path("crates") / name / "src", sources).edges()
        found += [(name, circle, edges) for circle in circles(edges)]
    if not found:
        return [], ["no file imports in a circle"]
    largest = max(len(circle) for _, circle, _ in found)
    lines = [_describe(*one) for one in found]
    advice = "move what both sides need into a file below them: types below rules, rules below the table of routes"
    return [*lines, advice], [f"{len(found)} file circles, the largest of {largest} files"]


def _describe(crate: str, circle: list[Path], edges: dict[Path, dict[Path, int]]) -> str:
    src = Path("crates") / crate / "src"
    members = set(circle)
    start = circle[0]
    # The shortest way round from its first file, to be cut at one of its steps.
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        for target in edges[way[-1]]:
            if target == start:
                steps = [f"{file.relative_to(src)}:{edges[file][to]}" for file, to in zip(way, [*way[1:], start])]
                return f"{crate}, {len(circle)} files, for instance {' → '.join(steps)} → {start.relative_to(src)}"
            if target in members and target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return f"{crate}, {len(circle)} files"
