"""Questions about records from Python get the command line's answers."""

from __future__ import annotations

import json

import pytest
from quick_cells import FILES, QUICK

import embedbench as eb
from embedbench.cli import main
from embedbench.errors import ConfigurationError
from embedbench.reporting.rows import as_json


def printed(capsys, *arguments) -> str:
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_the_table_is_the_command_lines_in_every_format(results, capsys):
    answer = eb.table(results, mix="mean", selectivity=True)
    options = ("--mix", "mean", "--selectivity")
    for form in ("rich", "md", "latex", "html", "csv", "json"):
        expected = printed(capsys, "table", results, *options, "--format", form)
        assert answer.to(form) == expected
    assert str(answer) + "\n" == printed(capsys, "table", results, *options)
    assert answer._repr_markdown_() == answer.to("md")
    assert answer.frame().height == len(json.loads(answer.to("json")))


def test_comparison_and_ranking_are_the_command_lines(results, capsys):
    compared = eb.compare(results, "wide", "narrow", resamples=99)
    assert compared.to("json") == printed(
        capsys, "compare", results, "wide", "narrow", "--resamples", 99, "--format", "json"
    )
    ranked = eb.rank(results, resamples=99)
    assert ranked.to("csv") == printed(capsys, "rank", results, "--resamples", 99, "--format", "csv")


def test_layers_are_the_command_lines(results, capsys, tmp_path):
    plot = eb.layers(results, brief=True)
    assert str(plot) + "\n" == printed(capsys, "layers", results, "--brief")
    assert plot.frame().columns[-1] == "weight"
    assert as_json(plot.summaries()) == printed(capsys, "layers", results, "--format", "json")
    assert "upos" in repr(eb.layers(results))
    with pytest.raises(ConfigurationError, match="gif"):
        plot.save(tmp_path / "layers.gif")


def test_a_query_gives_a_frame(results):
    asked = (
        "SELECT extractor FROM scores WHERE mix = 'mean' AND labels = 'task' AND subset = 'whole' ORDER BY extractor"
    )
    found = eb.query(asked, results)
    assert found["extractor"].to_list() == ["narrow", "wide"]


def test_records_in_memory_make_a_table_too(results):
    found = eb.records(results)
    assert str(eb.table(list(found.records))) == str(eb.table(found)) == str(eb.table(results))
    assert eb.table(found, only={"extractor": "w*"}).frame()["extractor"][0] == "wide"


def test_an_answer_is_written_by_its_ending(results, tmp_path):
    answer = eb.table(results)
    assert answer.save(tmp_path / "below" / "table.tex").read_text("utf-8") == answer.to("latex")
    for wrong in (lambda: answer.save(tmp_path / "table.doc"), lambda: answer.to("doc")):
        with pytest.raises(ConfigurationError, match="doc"):
            wrong()


def test_a_bundle_is_written_and_read(results, tmp_path):
    bundle = eb.write_bundle(results, tmp_path / "b.zip", only={"extractor": ["wide"]})
    assert [record.extractor for record in eb.records(bundle).records] == ["wide"]
    with pytest.raises(ConfigurationError, match=r"expected a file \.zip"):
        eb.write_bundle(results, tmp_path / "b.tar")


@pytest.mark.slow
def test_a_report_is_written(results, tmp_path):
    page = eb.write_report(results, tmp_path / "page.html", title="Mine")
    assert "<title>Mine</title>" in page.read_text("utf-8")


def test_nothing_to_read_is_one_sentence(tmp_path):
    for ask in (lambda: eb.write_report(tmp_path), lambda: eb.layers(tmp_path), lambda: eb.table(tmp_path / "absent")):
        with pytest.raises(ConfigurationError):
            ask()


@pytest.mark.slow
def test_studies_are_the_command_lines(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "store"))
    upos, random = eb.task("upos", files=FILES), eb.extractor("random", size=6)
    asked = (
        "task=upos",
        "task.files={train: 'grammar:train:60:1', dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}",
        *("training.min_updates=20", "training.max_epochs=2", "resamples=99", "seeds=[0]", "results=r"),
    )
    quick = {**QUICK, "results": "r"}
    sized = eb.capacity(random, upos, ranks=[2], hidden=[4], **quick)
    small = ("extractor=random", "extractor.size=6")
    expected = printed(capsys, "capacity", *small, *asked, "--ranks", "2", "--hidden", "4", "--format", "csv")
    assert sized.to("csv") == expected

    added = eb.conditional(random, "one_hot", upos, **quick)
    parts = ("extractor.parts.baseline.size=6",)
    expected = printed(capsys, "conditional", "random", "one_hot", *asked, *parts, "--format", "json")
    assert added.to("json") == expected
    assert len(eb.records("r").records) == 5  # both studies found the other's cells

    told = eb.estimate([random], [upos], **quick)
    assert "random x upos" in str(told)
    assert told.frame().height == 1

    measured = eb.geometry(random, upos, **quick)
    assert "\n".join(measured.to("rich").splitlines()[:3]) in printed(capsys, "geometry", *small, *asked)
    assert measured.frame().height == 1
