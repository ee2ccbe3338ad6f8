"""The tutorial, followed literally in an empty folder, ends with the table that it promises."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from shown_commands import commands

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tutorial.md"
POINTS = 2.0
"""How far a value may lie from the promised one: other processors round otherwise, and a probe may stop elsewhere."""


def promised() -> str:
    """The table that the page shows."""
    return re.search(r"<!-- promised -->\n```\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL).group(1)


def table(text: str) -> dict[str, list[float]]:
    """The first number of every column, by row."""
    found = {}
    for line in text.splitlines():
        label, *columns = re.split(r"\s{2,}", line.strip().replace("▸", ""))
        if columns and all(re.match(r"\d|–", column) for column in columns):
            found[label] = [float(column.split()[0]) if column != "–" else -1.0 for column in columns]
    return found


def test_the_promised_table_is_read():
    found = table(promised())
    assert list(found) == ["mine", "small_bilm", "small_mlm", "small_word2vec", "majority", "word_majority", "length"]
    assert all(len(values) == 2 for values in found.values())


@pytest.mark.slow
@pytest.mark.skipif(
    "EMBEDBENCH_TUTORIAL" not in os.environ, reason="two minutes: EMBEDBENCH_TUTORIAL=1 follows the tutorial"
)
def test_the_tutorial_followed_literally_ends_with_the_table_it_promises(tmp_path):
    environment = {**os.environ, "EMBEDBENCH_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    environment.pop("EMBEDBENCH_DATA", None)
    tables = []
    for line in commands(PAGE.read_text("utf-8")):
        words = shlex.split(line, comments=True)
        done = subprocess.run(
            [sys.executable, "-m", "embedbench", *words],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        if words[0] == "table":
            tables.append(done.stdout)
    found, expected = table(tables[-1]), table(promised())
    assert found.keys() == expected.keys()
    for row, values in expected.items():
        assert found[row] == pytest.approx(values, abs=POINTS), row
    assert (tmp_path / "report.html").stat().st_size > 100_000
