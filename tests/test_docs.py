"""The documentation shows what the files say, its code runs, its commands exist, and every link leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from shown_commands import commands, fault

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "experiments").rglob("*.md")])
EXAMPLES = {"add_a_backend": "letter_counts", "add_a_task": "capitalised"}
"""Pages whose Python is the file of an example, which has tests of its own."""


def ids(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("page", "example"), EXAMPLES.items())
def test_the_page_shows_the_example_file_literally(page, example):
    shown = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    code = (ROOT / "docs" / "examples" / f"{example}.py").read_text("utf-8")
    assert code.rstrip() in shown
    assert len(code.splitlines()) <= 40


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_relative_link_leads_to_a_file(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which does not exist"


@pytest.mark.parametrize("page", [page for page in PAGES if list(commands(page.read_text("utf-8")))], ids=ids)
def test_every_command_shown_exists_with_its_options_and_names(page):
    wrong = {line: found for line in commands(page.read_text("utf-8")) if (found := fault(line))}
    assert wrong == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tabel results", "no command 'tabel'"),
        ("table results --colums x", "no option --colums"),
        ("run extractor=minilm,nowhere task=upos", "no extractor 'nowhere'"),
        ("run treebank@task.files=nowhere", "no treebank 'nowhere'"),
        ("run sede=[0]", "no setting 'sede'"),
        ("run training.solve=x", "no setting 'training.solve'"),
        ("run 'task.files={a'", "a"),
    ],
)
def test_a_command_that_would_be_refused_is_found(line, said):
    assert said in fault(line)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if python_blocks(page) and page.stem not in EXAMPLES], ids=ids)
def test_the_python_of_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "cache"))
    code = "\n".join(python_blocks(page))
    # A module that can be found by name, as classes in it must be.
    (tmp_path / "page.py").write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "page.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
