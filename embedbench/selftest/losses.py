"""Losses and codes of known probabilities: one softmax, the right unit, and the closed form."""

from __future__ import annotations

import math

import numpy as np

from embedbench.mixing import Scalar, Single
from embedbench.probing.members import Solver, Training
from embedbench.probing.probes import MLP, Linear, Probe
from embedbench.selftest.battery import Finding, Workplace
from embedbench.selftest.worlds import GRAMMAR, CoinFlips, Noise, Planted, Speechless, measured, score_of
from embedbench.tasks.tagging import Upos

PROBABILITIES = np.array([[1 / 2, 1 / 4, 1 / 8, 1 / 8], [1 / 8, 1 / 8, 1 / 4, 1 / 2], [1 / 4, 1 / 4, 1 / 4, 1 / 4]])
"""What the known table of scores says of the three kinds of targets."""

LABELS = np.array([0, 1, 3, 2, 0, 3])
"""Of six targets, two of each kind: they cost 1 + 2 + 1 + 2 + 2 + 2 = 10 bits."""

KINDS = np.array([0, 0, 1, 1, 2, 2])

STILL = Training(
    learning_rate=1e-300, network_learning_rate=1e-300, max_epochs=1, min_updates=0, solver=Solver.minibatch
)
"""Probes stay where they start; of vectors that say nothing they start at equal probabilities."""

QUICK = Training(learning_rate=0.1, max_epochs=4, min_updates=60)
"""Enough for a planted signal in every block of an online code."""


def softmax_once(_place: Workplace) -> Finding:
    """The train loss of a known table of scores is its closed form and scikit-learn's log_loss, in every kind of probe.

    Catches a softmax applied twice, or not at all, a sum for a mean, bits for nats in the loss.
    """
    from sklearn.metrics import log_loss

    expected = 10 / 6 * math.log(2)
    library = float(log_loss(LABELS, PROBABILITIES[KINDS]))
    found = {name: _train_loss(probe, mix) for name, probe, mix in _KINDS_OF_PROBES}
    off = max(abs(value - expected) for value in (*found.values(), library))
    told = ", ".join(f"{name} {value:.6f}" for name, value in found.items())
    return Finding(f"{told} nats; log_loss {library:.6f}", off < 1e-5)


def dev_loss(place: Workplace) -> Finding:
    """The dev loss that stops training is scikit-learn's log_loss of the kept parameters.

    Catches a softmax applied twice on dev, a mean over batches instead of targets, parameters of another epoch.
    """
    from scipy.special import softmax
    from sklearn.metrics import log_loss

    from embedbench.selftest.parity import fitted_world

    fitted, inputs, labels = place.once("fitted world", fitted_world)
    parameters = fitted.parameters[0]
    scores = inputs @ parameters["weight0"][0].numpy().T + parameters["bias0"][0].numpy()
    expected = float(log_loss(labels, softmax(scores.astype(np.float64), axis=1)))
    found = fitted.dev_losses[0]
    return Finding(f"{found:.5f}, log_loss {expected:.5f} nats", abs(found - expected) < 1e-4)


def uniform_code(place: Workplace) -> Finding:
    """Probes that give all labels the same probability cost n log2 K bits, task and control, linear and MLP.

    Catches nats in any block, a block counted twice or left out, a code over other targets than the task's.
    """
    ratios = []
    for probe in (Linear(), MLP(hidden=8)):
        record, _ = place.once(
            f"uniform {probe.name}",
            lambda probe=probe: measured(  # type: ignore[misc]
                place.folder / f"uniform-{probe.name}",
                Speechless(),
                Upos(GRAMMAR),
                mixes=("single",),
                probe=probe,
                training=STILL,
                codelength=True,
            ),
        )
        n, k = score_of(record, "single:0", metric="codelength").n, len(record.label_names)
        for labels in ("task", "control"):
            bits = score_of(record, "single:0", labels, "codelength").value
            ratios += [bits / (n * math.log2(k)), score_of(record, "single:0", labels, "compression").value]
    return Finding(
        f"{min(ratios):.6f} to {max(ratios):.6f} of n log2 K and of compression 1",
        all(abs(ratio - 1) < 1e-6 for ratio in ratios),
    )


def code_in_bits(place: Workplace) -> Finding:
    """Coin flips cost one bit each, in a cell of the whole pipeline; labels that the vectors tell cost far less.

    Catches nats, which would give 0.69, and a second softmax, which cannot make a planted label cheap.
    """
    coins, _ = place.once(
        "coded coins",
        lambda: measured(
            place.folder / "coins",
            Noise(dim=4),
            CoinFlips(),
            mixes=("single",),
            training=QUICK,
            codelength=True,
            control=False,
        ),
    )
    told, _ = place.once(
        "coded tags",
        lambda: measured(
            place.folder / "told",
            Planted(Upos(GRAMMAR), 0, n_layers=1),
            Upos(GRAMMAR),
            mixes=("single",),
            training=QUICK,
            codelength=True,
            control=False,
        ),
    )
    per_coin = score_of(coins, "single:0", metric="codelength")
    per_tag = score_of(told, "single:0", metric="codelength")
    values = per_coin.value / per_coin.n, per_tag.value / per_tag.n
    return Finding(
        f"{values[0]:.3f} bits per coin, {values[1]:.3f} per planted tag", 0.99 < values[0] < 1.1 and values[1] < 0.3
    )


_KINDS_OF_PROBES: tuple[tuple[str, Probe, Single | Scalar], ...] = (
    ("one layer", Linear(), Single(0)),
    ("mix", Linear(), Scalar()),
    ("network", MLP(hidden=3), Single(0)),
)


def _train_loss(probe: Probe, mix: Single | Scalar) -> float:
    """The loss of the known table, from the group that trains members of this kind."""
    import torch

    from embedbench.probing.fitted import make_groups
    from embedbench.probing.groups import Batch, Shape, initial_parameters
    from embedbench.probing.members import Member

    member, layers = Member(mix, probe), 2
    table = torch.from_numpy(np.log(PROBABILITIES).T.astype(np.float32))[None]
    # A target of kind i has the i-th unit vector in every layer, so that its scores are the i-th row of the table.
    parameters = initial_parameters(member, Shape(layers, 3, 1, 4))
    last = max(name for name in parameters if name.startswith("weight"))
    parameters |= {"weight0": torch.eye(3)[None]} if last != "weight0" else {}
    parameters[last] = table
    (group,) = make_groups([member], [parameters], {"task": 4}, layers, 3, 1)
    values = torch.eye(3)[torch.from_numpy(KINDS)].expand(layers, 1, -1, -1).contiguous()
    return float(group.gradients(Batch(values, None, len(KINDS)), torch.from_numpy(LABELS)[None])[0][0])
