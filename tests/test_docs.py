"""The documentation shows what the files say, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "experiments").rglob("*.md")])


@pytest.mark.parametrize(("page", "example"), [("add_a_backend", "letter_counts"), ("add_a_task", "capitalised")])
def test_the_page_shows_the_example_file_literally(page, example):
    shown = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    code = (ROOT / "docs" / "examples" / f"{example}.py").read_text("utf-8")
    assert code.rstrip() in shown
    assert len(code.splitlines()) <= 40


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which does not exist"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_shown_exists(page):
    from embedbench.cli.main import COMMANDS

    blocks = "\n".join(re.findall(r"```\n.*?```", page.read_text("utf-8"), flags=re.DOTALL))
    for command in re.findall(r"^\s*(?:\$ )?embedbench (\w+)", blocks, flags=re.MULTILINE):
        assert command in COMMANDS, f"{page.name} shows `embedbench {command}`, which does not exist"
