"""Codelength stands in bits wherever it is shown, and shorter is better."""

from __future__ import annotations

from synthetic_records import cell, score

from embedbench.reporting.options import TableOptions
from embedbench.reporting.table import render_table


def coded(extractor, bits, *, control):
    """A cell whose train labels were coded online."""
    kinds = {"split": "train", "metric": "codelength"}
    own = (
        score(extractor, "scalar", 0.9),
        score(extractor, "scalar", bits, half=500.0, **kinds),
        score(extractor, "scalar", control, half=0.0, labels="control", **kinds),
        score(extractor, "scalar", 800_000 / bits, half=0.05, split="train", metric="compression"),
    )
    return cell(extractor, "upos", 0.9, scores=own)


RECORDS = [coded("minilm", 100_000.4, control=400_000.0), coded("random", 200_000.0, control=300_000.0)]


def test_a_table_of_codelength_is_in_bits_and_the_shortest_is_best():
    text = render_table(RECORDS, TableOptions(metric="codelength", split="train"))
    assert "▸100,000 ±500" in text
    assert "200,000 ±500" in text
    assert "▸200,000" not in text
    assert "values are bits on train, task labels (lower is better); ± is half the range over seeds" in text
    assert "percent" not in text


def test_compression_is_a_ratio_and_the_greatest_is_best():
    text = render_table(RECORDS, TableOptions(metric="compression", split="train"))
    assert "▸8.00 ±0.05" in text
    assert "higher is better" in text


def test_the_second_table_is_task_minus_control_in_bits():
    text = render_table(RECORDS, TableOptions(metric="codelength", split="train", selectivity=True))
    assert "-300,000 (400,000)" in text


def test_codes_change_nothing_in_the_table_of_scores():
    assert "90.0 ±1.0" in render_table(RECORDS, TableOptions())
