"""The comparison table: what it shows, what it hides, and that it says so."""

from __future__ import annotations

import dataclasses
import json

import polars as pl
import pytest
from synthetic_records import cell, failed, score, similarity

from embedbench.errors import ConfigurationError
from embedbench.reporting.options import Format, IntervalStyle, TableOptions
from embedbench.reporting.table import render_problems, render_table
from embedbench.results.reading import Problem


@pytest.fixture
def records():
    return [
        cell("minilm", "upos", 0.951, control=0.70, layers=(0.90, 0.94), dev=(0.95, 0.93)),
        cell("word2vec", "upos", 0.84, control=0.80),
        cell("word2vec", "ner", 0.5, metric="span_f1"),
        failed("minilm", "ner", "no weights\nat bert.bin"),
        similarity("word2vec", "simlex", 0.44),
    ]


def lines_of(text):
    return [line.rstrip() for line in text.splitlines()]


def test_the_plain_table(records):
    assert lines_of(render_table(records)) == [
        " extractor            ner*     simlex*         upos",
        "─" * 52,
        " minilm             failed           –   ▸95.1 ±1.0",
        " word2vec        50.0 ±1.0   44.0 ±1.0    84.0 ±1.0",
        "",
        " majority        16.4 ±1.0           –    16.4 ±1.0",
        " word_majority   86.7 ±1.0           –    86.7 ±1.0",
        "",
        "mix: scalar; mean for simlex",
        "metric: accuracy; * span_f1 for ner; * spearman for simlex",
        "probe: linear; cosine for simlex",
        "values in percent (correlations x 100) on test, task labels; "
        "± is half the width of the 95 % interval (bootstrap over clusters: sentences)",
        "targets (n) in clusters: ner 1,000 in 100, simlex 1,000 in 100, upos 1,000 in 100",
        "seeds: 3; 1 for simlex",
        "failed: minilm x ner x linear: no weights at bert.bin",
        "▸ is the best of its column, baselines apart",
    ]


def test_a_table_is_a_function_of_the_records_not_of_their_order(records):
    for format_ in Format:
        options = TableOptions(format=format_, selectivity=True)
        assert render_table(records, options) == render_table(records[::-1], options)


def test_baselines_are_never_the_best(records):
    """The majority by word beats both span taggers here, and is still not marked."""
    rows = [line for line in lines_of(render_table(records)) if "▸" in line]
    assert len(rows) == 2
    assert "minilm" in rows[0]


def test_equal_values_are_both_the_best():
    text = render_table([cell("a", "t", 0.5), cell("b", "t", 0.5), cell("c", "t", 0.4)], TableOptions(format=Format.MD))
    assert text.count("**50.0**") == 2


def test_bold_replaces_the_mark_where_it_can_be_seen(records):
    text = render_table(records, TableOptions(color=True))
    assert "▸" not in text
    assert "\x1b[1m95.1 ±1.0\x1b[0m" in text


@pytest.mark.parametrize("width", [20, 38, 39, 40, 51, 52, 60, 200, None])
def test_nothing_is_cut_whatever_the_width(records, width):
    text = render_table(records, width=width)
    for wanted in ("ner*", "simlex*", "upos", "word_majority", "95.1 ±1.0", "44.0 ±1.0", "failed"):
        assert wanted in text
    assert "…" not in text
    table_lines = [line for line in text.split("mix:")[0].splitlines() if line.strip()]
    if width is not None and width >= 38:
        assert max(map(len, table_lines)) <= width


def test_columns_go_on_in_blocks_below(records):
    assert render_table(records, width=38).count("word_majority") == 3
    assert render_table(records, width=39).count("word_majority") == 2
    assert render_table(records, width=60).count("word_majority") == 1


def test_intervals_as_brackets_or_not_at_all(records):
    assert "95.1 [94.1, 96.1]" in render_table(records, TableOptions(interval=IntervalStyle.BRACKETS))
    assert "±" not in render_table(records, TableOptions(interval=IntervalStyle.NONE)).split("mix:")[0]


def test_columns_and_rows_in_the_order_asked_for(records):
    text = render_table(records, TableOptions(tasks=("upos", "ner"), extractors=("word2vec",)))
    assert lines_of(text)[0].split() == ["extractor", "upos", "ner*"]
    assert "minilm" not in text
    with pytest.raises(ConfigurationError, match="task 'pos'; there are: ner, simlex, upos"):
        render_table(records, TableOptions(tasks=("pos",)))
    with pytest.raises(ConfigurationError, match="extractor 'bert'; there are: minilm, word2vec"):
        render_table(records, TableOptions(extractors=("bert",)))


def test_best_is_chosen_on_dev_never_on_test(records):
    """Layer 1 is better on test (0.94) but layer 0 on dev; the table shows layer 0 and says which."""
    text = render_table(records, TableOptions(mix="best", tasks=("upos",)))
    assert "90.0@0 ±1.0" in text
    assert "94.0" not in text
    assert "best on dev" in text


def test_best_falls_back_to_recorded_dev_scores():
    dev = tuple(score("e", f"single:{k}", v, split="dev") for k, v in enumerate((0.5, 0.7, 0.7)))
    one = cell("e", "t", 0.9, layers=(0.1, 0.2, 0.3))
    with_dev = dataclasses.replace(one, scores=one.scores + dev)
    assert "20.0@1" in render_table([with_dev], TableOptions(mix="best"))  # the lower of two equal layers
    assert "–" in render_table([one], TableOptions(mix="best"))


def test_a_mix_that_was_not_scored_is_missing_not_replaced(records):
    text = render_table(records, TableOptions(mix="single:1"))
    assert "94.0 ±1.0" in text
    assert "84.0" not in text
    assert "mix: single:1" in text


def test_the_control_as_a_table(records):
    text = render_table(records, TableOptions(labels="control", tasks=("upos",)))
    assert "70.0 ±1.0" in text
    assert "control labels" in text


def test_all_splits_fit_in_rows_only(records):
    with pytest.raises(ConfigurationError, match=r"--split all makes rows, not a table"):
        render_table(records, TableOptions(split="all"))
    with pytest.raises(ConfigurationError, match=r"--labels all makes rows, not a table"):
        render_table(records, TableOptions(labels="all"))


def test_selectivity_has_its_own_table(records):
    text = render_table(records, TableOptions(selectivity=True)).split("selectivity\n")[1]
    assert "25.1 (70.0)" in text
    assert "4.0 (80.0)" in text
    assert "simlex" not in text
    none = render_table([similarity("a", "simlex", 0.4)], TableOptions(selectivity=True))
    assert "no control was scored" in none


def test_several_probes_are_several_rows(records):
    text = render_table([*records, cell("minilm", "upos", 0.96, probe="mlp")])
    assert "minilm (linear)" in text
    assert "minilm (mlp)" in text
    assert " word2vec  " in text


def test_the_newest_of_competing_cells_is_shown_and_said(records):
    newer = cell("word2vec", "upos", 0.85, identity="ffffffffffffffff", finished="2026-02-01T00:00:00+00:00")
    text = render_table([newer, *records])
    assert "85.0" in text
    assert "84.0" not in text
    assert "2 finished cells of word2vec x upos x linear" in text
    assert "ffffffffffff, 2026-02-01" in text


def test_a_finished_cell_wins_over_a_later_failure(records):
    later = dataclasses.replace(failed("word2vec", "upos", "killed"), finished="2027-01-01", identity="later")
    assert "84.0" in render_table([*records, later])


def test_disagreeing_baselines_are_said(records):
    other = cell("elmo", "upos", 0.9, baselines=(score("majority", "none", 0.2, seeds=1),))
    text = render_table([*records, other])
    assert "disagree about the baseline majority of upos on the same data: 16.40, 20.00" in text
    assert text.count("\n majority ") == 1


def test_other_data_under_the_same_name_is_said(records):
    other = cell("elmo", "upos", 0.9, fingerprints={"task": "other-data"})
    text = render_table([*records, other])
    assert "upos: the cells stand on 2 different versions of the task (data-of-, other-da)" in text
    assert "disagree" not in text


def test_markdown_is_a_github_table(records):
    lines = lines_of(render_table(records, TableOptions(format=Format.MD)))
    assert lines[:6] == [
        "| extractor | ner\\* | simlex\\* | upos |",
        "| --- | ---: | ---: | ---: |",
        "| minilm | failed | – | **95.1** ±1.0 |",
        "| word2vec | 50.0 ±1.0 | 44.0 ±1.0 | 84.0 ±1.0 |",
        "| *majority* | 16.4 ±1.0 | – | 16.4 ±1.0 |",
        "| *word_majority* | 86.7 ±1.0 | – | 86.7 ±1.0 |",
    ]
    assert all(line.startswith("- ") for line in lines[7:])


def test_markdown_escapes_what_github_would_read():
    text = render_table([cell("a|b*c`d<e_", "t\\u", 0.5)], TableOptions(format=Format.MD))
    assert "| a\\|b\\*c\\`d\\<e\\_ |" in text
    assert "| t\\\\u |" in text


def test_latex_is_booktabs(records):
    text = render_table(records, TableOptions(format=Format.LATEX))
    assert lines_of(text)[4:9] == [
        r"\begin{tabular}{lrrr}",
        r"\toprule",
        r"extractor & ner* & simlex* & upos \\",
        r"\midrule",
        r"minilm & failed & -- & \textbf{95.1} $\pm$1.0 \\",
    ]
    assert r"word\_majority & 86.7 $\pm$1.0 & -- & 86.7 $\pm$1.0 \\" in text
    assert r"95 \% interval" in text


@pytest.mark.parametrize(
    ("character", "escaped"),
    [
        ("_", r"\_"),
        ("&", r"\&"),
        ("%", r"\%"),
        ("$", r"\$"),
        ("#", r"\#"),
        ("{", r"\{"),
        ("}", r"\}"),
        ("~", r"\textasciitilde{}"),
        ("^", r"\textasciicircum{}"),
        ("\\", r"\textbackslash{}"),
    ],
)
def test_latex_escapes(character, escaped):
    text = render_table([cell(f"x{character}y", "task", 0.5)], TableOptions(format=Format.LATEX))
    assert f"\nx{escaped}y & 50.0" in text


NEEDED = ("extractor", "task", "mix", "probe", "metric", "value", "low", "high", "n", "seeds")


def test_json_has_a_row_for_every_mix_and_baseline(records):
    rows = json.loads(render_table(records, TableOptions(format=Format.JSON)))
    assert all(set(NEEDED) <= set(row) for row in rows)
    assert [(r["extractor"], r["task"], r["mix"], r["probe"], r["value"]) for r in rows if r["task"] == "upos"] == [
        ("minilm", "upos", "scalar", "linear", 0.951),
        ("minilm", "upos", "single:0", "linear", 0.9),
        ("minilm", "upos", "single:1", "linear", 0.94),
        ("word2vec", "upos", "scalar", "linear", 0.84),
        ("majority", "upos", "none", "none", 0.164),
        ("word_majority", "upos", "none", "none", 0.8666),
    ]
    first = next(r for r in rows if r["extractor"] == "minilm")
    assert (first["control"], first["selectivity"]) == (0.7, pytest.approx(0.251))
    assert [r["layer"] for r in rows if r["mix"] == "single:1"] == [1]


def test_json_by_default_holds_one_row_per_extractor_task_mix_and_metric(records):
    """Whoever looks a value up by these gets the task's test value, never a control or a dev score."""
    rows = json.loads(render_table(records, TableOptions(format=Format.JSON)))
    keys = [(r["extractor"], r["task"], r["mix"], r["probe"], r["metric"]) for r in rows]
    assert len(keys) == len(set(keys))
    assert {(r["labels"], r["split"]) for r in rows} == {("task", "test")}


def test_json_of_every_row(records):
    dev = score("minilm", "scalar", 0.96, split="dev")
    records[0] = dataclasses.replace(records[0], scores=(*records[0].scores, dev))
    rows = json.loads(render_table(records, TableOptions(format=Format.JSON, split="all", labels="all")))
    n_scores = sum(len(r.scores) for r in records)
    assert len(rows) == n_scores + 4  # two tasks with two baselines, once each
    assert ("control", "test") in {(r["labels"], r["split"]) for r in rows}
    assert ("task", "dev") in {(r["labels"], r["split"]) for r in rows}


def test_rows_of_one_mix_keep_the_baselines(records):
    for mix, wanted in (("single:1", {"single:1", "none"}), ("best", {"single:0", "none"})):
        rows = json.loads(render_table(records, TableOptions(format=Format.JSON, mix=mix, tasks=("upos",))))
        assert {r["mix"] for r in rows} == wanted


def test_csv_and_json_say_the_same(records):
    rows = json.loads(render_table(records, TableOptions(format=Format.JSON)))
    table = pl.read_csv(render_table(records, TableOptions(format=Format.CSV)).encode(), infer_schema_length=None)
    assert table["extractor"].to_list() == [r["extractor"] for r in rows]
    assert table["value"].to_list() == [r["value"] for r in rows]


def test_no_records():
    assert "no records" in render_table([])
    assert json.loads(render_table([], TableOptions(format=Format.JSON))) == []


def test_problems_are_plain_lines(tmp_path):
    path = tmp_path / "record.json"
    assert render_problems([Problem(path, "half-written")]) == f"not read: {path}: half-written\n"
    assert render_problems([]) == ""
