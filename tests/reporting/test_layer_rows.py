"""The figures of `embedbench layers` as rows: those of the text plot, of every seed, unrounded."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from math import log2

import pytest
from synthetic_records import cell, score, similarity

from embedbench.cli import main
from embedbench.reporting.layer_rows import LAYER_COLUMNS, layer_rows
from embedbench.reporting.layers import render_layers
from embedbench.reporting.options import TableOptions
from embedbench.reporting.rows import as_csv, as_json
from embedbench.results.schema import MixWeights
from embedbench.results.writing import write_record

SCORES = {
    "single:0": (0.60, 0.50),
    "cumulative:1": (0.70, 0.80),
    "scalar": (0.80, 0.90),
    "top_down:1": (0.80, 0.85),
    "single:2": (0.70, 0.65),
}
"""Of two seeds. Gains bottom-up: 0.1, 0.1 and 0.3, 0.1; top-down, from the lower layer: 0.0, 0.1 and 0.05, 0.2."""


@pytest.fixture
def record():
    scores = tuple(
        replace(score("minilm", mix, sum(values) / 2, seeds=2), per_seed=values) for mix, values in SCORES.items()
    )
    weights = (
        MixWeights("scalar", "task", 3, (0.25, 0.25, 0.5), 1.5),
        MixWeights("scalar", "task", 7, (0.0, 0.0, 1.0), 2.0),
        MixWeights("top_down:1", "task", 3, (0.0, 0.5, 0.5), 1.0),
        MixWeights("cumulative:1", "task", 3, (0.5, 0.5, 0.0), 1.0),
        MixWeights("scalar", "control", 3, (0.5, 0.5, 0.0), 1.0),
    )
    return cell("minilm", "upos", 0.0, layers=(0.6, 0.7, 0.7), scores=scores, mix_weights=weights)


def rows_of(record, **options):
    return json.loads(as_json(layer_rows([record], TableOptions(**options))))


def test_a_row_per_seed_of_every_learned_mix(record):
    rows = rows_of(record)
    assert list(rows[0]) == list(LAYER_COLUMNS)
    assert [(row["mix"], row["seed"]) for row in rows] == [
        ("scalar", 3), ("scalar", 7), ("top_down:1", 3), ("cumulative:1", 3)
    ]  # fmt: skip
    assert {(row["extractor"], row["task"], row["metric"], row["labels"]) for row in rows} == {
        ("minilm", "upos", "accuracy", "task")
    }
    assert rows[0]["weights"] == [0.25, 0.25, 0.5]
    assert [row["gamma"] for row in rows[:2]] == [1.5, 2.0]
    (control,) = rows_of(record, labels="control")
    assert (control["labels"], control["weights"]) == ("control", [0.5, 0.5, 0.0])
    assert control["expected_layer_bottom_up"] is None, "no cumulative mix was scored on control labels"


def test_what_weights_come_to_is_told_in_layers_and_bits(record):
    one, other, from_above, from_below = rows_of(record)
    figures = ("centre_of_gravity", "entropy_bits", "divergence_from_uniform_bits")
    assert [one[name] for name in figures] == pytest.approx([1.25, 1.5, log2(3) - 1.5])
    assert [other[name] for name in figures] == pytest.approx([2.0, 0.0, log2(3)])
    # Equal weights of the two layers that take part: nothing is preferred.
    assert [from_above[name] for name in figures] == pytest.approx([1.5, 1.0, 0.0])
    assert [from_below[name] for name in figures] == pytest.approx([0.5, 1.0, 0.0])


def test_expected_layers_are_of_the_seed_with_the_spread_of_all(record):
    one, other, *cumulative = rows_of(record)
    # (0.1 x 1 + 0.1 x 2) / 0.2 and (0.3 x 1 + 0.1 x 2) / 0.4
    assert [row["expected_layer_bottom_up"] for row in (one, other)] == pytest.approx([1.5, 1.25])
    # (0.0 x 0 + 0.1 x 1) / 0.1 and (0.05 x 0 + 0.2 x 1) / 0.25
    assert [row["expected_layer_top_down"] for row in (one, other)] == pytest.approx([1.0, 0.8])
    for row in (one, other):
        spread = [row[f"expected_layer_{name}_bottom_up"] for name in ("mean", "low", "high")]
        assert spread == pytest.approx([1.375, 1.25, 1.5])
        spread = [row[f"expected_layer_{name}_top_down"] for name in ("mean", "low", "high")]
        assert spread == pytest.approx([0.9, 0.8, 1.0])
        gains = [row[name] for name in ("total_gain_bottom_up", "noise_bottom_up", "total_gain_top_down")]
        assert gains == pytest.approx([0.3, 0.01, 0.175])
    assert one["gains_divergence_bits"] == pytest.approx(0.0)
    assert other["gains_divergence_bits"] == pytest.approx(1 + 0.75 * log2(0.75) + 0.25 * log2(0.25))
    assert {row["expected_layer_mean_bottom_up"] for row in cumulative} == {None}
    plot = render_layers([record], "upos")
    assert "expected layer bottom-up 1.38 (1.25 to 1.50), total gain 30.0" in plot
    assert "expected layer top-down 0.90 (0.80 to 1.00), total gain 17.5" in plot


def test_a_gain_within_the_noise_has_no_expected_layer_and_the_noise(record):
    wide = tuple(replace(one, low=one.value - 0.5, high=one.value + 0.5) for one in record.scores)
    one = rows_of(replace(record, scores=wide))[0]
    assert one["noise_bottom_up"] == pytest.approx(0.5)
    assert one["total_gain_bottom_up"] == pytest.approx(0.3)
    assert (one["expected_layer_bottom_up"], one["expected_layer_low_bottom_up"]) == (None, None)


def test_scores_without_those_of_every_seed_have_one_expected_layer(record):
    means = tuple(replace(one, per_seed=()) for one in record.scores)
    one, other, *_ = rows_of(replace(record, scores=means))
    # Gains of the means: 0.2 and 0.1.
    assert one["expected_layer_mean_bottom_up"] == other["expected_layer_mean_bottom_up"] == pytest.approx(4 / 3)
    assert (one["expected_layer_bottom_up"], one["gains_divergence_bits"]) == (None, None)


def test_less_of_a_codelength_is_better_so_nothing_is_gained(record):
    bits = tuple(replace(one, metric="codelength", split="train") for one in record.scores)
    coded = rows_of(replace(record, scores=(*record.scores, *bits)), metric="codelength", split="train")
    assert (coded[0]["metric"], coded[0]["total_gain_bottom_up"], coded[0]["entropy_bits"]) == ("codelength", None, 1.5)


def test_csv_has_the_same_columns_and_weights_as_a_list(record):
    (first, *rest) = csv.DictReader(io.StringIO(as_csv(layer_rows([record], TableOptions()))))
    assert len(rest) == 3
    assert list(first) == list(LAYER_COLUMNS)
    assert json.loads(first["weights"]) == [0.25, 0.25, 0.5]
    assert rest[1]["expected_layer_bottom_up"] == ""


def test_the_command_prints_them(record, tmp_path, capsys):
    write_record(tmp_path, record)
    assert main(["layers", str(tmp_path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == rows_of(record)
    assert main(["layers", str(tmp_path), "--format", "csv", "--labels", "control"]) == 0
    assert capsys.readouterr().out.count("\n") == 2
    assert main(["layers", str(tmp_path), "--format", "csv", "--brief"]) == 2
    assert "leave it or --format csv out" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["layers", str(tmp_path), "--format", "latex"])


def test_where_nothing_was_learned_there_are_no_rows_and_that_is_said(tmp_path, capsys):
    write_record(tmp_path, similarity("word2vec", "simlex", 0.4))
    assert main(["layers", str(tmp_path), "--format", "json"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "[]\n"
    assert "no mix was learned on task labels" in shown.err
