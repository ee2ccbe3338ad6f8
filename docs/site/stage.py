"""The pages of the site in one folder: docs, README, studies and decisions, with links that lead somewhere there too.

The Markdown files of the repository are written to be read where they lie. Here each is placed where the site wants it,
and every link is turned to the place where its target went; a target that is no page is copied beside the pages.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "build" / "docs"
_FENCE = re.compile(r"(^[ \t]*```.*?^[ \t]*```[ \t]*$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s#]+)((?:#[^)\s]*)?\))")


def stage(into: Path = STAGE) -> dict[str, str]:
    """Fills the folder anew; where each staged file of the repository went.

    Raises:
        FileNotFoundError: a page links to a file that does not exist.
    """
    shutil.rmtree(into, ignore_errors=True)
    pages = _pages()
    places = dict(pages)
    for source, place in pages.items():
        _write(into / place, _moved(source, (ROOT / source).read_text("utf-8"), places))
    for source, place in places.items():
        if source not in pages:
            (into / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / source, into / place)
    _write(into / "studies" / "index.md", _list("Studies", _STUDIES, pages, "studies"))
    _write(into / "decisions" / "index.md", _list("Decisions", _DECISIONS, pages, "decisions"))
    return places


_STUDIES = (
    "A study is a question, the command that answers it, what it costs, what we expected, and what would refute it; "
    "the results stand below."
)
_DECISIONS = "Why things that are hard to undo are as they are."


def _pages() -> dict[str, str]:
    """Every Markdown file of the site: its path in the repository, and in the site."""
    found = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        found[_name(path)] = path.relative_to(ROOT / "docs").as_posix()
    for path in sorted((ROOT / "experiments").glob("*/README.md")):
        found[_name(path)] = f"studies/{path.parent.name}.md"
    return found


def _moved(source: str, text: str, places: dict[str, str]) -> str:
    """The page with its links turned; `places` grows by the files that it links to."""

    def turned(link: re.Match[str]) -> str:
        before, target, after = link.groups()
        if "://" in target or target.startswith("mailto:"):
            return link.group()
        path = Path(os.path.normpath(ROOT / source / ".." / target))
        if path.is_dir():
            if _name(path) in ("docs/decisions", "experiments"):
                place = "decisions/index.md" if path.name == "decisions" else "studies/index.md"
                return before + os.path.relpath(place, Path(places[source]).parent) + after
            return re.sub(r"^!?\[([^\]]*)\]\($", r"\1", before)
        if not path.is_file():
            raise FileNotFoundError(f"{source} links to {target}, which does not exist")
        place = places.setdefault(_name(path), _beside(_name(path)))
        return before + os.path.relpath(place, Path(places[source]).parent) + after

    parts = _FENCE.split(text)
    # Odd parts are code, in which nothing is a link.
    return "".join(part if i % 2 else _LINK.sub(turned, part) for i, part in enumerate(parts))


def _beside(source: str) -> str:
    return source.removeprefix("docs/") if source.startswith("docs/") else f"files/{source}"


def _list(title: str, text: str, pages: dict[str, str], folder: str) -> str:
    lines = [f"# {title}\n", f"{text}\n"]
    for source, place in pages.items():
        if place.startswith(f"{folder}/"):
            heading = next(line for line in (ROOT / source).read_text("utf-8").splitlines() if line.startswith("# "))
            lines.append(f"- [{heading.removeprefix('# ')}]({Path(place).name})")
    return "\n".join(lines) + "\n"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
