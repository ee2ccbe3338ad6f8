"""Small records with round figures, for tests of what is made from records."""

from __future__ import annotations

from embedbench.results.schema import Failure, MemberTraining, MixWeights, Record, Score, Status


def score(
    extractor, mix, value, *, labels="task", split="test", metric="accuracy", half=0.01, n=1000, seeds=3
) -> Score:
    per_seed = (value,) * seeds
    return Score(extractor, mix, labels, split, metric, value, value - half, value + half, n, n // 10, seeds, per_seed)


def cell(extractor, task, value, *, probe="linear", metric="accuracy", control=None, layers=(), dev=(), **changes):
    """A finished cell with a scalar mix, single layers, a control and both baselines."""
    scores = [score(extractor, "scalar", value, metric=metric)]
    scores += [score(extractor, f"single:{k}", v, metric=metric) for k, v in enumerate(layers)]
    if control is not None:
        scores.append(score(extractor, "scalar", control, labels="control", metric=metric))
    training = [
        MemberTraining(f"single:{k}", "task", seed, 5, v + seed / 1000) for k, v in enumerate(dev) for seed in (0, 1)
    ]
    weights = [MixWeights("scalar", "task", seed, (0.25, 0.75), 1.0) for seed in (0, 1)] if len(layers) == 2 else []
    values = {
        "status": Status.DONE,
        "identity": f"{extractor}-{task}-{probe}",
        "extractor": extractor,
        "task": task,
        "probe": probe,
        "metric": metric,
        "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T00:01:00+00:00",
        "layer_names": tuple(f"layer{k}" for k in range(len(layers))),
        "scores": tuple(scores),
        "baselines": (
            score("majority", "none", 0.164, metric=metric, seeds=1),
            score("word_majority", "none", 0.8666, metric=metric, seeds=1),
        ),
        "training": tuple(training),
        "mix_weights": tuple(weights),
        "fingerprints": {"task": f"data-of-{task}"},
    }
    return Record(**(values | changes))


def similarity(extractor, task, value) -> Record:
    """A finished cell of a task that trains nothing."""
    scores = (score(extractor, "mean", value, metric="spearman", seeds=1),)
    return cell(extractor, task, value, metric="spearman", probe="cosine", scores=scores, baselines=())


def failed(extractor, task, message) -> Record:
    return cell(
        extractor,
        task,
        0.5,
        status=Status.FAILED,
        error=Failure("DataError", message),
        scores=(),
        baselines=(),
        training=(),
    )
