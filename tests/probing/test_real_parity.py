"""On English-EWT and MiniLM, a linear probe is scikit-learn's logistic regression: of arcs and of pairs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from embedbench.cells import limited
from embedbench.cli.configuration import build, compose
from embedbench.mixing import Single
from embedbench.probing.members import Member, ProbeData, Solver, Training
from embedbench.probing.probes import Linear
from embedbench.probing.questions import asked_once
from embedbench.probing.standard import Standard, measure_standard, words_of_targets
from embedbench.probing.trainer import train_members
from embedbench.registry import load_components
from embedbench.store import fill
from embedbench.types import Split

LAYER, PENALTY, LOSS = 3, 30.0, 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("task", ["deprel", "arc"])
def test_loss_and_accuracy_at_the_same_penalty(task: str, data_folder: Path, tmp_path: Path) -> None:
    """Dev accuracy within 0.3 points, penalised loss within 0.1 %."""
    from sklearn.linear_model import LogisticRegression

    load_components()
    config = compose([f"task={task}", "extractor=minilm", f"paths.data={data_folder}"])
    extractor, described = build(config.extractor), build(config.task)
    data = []
    for which in (Split.TRAIN, Split.DEV):
        split = limited(described.split(which), 60)
        data.append(
            ProbeData(fill(extractor, split.corpus, tmp_path / which), asked_once(split), {"task": split.labels})
        )
    # Labels that these few sentences do not have are no class of scikit-learn's.
    classes = np.unique(data[0].labels["task"])
    train, dev = (_renumbered(one, classes) for one in data)
    training = Training(solver=Solver.full_batch, penalties=(PENALTY,), tolerance=1e-6)
    fitted = train_members(train, dev, [Member(Single(LAYER), Linear())], {"task": len(classes)}, training)

    standard = measure_standard(train.vectors, words_of_targets(train.split))
    inputs, unseen = (_matrix(data, standard) for data in (train, dev))
    # Of two classes scikit-learn has one row of weights, the difference of our two: half the penalty is the same.
    inverse = (2 if len(classes) == 2 else 1) / PENALTY
    theirs = LogisticRegression(C=inverse, max_iter=3000, tol=1e-6).fit(inputs, train.labels["task"])
    rows = theirs.coef_, theirs.intercept_
    if len(classes) == 2:
        rows = tuple(np.concatenate([-value / 2, value / 2]) for value in rows)
    ours = tuple(fitted.parameters[0][name][0].double().numpy() for name in ("weight0", "bias0"))
    expected = _penalised(*rows, inputs, train.labels["task"])
    assert _penalised(*ours, inputs, train.labels["task"]) == pytest.approx(expected, rel=LOSS)
    assert fitted.dev_scores[0] == pytest.approx(theirs.score(unseen, dev.labels["task"]), abs=0.003)


def _renumbered(data: ProbeData, classes: np.ndarray) -> ProbeData:
    labels = np.searchsorted(classes, data.labels["task"])
    known = classes[np.minimum(labels, len(classes) - 1)] == data.labels["task"]
    return dataclasses.replace(data, labels={"task": np.where(known, labels, 0).astype(np.int64)})


def _matrix(data: ProbeData, standard: Standard) -> np.ndarray:
    """The layer's standardised vectors of every target: of a word alone, of two words [a; b; a*b]."""
    words = ((data.vectors.gather(np.arange(data.vectors.n_words)) - standard.mean) * standard.scale)[:, LAYER]
    parts = [words[data.split.spans[:, span, 0]] for span in range(data.split.spans.shape[1])]
    return np.concatenate([*parts, parts[0] * parts[1]] if len(parts) == 2 else parts, axis=1).astype(np.float64)


def _penalised(weight: np.ndarray, bias: np.ndarray, inputs: np.ndarray, labels: np.ndarray) -> float:
    scores = torch.from_numpy(inputs @ weight.T + bias)
    log_likelihood = torch.log_softmax(scores, dim=1).numpy()[np.arange(len(labels)), labels]
    return float(-log_likelihood.mean() + PENALTY / len(labels) / 2 * np.square(weight).sum())
