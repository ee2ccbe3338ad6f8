"""Parts of the instrument against libraries: logistic regression, ScalarMix, bootstrap and permutation test."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import numpy as np

from embedbench.errors import MissingExtraError
from embedbench.mixing import Scalar, Single, mix_layers
from embedbench.probing.members import Member, ProbeData, Solver, Training
from embedbench.probing.probes import Linear
from embedbench.results.predictions import read_predictions
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.paired import compare, permutation_p
from embedbench.selftest.battery import Finding, Skipped, Workplace
from embedbench.selftest.signal import noise_cell
from embedbench.selftest.worlds import RESAMPLES, score_of
from embedbench.types import ArrayVectors, Corpus, TaskSplit

if TYPE_CHECKING:
    from embedbench.probing.fitted import FittedMembers

FEW = Bootstrap(resamples=499, seed=3)

CONVERGED = Training(
    batch_size=3000,
    learning_rate=3e-2,
    weight_decay=0.0,
    max_epochs=12,
    patience=12,
    min_updates=1500,
    solver=Solver.minibatch,
)
"""A schedule that ends at the optimum of a small world."""

SOLVED = Training(solver=Solver.full_batch, penalties=(1e-3,), tolerance=1e-6)
"""The same optimum without a schedule, but for a penalty that is as good as none."""


def linear_optimum(place: Workplace) -> Finding:
    """The linear probe ends where scikit-learn's LogisticRegression does, on mini-batches as over the full batch.

    Both at the optimum of the same unregularised loss. Catches wrong gradients, a second softmax, inputs that are not
    standardised, a schedule that stops too early.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    fitted, inputs, labels = place.once("fitted world", fitted_world)
    solved, _, _ = place.once("solved world", lambda: fitted_world(SOLVED))
    exact = LogisticRegression(C=1e6, max_iter=2000, tol=1e-8).fit(inputs, labels)
    loss, accuracy = float(log_loss(labels, exact.predict_proba(inputs))), float(exact.score(inputs, labels))
    ratios = [found.dev_losses[0] / loss for found in (fitted, solved)]
    points = [100 * (found.dev_scores[0] - accuracy) for found in (fitted, solved)]
    return Finding(
        f"loss {loss:.4f} ({', '.join(f'{100 * (ratio - 1):+.4f} %' for ratio in ratios)}), "
        f"accuracy {', '.join(f'{found:+.2f}' for found in points)} points",
        all(abs(ratio - 1) < 0.002 for ratio in ratios) and all(abs(found) < 0.3 for found in points),
    )


def fitted_world(training: Training = CONVERGED) -> tuple[FittedMembers, np.ndarray, np.ndarray]:
    """A linear probe trained on a noisy world until it converges, the standardised inputs and the labels.

    Dev is train, so that the dev loss is the loss that was minimised.
    """
    from embedbench.probing.standard import measure_standard, words_of_targets
    from embedbench.probing.trainer import train_members

    rng = np.random.default_rng(0)
    n, dim, n_labels = 3000, 8, 4
    labels = rng.integers(0, n_labels, n)
    values = rng.normal(size=(n, 1, dim)) * rng.uniform(0.1, 5, dim) + rng.normal(size=dim)
    values[:, 0] += 1.5 * rng.normal(size=(n_labels, dim))[labels]
    place = np.arange(n, dtype=np.int64)
    split = TaskSplit(Corpus.of([["w"]] * n), np.stack([place, place + 1], axis=1)[:, None], labels, place)
    data = ProbeData(ArrayVectors(values.astype(np.float32)), split, {"task": labels})
    fitted = train_members(data, data, [Member(Single(0), Linear())], {"task": n_labels}, training)
    standard = measure_standard(data.vectors, words_of_targets(split))
    return fitted, ((data.vectors.gather(place) - standard.mean) * standard.scale)[:, 0], labels


def scalar_mix(_place: Workplace) -> Finding:
    """The scalar mix is allennlp-light's ScalarMix (Peters et al. 2018, equation 1) for any weights and scale.

    Catches weights without their softmax, a forgotten gamma, layers in another order.
    """
    if importlib.util.find_spec("allennlp_light") is None:
        raise Skipped(str(MissingExtraError(needed_by="this check", package="allennlp-light", extra="elmo")))
    import torch
    from allennlp_light.modules.scalar_mix import ScalarMix

    generator = torch.Generator().manual_seed(0)
    worst = 0.0
    for n_layers in (1, 3, 7):
        words, weights = (torch.randn(s, generator=generator) for s in ((20, n_layers, 6), (n_layers,)))
        theirs = ScalarMix(n_layers, initial_scalar_parameters=weights.tolist())
        theirs.gamma.data.fill_(1.7)
        ours = mix_layers(words, Scalar(), weights, torch.tensor(1.7))
        worst = max(worst, float((ours - theirs(list(words.unbind(1))).detach()).abs().max()))
    return Finding(f"largest difference {worst:.1e}", worst < 1e-5)


def bootstrap_interval(place: Workplace) -> Finding:
    """A record's interval is that of scipy.stats.bootstrap over sentences, made of the predictions on disk.

    Catches resampling words instead of sentences, another level, the interval of one seed instead of the mean.
    """
    from scipy import stats

    record, folder = noise_cell(place)
    table, usual = read_predictions(folder), Bootstrap()
    right = np.mean([table[f"single:0|task|{seed}"] == table["gold"] for seed in (0, 1)], axis=0)
    sentences = [np.flatnonzero(table["cluster"] == cluster) for cluster in np.unique(table["cluster"])]
    expected = stats.bootstrap(
        (np.arange(len(sentences)),),
        lambda drawn: float(right[np.concatenate([sentences[number] for number in drawn])].mean()),
        n_resamples=RESAMPLES,
        method="percentile",
        vectorized=False,
        rng=np.random.default_rng(usual.seed),
    ).confidence_interval
    found = score_of(record, "single:0")
    off = float(max(abs(found.low - expected.low), abs(found.high - expected.high)))
    return Finding(f"[{found.low:.4f}, {found.high:.4f}], off by {off:.0e}", off < 1e-9)


def permutation_test(_place: Workplace) -> Finding:
    """The p-value is that of scipy.stats.permutation_test over sentences; three sentences give exactly 2/8.

    Catches swapping words instead of sentences, a one-sided test, unpaired systems.
    """
    from scipy import stats

    gold, first, second, context = _two_systems()
    right = context.total(*((row[0] == gold).astype(np.float64) for row in (first, second)))
    expected = stats.permutation_test(
        (right[:, 0], right[:, 1]),
        lambda a, b, axis: (a - b).sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=FEW.resamples,
        rng=np.random.default_rng(FEW.seed),
    ).pvalue
    found = compare(metric("accuracy"), gold, first, second, context, FEW).p
    zeros = np.zeros(6, np.int64)
    exact = permutation_p(
        metric("accuracy"), zeros, zeros[None], zeros[None] + 1, MetricContext(np.repeat(np.arange(3), 2)), FEW
    )
    return Finding(
        f"p {found:.4f}, scipy {expected:.4f}; of three sentences {exact:.3f}",
        bool(abs(found - expected) < 1e-9 and abs(exact - 0.25) < 1e-9),
    )


def _two_systems() -> tuple[np.ndarray, np.ndarray, np.ndarray, MetricContext]:
    """Gold labels and two systems' predictions on 300 words of 60 uneven sentences; the first is a little better."""
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 4, 300)
    first, second = (np.where(rng.random(300) < share, gold, rng.integers(0, 4, 300))[None] for share in (0.66, 0.6))
    return gold, first, second, MetricContext(np.sort(rng.integers(0, 60, 300)))
