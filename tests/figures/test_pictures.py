"""Pictures hold what the records say, the same bytes every time, and no series needs its colour to be known."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic_records import cell

from embedbench.errors import ConfigurationError
from embedbench.figures.capacity_curve import capacity_figure
from embedbench.figures.drawing import save, series
from embedbench.figures.layer_curves import layer_figure
from embedbench.figures.likeness_map import likeness_figure
from embedbench.figures.sparklines import layer_lines
from embedbench.reporting.capacity import Sized
from embedbench.reporting.options import TableOptions
from embedbench.results.schema import MixWeights

WEIGHTS = tuple(MixWeights("scalar", "task", seed, (0.1, 0.2, 0.7), 1.0) for seed in (0, 1))


@pytest.fixture
def records():
    deep = {"layers": (0.6, 0.8, 0.7), "dev": (0.5, 0.9, 0.6), "mix_weights": WEIGHTS}
    return [
        cell("minilm", "upos", 0.9, **deep),
        cell("minilm", "deprel", 0.8, **deep),
        cell("word2vec", "upos", 0.7, layers=(0.7,), dev=(0.7,)),
    ]


def test_curves_are_the_scores_of_single_layers(records):
    figure = layer_figure(records)
    upos = next(axes for axes in figure.axes if axes.get_title(loc="left") == "upos")
    curve = next(line for line in upos.lines if len(line.get_xdata()) == 3)
    assert list(curve.get_xdata()) == [0, 1, 2]
    assert list(curve.get_ydata()) == pytest.approx([60, 80, 70])
    assert upos.get_xlabel() == "layer (0: input)"
    assert upos.get_ylabel() == "accuracy (%)"
    rings = [line for line in upos.lines if line.get_markersize() == 10]
    assert [(list(r.get_xdata()), list(r.get_ydata())) for r in rings] == [([1], pytest.approx([80]))]


def test_weights_are_a_map_with_their_centres(records):
    figure = layer_figure(records)
    weights = next(axes for axes in figure.axes if axes.get_title(loc="left") == "minilm: mix weights")
    assert weights.images[0].get_array().tolist() == [[0.1, 0.2, 0.7]] * 2
    assert [list(line.get_xdata()) for line in weights.lines] == [pytest.approx([1.6, 1.6])] * 2
    assert [text.get_text() for text in weights.get_yticklabels()] == ["deprel", "upos"]


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_the_same_figure_gives_the_same_bytes(records, tmp_path, suffix):
    few = records[:1]
    once, again = (save(layer_figure(few), tmp_path / f"{k}.{suffix}").read_bytes() for k in range(2))
    assert once == again
    assert len(once) > 1_000
    if suffix == "svg":
        assert b"<dc:date>" not in once
        assert b">upos<" in once.replace(b"\n", b""), "text stays text"


def test_series_differ_without_colour():
    plain = {(str(series(k)["linestyle"]), series(k)["marker"]) for k in range(24)}
    assert len(plain) == 24


def test_another_suffix_is_refused(records, tmp_path):
    with pytest.raises(ConfigurationError, match=r"a picture is a .png, .svg, .pdf file; .*out.gif is none"):
        save(layer_figure(records), tmp_path / "out.gif")


def test_records_without_layers_are_refused():
    with pytest.raises(ConfigurationError, match="no single layer was scored"):
        layer_figure([cell("minilm", "upos", 0.9)])


def test_capacity_is_drawn_over_parameters_with_its_front():
    sized = [
        Sized("minilm", "upos", "rank_2", "scalar", 100, "accuracy", 0.8, 0.79, 0.81, 0.3, front=True),
        Sized("minilm", "upos", "mlp_9", "scalar", 9_000, "accuracy", 0.79, 0.78, 0.8, 0.7),
    ]
    (axes,) = capacity_figure(sized).axes
    found = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert found["accuracy"] == pytest.approx([80, 79])
    assert found["accuracy on control labels"] == pytest.approx([30, 70])
    assert found["selectivity"] == pytest.approx([50, 9])
    assert found["no other probe is better in both"] == pytest.approx([80])
    assert axes.get_xscale() == "log"


def test_likeness_is_drawn_with_its_values():
    table = np.array([[1.0, 0.25, 0.5]])
    axes = likeness_figure(table, ("word2vec", ["table"]), ("minilm", ["embeddings", "block1", "block2"])).axes[0]
    assert [text.get_text() for text in axes.texts] == ["1.00", "0.25", "0.50"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0 embeddings", "1 block1", "2 block2"]
    assert axes.get_xlabel() == "layer of minilm"


def test_one_line_per_extractor(records):
    lines = layer_lines(records, TableOptions(tasks=("upos",))).splitlines()
    assert lines[1].split() == ["upos", "minilm", "▁█▅", "60.0", "to", "80.0", "1", "▂▃█", "1.60"]
    assert lines[2].split() == ["upos", "word2vec", "▅", "70.0"]
