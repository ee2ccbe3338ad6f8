"""`embedbench layers`, `compare` and `geometry` as a user meets them."""

from __future__ import annotations

import json

import pytest
from small_cells import SMALL


@pytest.mark.slow
def test_layers_and_compare_read_what_run_wrote(embedbench):
    ended = embedbench("run", "-m", "extractor=random,one_hot", "task=upos", "results=r", *SMALL[:-1])
    assert ended.returncode == 0, ended.stderr

    shown = embedbench("layers", "r", "--extractors", "random")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("random: upos, accuracy on test (task labels), percent")
    assert "one_hot" not in shown.stdout

    compared = embedbench("compare", "r", "one_hot", "random", "--resamples", "99")
    assert compared.returncode == 0, compared.stderr
    assert "p (Holm)" in compared.stdout
    (row,) = json.loads(embedbench("compare", "r", "one_hot", "random", "--format", "json").stdout)
    assert row["task"] == "upos"
    assert row["low"] <= row["difference"] <= row["high"]
    assert row["difference"] == row["first_value"] - row["second_value"]

    wrong = embedbench("compare", "r", "one_hot", "gpt")
    assert (wrong.returncode, "'gpt'; there are: one_hot, random" in wrong.stderr) == (2, True)


def test_geometry_of_a_static_table(embedbench):
    shown = embedbench("geometry", "extractor=random", "task=upos", SMALL[0], "--against", "random")
    assert shown.returncode == 0, shown.stderr
    first = next(line for line in shown.stdout.splitlines() if line.strip().startswith("0 "))
    anisotropy, self_similarity, _, explainable, *_ = map(float, first.split()[2:])
    assert abs(anisotropy) < 0.5
    assert (self_similarity, explainable) == (1.0, 1.0), "one vector per word type has no context"
    assert "debiased linear CKA" in shown.stdout
