"""Rows and columns of any kind, one reference, one order, and marks that a paired test stands behind."""

from __future__ import annotations

import dataclasses
import html.parser
import re
import shutil
import subprocess

import pytest
from cells_on_disk import write_cell
from synthetic_records import cell, failed, score, similarity

from embedbench.errors import ConfigurationError
from embedbench.registry import load_components
from embedbench.reporting.only import parse_only
from embedbench.reporting.options import Format, TableOptions
from embedbench.reporting.table import render_table
from embedbench.results.reading import read_records
from embedbench.scoring.intervals import Bootstrap

load_components()


@pytest.fixture
def records():
    unseen = dataclasses.replace(score("minilm", "scalar", 0.8), subset="unseen")
    below = dataclasses.replace(score("majority", "none", 0.3), subset="unseen")
    return [
        cell("minilm", "upos", 0.95, control=0.70, layers=(0.90, 0.94), subset_scores=(unseen, below)),
        cell("word2vec", "upos", 0.84, control=0.80),
        cell("word2vec", "ner", 0.5, metric="span_f1"),
        failed("minilm", "ner", "no weights"),
        similarity("word2vec", "simlex", 0.44),
    ]


def table(records, **options):
    """The cells of the table by row label, without the notes."""
    text = render_table(records, TableOptions(format=Format.MD, **options))
    rows = [[part.strip() for part in line.strip("|").split(" | ")] for line in text.split("\n\n")[0].splitlines()]
    return {row[0].strip("* "): row[1:] for row in (*rows[:1], *rows[2:])}


def test_tasks_below_each_other_and_extractors_side_by_side(records):
    assert table(records, rows=("task",), columns=("extractor",)) == {
        "task": ["minilm", "word2vec", "majority", "word_majority"],
        "ner\\": ["failed", "50.0 ±1.0", "16.4 ±1.0", "86.7 ±1.0"],
        "simlex\\": ["–", "44.0 ±1.0", "–", "–"],
        "upos": ["**95.0** ±1.0", "84.0 ±1.0", "16.4 ±1.0", "86.7 ±1.0"],
    }


def test_the_control_is_a_row_beside_the_task(records):
    found = table(records, rows=("extractor", "labels"), tasks=("upos",))
    assert found["minilm / control"] == ["70.0 ±1.0"]
    assert found["word2vec / control"] == ["**80.0** ±1.0"], "the best among controls, apart from the task"
    assert found["minilm / task"] == ["**95.0** ±1.0"]


def test_layers_as_columns_compare_within_a_column(records):
    found = table(records, columns=("layer",), tasks=("upos",))
    assert found["minilm"] == ["90.0 ±1.0", "94.0 ±1.0"]
    assert found["extractor"] == ["layer 0", "layer 1"]
    assert found["majority"] == ["16.4 ±1.0", "16.4 ±1.0"], "a baseline has no layer: it is the same in each"
    only = table(records, rows=("mix",), only=parse_only(["extractor=minilm", "task=upos", "mix=single:*"]))
    assert only == {"mix": ["upos"], "single:0": ["90.0 ±1.0"], "single:1": ["**94.0** ±1.0"]} | {
        name: only[name] for name in ("majority", "word_majority")
    }


def test_subsets_have_baselines_of_their_own(records):
    found = table(records, rows=("extractor", "subset"), tasks=("upos",))
    assert found["minilm / unseen"] == ["80.0 ±1.0"]
    assert found["majority / unseen"] == ["30.0 ±1.0"]
    assert found["majority / whole"] == ["16.4 ±1.0"]


def test_seeds_are_rows_without_intervals():
    one = dataclasses.replace(score("a", "scalar", 0.5, seeds=2), per_seed=(0.4, 0.6))
    found = table([cell("a", "t", 0.5, scores=(one,), config={"seeds": [3, 7]})], rows=("seed",))
    assert (found["3"], found["7"]) == (["40.0"], ["**60.0**"])


def test_options_of_the_configuration_tell_cells_apart():
    slow = cell("a", "t", 0.5, identity="1", config={"training": {"learning_rate": 0.001}, "limit": None})
    fast = cell("a", "t", 0.6, identity="2", config={"training": {"learning_rate": 0.01}, "limit": None})
    text = render_table([slow, fast])
    assert "2 finished cells of a x t x linear differ in training.learning_rate" in text
    assert "--rows extractor,training.learning_rate tells them apart" in text
    found = table([slow, fast], rows=("extractor", "training.learning_rate"), columns=("task", "limit"))
    assert found["a / training.learning_rate=0.001"] == ["50.0 ±1.0"]
    assert found["a / training.learning_rate=0.01"] == ["**60.0** ±1.0"]
    assert found["extractor, training.learning_rate"] == ["t / limit=null"]
    kept = table([slow, fast], only=parse_only(["training.learning_rate=0.001"]))
    assert kept["a"] == ["50.0 ±1.0"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rows": ("mix",)}, "the extractors minilm and word2vec meet in one entry: add extractor to --rows"),
        ({"rows": ("colour",)}, "'colour' is neither extractor, task, probe, mix, layer, subset"),
        ({"rows": ("task",)}, "none may stand twice"),
        ({"columns": ()}, "columns nothing"),
        ({"rows": ("extractor", "mix"), "mix": "scalar"}, "--mix scalar leaves one, and mix is to be told apart"),
        ({"only": parse_only(["mix=scalar"])}, "add mix to --rows or --columns, or choose one with --mix"),
        ({"only": parse_only(["extractor=bert*"])}, r"no record here has the extractor 'bert\*'; there are: minilm"),
        ({"sort": "pos"}, "no column 'pos' to sort by; there are: ner, simlex, upos"),
        ({"relative_to": "bert"}, "no such row; there are: minilm, word2vec, majority, word_majority"),
        (
            {
                "relative_to": "minilm",
                "rows": ("task",),
                "columns": ("labels",),
                "only": parse_only(["extractor=minilm"]),
            },
            "needs the extractor among",
        ),
        ({"paired": True}, "need the predictions"),
    ],
)
def test_what_cannot_be_shown_is_refused(records, options, said):
    with pytest.raises(ConfigurationError, match=said):
        render_table(records, TableOptions(**options))


@pytest.mark.parametrize("word", ["task", "=upos", "task=", "task=,"])
def test_half_a_choice_is_refused(word):
    with pytest.raises(ConfigurationError, match="expected KEY=VALUE"):
        parse_only([word])


def test_sorted_by_a_column_with_empty_rows_last(records):
    rows = list(table(records, sort="upos"))
    assert rows[1:3] == ["minilm", "word2vec"]
    assert list(table(records, sort="ner"))[1:3] == ["word2vec", "minilm"]


def test_differences_from_a_reference(records):
    found = table(records, relative_to="word2vec")
    assert found["minilm"] == ["failed", "–", "**+11.0**"]
    assert found["word2vec"] == ["50.0 ±1.0", "44.0 ±1.0", "84.0 ±1.0"], "the reference keeps its values"
    assert found["majority"] == ["-33.6", "–", "-67.6"]
    from_baseline = table(records, relative_to="majority", columns=("task",))
    assert from_baseline["word2vec"] == ["+33.6", "–", "+67.6"]
    assert from_baseline["majority"] == ["16.4 ±1.0", "–", "16.4 ±1.0"]


@pytest.fixture
def few_resamples(monkeypatch):
    monkeypatch.setattr("embedbench.reporting.ties.RESAMPLES", Bootstrap(resamples=199))


@pytest.mark.usefixtures("few_resamples")
def test_ties_are_what_the_paired_test_cannot_separate(tmp_path):
    for extractor, wrong in (("best", 20), ("near", 19), ("far", 4)):
        write_cell(tmp_path, extractor, "upos", wrong)
    found = read_records(tmp_path)
    text = render_table(found.records, TableOptions(paired=True), folders=found.folder_of)
    rows = {line.split()[0]: line.split()[1] for line in text.splitlines()[2:5]}
    assert rows == {"best": "▸95.0", "near": "94.6†", "far": "75.0"}
    assert "†: not separated from the best of its column (paired permutation test" in text
    against = TableOptions(paired=True, relative_to="far")
    relative = render_table(found.records, against, folders=found.folder_of)
    best = next(line for line in relative.splitlines() if line.strip().startswith("best"))
    assert re.fullmatch(r" best +▸\+20\.0 ±\d\.\d", best), "separated from the reference, with the paired interval"


def test_what_cannot_be_tested_has_no_mark_and_is_said(tmp_path):
    write_cell(tmp_path, "best", "upos", 20)
    write_cell(tmp_path, "other", "upos", 19, seeds=(0, 5))
    found = read_records(tmp_path)
    text = render_table(found.records, TableOptions(paired=True), folders=found.folder_of)
    assert "94.6†" not in text
    assert "not tested: other x upos: the two cells have the seeds" in text
    assert "over the whole table, 0 tests)" in text, "what was not tested is not corrected for"


def test_ties_are_corrected_for_the_column(tmp_path, monkeypatch):
    """Two tests with p 0.03 each: alone they would separate, together they do not (Holm: 0.06)."""
    for extractor, wrong in (("a", 20), ("b", 15), ("c", 14)):
        write_cell(tmp_path, extractor, "upos", wrong)
    monkeypatch.setattr("embedbench.reporting.ties.permutation_p", lambda *_: 0.03)
    found = read_records(tmp_path)
    text = render_table(found.records, TableOptions(paired=True), folders=found.folder_of)
    assert text.split("mix:")[0].count("†") == 2


def test_ties_are_corrected_for_the_whole_table(tmp_path, monkeypatch):
    """One test with p 0.03 in each of two columns: corrected column by column they would separate, together not."""
    for task in ("upos", "ner"):
        for extractor, wrong in (("a", 20), ("b", 15)):
            write_cell(tmp_path, extractor, task, wrong)
    monkeypatch.setattr("embedbench.reporting.ties.permutation_p", lambda *_: 0.03)
    found = read_records(tmp_path)

    def shown(**options):
        return render_table(found.records, TableOptions(paired=True, **options), folders=found.folder_of)

    both = shown()
    assert both.split("mix:")[0].count("†") == 2
    assert "p ≥ 0.05 after Holm's correction over the whole table, 2 tests)" in both
    alone = shown(tasks=("upos",))
    assert "†" not in alone.split("mix:")[0], "a table of one column makes one test"
    assert "over the whole table, 1 test)" in alone
    assert shown(rows=("task",), columns=("extractor",)).split("mix:")[0].count("†") == 2, "turned, the same tests"


class _Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.loads = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.loads += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.texts.append(data)


def test_html_is_one_page_that_loads_nothing_and_runs_nothing():
    evil = "<script>alert(1)</script>"
    page = _Page()
    page.feed(render_table([cell(evil, "a&b", 0.5), cell("other", "a&b", 0.4)], TableOptions(format=Format.HTML)))
    assert "script" not in page.tags
    assert page.loads == []
    assert evil in page.texts
    assert "a&b" in page.texts
    assert page.tags.count("b") == 1, "the best"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (texlive-latex-recommended)")
@pytest.mark.slow
def test_a_standalone_document_compiles(tmp_path):
    """Every character that LaTeX acts upon, letters that its fonts lack, and more rows and columns than a page has."""
    odd = "n\u00e4ive_\u0416\u65e5 \\#$%&~^{}<>|`'\"[*]--"
    many = [cell(f"extractor{n}", f"task{m}", 0.5) for n in range(50) for m in range(12)]
    records = [cell(odd, odd, 0.5), cell(f"[{odd}", odd, 0.4), failed("*star", odd, "no\n100 % \\input")]
    for name, shown in (("odd", records), ("many", many)):
        text = render_table(shown, TableOptions(format=Format.LATEX, standalone=True))
        (tmp_path / f"{name}.tex").write_text(text, encoding="utf-8")
        done = subprocess.run(
            ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", f"{name}.tex"],
            cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:]
        assert "Overfull \\hbox" not in done.stdout
        assert "Float too large" not in done.stdout
