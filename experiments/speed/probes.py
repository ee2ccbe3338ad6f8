"""Probes: every layer and the learned mix of MiniLM on parts of speech, 5 seeds together, beside scikit-learn.

- embedbench: `train_members` of the cell `mixes=[single,scalar] seeds=[0,1,2,3,4]`: 7 layers and the mix, 40 probes.
  The clock runs from the open store to the fitted members: reading, standardising, training, choosing by dev.
- scikit-learn: `make_pipeline(StandardScaler(), LogisticRegression(max_iter=100))`, one layer after the other, on
  float32 arrays that are in memory already. Its solution has no seed and it has no mix: a layer is fitted once, and its
  time per probe is that of one layer.

Time per trained probe is compared; dev accuracy must be equal within 0.3 points, layer by layer (mean of the seeds).

    python experiments/speed/probes.py --words 100000 --rounds 3
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from cell import cell_with_vectors
from inputs import parsed, parser, say, store_option
from machine import Limits, describe
from rounds import interleaved, spread, timed

from embedbench.mixing import Single
from embedbench.probing.fitted import FittedMembers
from embedbench.probing.members import ProbeData
from embedbench.probing.plan import plan_members
from embedbench.probing.trainer import train_members
from embedbench.types import Split

TOLERANCE_POINTS = 0.3


class OneByOne:
    """scikit-learn, as its documentation shows it."""

    def __init__(self, train: ProbeData, dev: ProbeData, layers: list[int], iterations: int) -> None:
        self._layers, self._iterations = layers, iterations
        self._train, self._dev = ({k: _layer(data, k) for k in layers} for data in (train, dev))
        self._labels = train.labels["task"], dev.labels["task"]
        self.accuracy: dict[int, float] = {}
        self.converged: dict[int, bool] = {}

    def run(self) -> float:
        """Seconds of fitting every layer; dev accuracy is not timed."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        total = 0.0
        for layer in self._layers:
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=self._iterations))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # not converged in so many iterations; the account says it
                total += timed(lambda m=model, k=layer: m.fit(self._train[k], self._labels[0]))  # type: ignore[misc]
            self.accuracy[layer] = float(model.score(self._dev[layer], self._labels[1]))
            self.converged[layer] = int(model[-1].n_iter_[0]) < self._iterations
        return total


def _layer(data: ProbeData, layer: int) -> np.ndarray:
    """[targets, dim] of one layer; the word of every target is its one span's."""
    return data.vectors.gather(data.split.spans[:, 0, 0])[:, layer].copy()


def accuracies(fitted: FittedMembers) -> tuple[dict[int, float], float]:
    """Dev accuracy of every layer and of the mix, mean over seeds."""
    layers: dict[int, list[float]] = {}
    mixes: list[float] = []
    for member, score in zip(fitted.members, fitted.dev_scores, strict=True):
        if isinstance(member.mix, Single):
            layers.setdefault(member.mix.layer, []).append(score)
        else:
            mixes.append(score)
    return {layer: statistics.mean(scores) for layer, scores in sorted(layers.items())}, statistics.mean(mixes)


def equality(ours: Mapping[int, float], theirs: Mapping[int, float]) -> dict[str, Any]:
    """Points by which ours are above theirs, layer by layer, and whether none is further than the tolerance."""
    points = {layer: 100 * (ours[layer] - theirs[layer]) for layer in theirs}
    return {
        "points_above": {layer: round(value, 2) for layer, value in points.items()},
        "largest_points": round(max(map(abs, points.values())), 2),
        "equal_within_tolerance": all(abs(value) <= TOLERANCE_POINTS for value in points.values()),
        "none_lower_than_tolerance": all(value >= -TOLERANCE_POINTS for value in points.values()),
    }


def main() -> None:
    """Prints the seconds of every round, and one JSON object."""
    options = parser(__doc__, words=100_000, treebank=False)
    store_option(options)
    options.add_argument("--iterations", type=int, default=100, help="of scikit-learn, at most (default: %(default)s)")
    options.add_argument("--seeds", type=int, default=5, help="default: %(default)s")
    options.add_argument("overrides", nargs="*", help="of `embedbench run`, such as training.max_epochs=12")
    options.add_argument(
        "--rival-layers", type=int, nargs="+", help="the layers that scikit-learn fits in every round (default: all)"
    )
    say(**_measured(parsed(options)))


def _measured(chosen: argparse.Namespace) -> dict[str, Any]:
    seeds = ",".join(map(str, range(chosen.seeds)))
    small = cell_with_vectors(
        chosen.words,
        chosen.store,
        "extractor=minilm",
        "task=upos",
        "mixes=[single,scalar]",
        f"seeds=[{seeds}]",
        "control=false",
        *chosen.overrides,
        which=(Split.TRAIN, Split.DEV),
    )
    train, dev = small.probe_data(Split.TRAIN), small.probe_data(Split.DEV)
    layers = chosen.rival_layers or list(range(train.vectors.n_layers))
    rival = OneByOne(train, dev, layers, chosen.iterations)
    cell, fitted = small.cell, []
    members = plan_members(cell.mixes, cell.probe, cell.seeds, ("task",), train.vectors.n_layers)
    n_labels = {"task": len(cell.task.label_names)}

    def ours() -> float:
        fitted.clear()
        return timed(lambda: fitted.append(train_members(train, dev, members, n_labels, cell.training)))

    limits = Limits()
    measured = interleaved({"scikit_learn": rival.run, "embedbench": ours}, chosen.rounds, moment=limits.measure)
    each = [
        (measured.seconds["scikit_learn"][k] / len(layers), measured.seconds["embedbench"][k] / len(members))
        for k in measured.kept
    ]
    by_layer, mix = accuracies(fitted[0])
    return {
        "script": "probes",
        "words": train.vectors.n_words,
        "dev_words": dev.vectors.n_words,
        "probes": {"scikit_learn": len(layers), "embedbench": len(members)},
        "keys": {"probe_vs_sklearn": spread([slow / fast for slow, fast in each])},
        "why_not": {},
        "seconds_per_probe": {
            "scikit_learn": spread([slow for slow, _ in each]),
            "embedbench": spread([fast for _, fast in each]),
        },
        "dev_accuracy": {
            "scikit_learn": {layer: round(value, 5) for layer, value in rival.accuracy.items()},
            "embedbench": {layer: round(value, 5) for layer, value in by_layer.items()},
            "embedbench_mix": round(mix, 5),
        },
        "scikit_learn_converged": rival.converged,
        "checks": {"dev_accuracy": equality(by_layer, rival.accuracy)},
        "tolerance": {"points": TOLERANCE_POINTS},
        # A probe that is better in less time is no fault.
        "within_tolerance": equality(by_layer, rival.accuracy)["none_lower_than_tolerance"],
        **measured.account(),
        "limits": limits.found,
        "machine": describe(),
    }


if __name__ == "__main__":
    main()
