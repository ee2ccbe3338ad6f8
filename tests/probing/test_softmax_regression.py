"""Hand-written gradients equal autograd's, and the optimum equals scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from embedbench.mixing import Concat, Cumulative, Mean, Mix, Scalar, Single, mix_layers
from embedbench.probing.groups import Batch, Shape, initial_parameters, stack_parameters
from embedbench.probing.members import Member, Solver, Training
from embedbench.probing.probes import Linear, Pooling
from embedbench.probing.softmax_regression import MixGroup, SingleLayerGroup
from embedbench.probing.standard import measure_standard, words_of_targets
from embedbench.probing.trainer import train_members

LAYERS, DIM, LABELS, TARGETS = 3, 5, 4, 17


@pytest.mark.parametrize("pooling", [Pooling.mean, Pooling.endpoint])
@pytest.mark.parametrize("spans", [1, 2, 3])
@pytest.mark.parametrize("mixes", [[Single(0), Single(0), Single(2)], [Mean(), Scalar(), Cumulative(1)], [Concat()]])
def test_gradients_equal_autograd(mixes: list[Mix], spans: int, pooling: Pooling) -> None:
    generator = torch.Generator().manual_seed(0)
    members = [Member(mix, Linear(pooling=pooling), seed=seed) for seed, mix in enumerate(mixes)]
    shape = Shape(LAYERS, DIM, spans, LABELS)
    parameters = stack_parameters([initial_parameters(member, shape) for member in members])
    for name in ("mix", "gamma"):
        if name in parameters:
            parameters[name] += torch.randn(parameters[name].shape, generator=generator)
    ends = 2 if pooling is Pooling.endpoint else 1
    values = torch.randn(LAYERS, spans * ends, TARGETS, DIM, generator=generator)
    labels = torch.randint(LABELS, (len(members), TARGETS), generator=generator)
    kind = SingleLayerGroup if isinstance(mixes[0], Single) else MixGroup
    losses, gradients = kind(members, parameters, shape).gradients(Batch(values, None, TARGETS), labels)

    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    expected = []
    for row, mix in enumerate(mixes):
        learned = (leaves["mix"][row], leaves["gamma"][row]) if mix.learned else ()
        vectors = mix_layers(values.permute(2, 1, 0, 3), mix, *learned).unflatten(1, (spans, ends)).flatten(2)
        features = [vectors[:, span] for span in range(spans)]
        if spans == 2:
            features.append(features[0] * features[1])
        # Concat lists its parts as [slot of part 1, ...]: the same as flattening when there is one part per span.
        inputs = torch.cat(features, dim=1)
        scores = inputs @ leaves["weight0"][row].T + leaves["bias0"][row]
        expected.append(cross_entropy(scores, labels[row]))
    torch.stack(expected).sum().backward()
    torch.testing.assert_close(losses, torch.stack(expected).detach(), atol=1e-6, rtol=1e-5)
    for name, leaf in leaves.items():
        assert leaf.grad is not None
        torch.testing.assert_close(gradients[name], leaf.grad, atol=1e-6, rtol=1e-4)


def test_converges_to_the_optimum_of_scikit_learn(make_world) -> None:
    from sklearn.linear_model import LogisticRegression

    train, dev = make_world(2000, 1, signal=1.5), make_world(1500, 2, signal=1.5)
    standard = measure_standard(train.vectors, words_of_targets(train.split))

    def features(data) -> np.ndarray:
        words = (data.vectors.gather(np.arange(data.vectors.n_words)) - standard.mean) * standard.scale
        return np.stack([words[start:end, 1].mean(axis=0) for start, end in data.split.spans[:, 0]])

    exact = LogisticRegression(C=1e6, max_iter=5000, tol=1e-8).fit(features(train), train.labels["task"])
    member = Member(Single(1), Linear())
    training = Training(max_epochs=12, patience=12, weight_decay=0.0, solver=Solver.minibatch)
    fitted = train_members(train, dev, [member], {"task": 4}, training)
    theirs = exact.predict(features(dev))
    ours = fitted.predict(dev)[0]
    gold = dev.labels["task"]
    assert abs((ours == gold).mean() - (theirs == gold).mean()) <= 0.003
    assert (ours == theirs).mean() >= 0.985
    log_odds = exact.predict_log_proba(features(dev))
    best = -log_odds[np.arange(len(gold)), gold].mean()
    assert fitted.dev_losses[0] == pytest.approx(best, rel=0.01)
