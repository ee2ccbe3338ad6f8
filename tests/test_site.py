"""The site's own checks: dead links, dead anchors and things loaded from elsewhere are found; links are turned."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parents[1] / "docs" / "site"


def module(name):
    spec = importlib.util.spec_from_file_location(f"docs_site_{name}", SITE / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_what_leads_nowhere_is_found(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "other.html").write_text('<h1 id="here">x</h1><a href="../index.html#top">up</a>', "utf-8")
    (tmp_path / "index.html").write_text(
        '<a href="below/other.html#here">fine</a> <a href="https://example.org/x">fine</a> <a name="top"></a>'
        '<a href="below/other.html#gone">1</a> <a href="absent.html">2</a> <a href="#nowhere">3</a>'
        '<img src="https://example.org/i.png"> <link rel="stylesheet" href="//example.org/s.css">'
        '<link rel="canonical" href="https://example.org">',
        "utf-8",
    )
    assert sorted(module("check").faults(tmp_path)) == [
        "index.html loads //example.org/s.css",
        "index.html loads https://example.org/i.png",
        "index.html: links to #nowhere, whose page has no such anchor",
        "index.html: links to absent.html, which does not exist",
        "index.html: links to below/other.html#gone, whose page has no such anchor",
    ]


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stage")
    module("stage").stage(folder)
    return folder


def test_links_of_the_repository_are_links_of_the_site(staged):
    index = (staged / "index.md").read_text("utf-8")
    assert "](add_a_backend.md)" in index
    assert "](studies/first.md)" in index
    assert "](decisions/index.md)" in index
    assert "![the comparison table of results/first](images/first.svg)" in index
    assert "](../studies/equal_footing.md)" not in (staged / "pretraining.md").read_text("utf-8")
    assert "](studies/equal_footing.md)" in (staged / "pretraining.md").read_text("utf-8")
    assert (staged / "files" / "embedbench" / "data" / "catalogue.json").is_file()


def test_code_blocks_stay_as_they_are(staged):
    shown = (staged / "add_a_task.md").read_text("utf-8")
    assert "rows.append((start + i,))" in shown


def test_every_page_is_in_the_navigation(staged):
    named = (SITE.parents[1] / "mkdocs.yml").read_text("utf-8").partition("nav:")[2]
    pages = {path.relative_to(staged).as_posix() for path in staged.rglob("*.md")}
    assert {page for page in pages if page not in named} == set()
