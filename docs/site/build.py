"""`make docs`: stages the pages, builds the site into site/, checks it; any warning or broken link is exit code 1."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from check import faults
from stage import ROOT, STAGE, stage


def build() -> int:
    """1 where something is wrong, which is told on standard error."""
    places = stage()
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = built.stdout + built.stderr
    if built.returncode or "No issues found" not in said:
        sys.stderr.write(said)
        return 1
    wrong = faults(ROOT / "site")
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    if not wrong:
        pages = len(list((ROOT / "site").rglob("*.html")))
        sys.stdout.write(f"site/index.html: {pages} pages of {len(places)} files, every link leads somewhere\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    assert STAGE.parent.name == "build"
    raise SystemExit(build())
