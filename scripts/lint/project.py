"""The repository as the checks see it: its crates with their sources, read once."""

from functools import cached_property
from pathlib import Path

from lint.rust import Source

GENERATED = Path("crates/entity/src/generated")


class Project:
    def __init__(self, root: Path):
        self.root = root

    @cached_property
    def crates(self) -> dict[str, list[Source]]:
        """The sources below `crates/*/src`, without what is generated."""
        return {
            crate.name: self._sources(crate / "src")
            for crate in sorted((self.root / "crates").iterdir())
            if (crate / "Cargo.toml").exists()
        }

    def _sources(self, folder: Path) -> list[Source]:
        files = (path for path in sorted(folder.rglob("*.rs")) if not self.is_generated(path))
        return [Source.read(self.root, path) for path in files]

    def is_generated(self, path: Path) -> bool:
        return path.is_relative_to(self.root / GENERATED)

    def rust_files(self) -> list[Path]:
        """Every Rust file of the repository that people write."""
        folders = ("bench", "crates", "migration", "openapi", "tests", "xtask")
        found = (path for folder in folders for path in sorted((self.root / folder).rglob("*.rs")))
        return [path for path in found if not self.is_generated(path) and "target" not in path.parts]
