"""The self-test goes red when the instrument is broken on purpose: each way in a scratch copy, and which line said so.

A mutation is a patch of one line of source. Its text must occur exactly once in the package, wherever that is; where it
has moved or changed, the test fails and says so, since an instrument that was not broken proves nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import forked
import pytest

import embedbench
from embedbench.selftest.checks import CHECKS

ALL = bool(os.environ.get("EMBEDBENCH_ALL_MUTATIONS"))
"""Unset, the five breaks of the specification are tried, each against the lines that must see it: a minute. Set, all of
them are, five against the whole battery: a quarter of an hour."""

PACKAGE = Path(embedbench.__file__).parent
CONF = PACKAGE.parent / "conf"
GUARDS = frozenset({"expected-layers", "permutation-test"})
"""Asked in every copy beside the lines that must go red, so that a copy in which everything fails proves nothing."""


@dataclass(frozen=True)
class Mutation:
    """One way to break the instrument.

    Attributes:
        name: what is broken.
        text: the source to be replaced, once in the package.
        by: what replaces it.
        red: the lines that must fail.
        whole: whether the whole battery runs rather than `red` and the guards.
    """

    name: str
    text: str
    by: str
    red: frozenset[str]
    whole: bool = False


def mutation(name: str, text: str, by: str, *red: str, whole: bool = False) -> Mutation:
    return Mutation(name, text, by, frozenset(red), whole)


DATA = "data = {which: ProbeData(stores[which], asked_once(splits[which]), columns[which]) for which in splits}"
LOG_SOFTMAX = "torch.log_softmax(scores, dim=1)"
TWICE = "torch.log_softmax(torch.softmax(scores, dim=1), dim=1)"
WORD_LABELS = "labels = np.asarray(split.labels, np.int64)"
CONTROL = "columns[which] |= control"
DIVIDED = "return float(-log_probabilities.sum() / math.log(2))"

SPECIFIED = 5
"""The first of them are those of the specification."""

MUTATIONS = (
    # The five of the specification.
    mutation(
        "train on test", DATA, f"{DATA}; data[Split.TRAIN] = data[Split.TEST]", "test-never-trains", whole=True
    ),
    mutation(
        "shuffle labels against vectors",
        WORD_LABELS,
        "labels = np.random.default_rng(0).permutation(np.asarray(split.labels, np.int64))",
        "planted-signal", "planted-layer", "label-order", whole=True,
    ),
    mutation(
        "control = task", CONTROL, 'columns[which] |= {"control": columns[which]["task"]}',
        "control-differs", "control-per-type", whole=True,
    ),
    mutation(
        "softmax twice", f"gradient = {LOG_SOFTMAX}", f"gradient = {TWICE}",
        "softmax-once", "linear-optimum", whole=True,
    ),
    mutation(
        "nats instead of bits", DIVIDED, "return float(-log_probabilities.sum())",
        "uniform-code", "code-in-bits", whole=True,
    ),
    # Splits.
    mutation("leaked dev", DATA, f"{DATA}; data[Split.TRAIN] = data[Split.DEV]", "dev-never-trains"),
    mutation("selection on test", DATA, f"{DATA}; data[Split.DEV] = data[Split.TEST]", "dev-selects"),
    mutation("deaf alarm", "leaks |= shared > _LEAKED * len(targets)", "leaks |= False", "leakage-alarm"),
    mutation(
        "baselines see test labels",
        "table = _most_frequent_by_key(list(_strings(train, spans, fold=fold)), labels)",
        "table = _most_frequent_by_key(list(_strings(test, spans, fold=fold)), _train_labels(test))",
        "baselines",
    ),
    # Alignment.
    mutation(
        "pieces shifted by the special piece",
        "for state in states], rows + before)",
        "for state in states], rows)",
        "pieces-meet-words",
    ),
    mutation(
        "predictions in another order",
        "predictions[rows[member], targets[0] : targets[-1] + 1] = of_member",
        "predictions[rows[member], targets[0] : targets[-1] + 1] = of_member[::-1]",
        "planted-signal", "label-order",
    ),
    mutation(
        "layer off by one", "return member.mix.layer", "return max(member.mix.layer - 1, 0)",
        "planted-signal", "planted-layer",
    ),
    mutation(
        "mix weights reported backwards", 'softmax = weight.masked_fill(outside, float("-inf")).softmax(dim=0)',
        'softmax = weight.masked_fill(outside, float("-inf")).softmax(dim=0).flip(0)', "planted-layer",
    ),
    # Company.
    mutation(
        "padding is attended to", "(np.arange(cells.shape[1])[None, :] < full[:, None])",
        "(np.arange(cells.shape[1])[None, :] < full[:, None] + cells.shape[1])", "vectors-in-company",
    ),
    mutation(
        "statistics over the batch", "words -= standard.mean\n    words *= standard.scale\n    if normed",
        "words = (words - words.mean(axis=0)) / (words.std(axis=0) + 1e-6)\n    if normed", "scores-in-company",
    ),
    # Losses and codes.
    mutation("softmax twice on dev", f"losses -= {LOG_SOFTMAX}", f"losses -= {TWICE}", "dev-loss", "linear-optimum"),
    mutation(
        "softmax twice in networks", "cross_entropy(scores, wanted, reduction",
        "cross_entropy(torch.softmax(scores, dim=1), wanted, reduction", "softmax-once",
    ),
    mutation("softmax twice in the code", f"given = {LOG_SOFTMAX}", f"given = {TWICE}", "code-in-bits"),
    mutation("a block left out of the code", "return sum(self.bits)", "return sum(self.bits[1:])", "uniform-code"),
    mutation(
        "no gradient of the bias", 'return losses, {"weight0": weight, "bias0": delta.sum(dim=2)}',
        'return losses, {"weight0": weight, "bias0": 0 * delta.sum(dim=2)}', "linear-optimum",
    ),
    # Control, mixes, layers, statistics, trees.
    mutation(
        "control drawn per word", "types = word_types(split)",
        'types = [f"{t} {i}" for i, t in enumerate(word_types(split))]', "control-per-type",
    ),
    mutation("gamma forgotten", "fixed = fixed if gamma is None else fixed * gamma", "pass", "scalar-mix"),
    mutation(
        "gains given to the layer below", "float(gained @ np.arange(1, len(scores))) / total",
        "float(gained @ np.arange(len(scores) - 1)) / total", "expected-layers",
    ),
    mutation(
        "noise divided by noise", "return None if total < least_gain else float(gained @ np.arange(1,",
        "return float(gained @ np.arange(1,", "no-expected-layer",
    ),
    mutation(
        "gold scored against itself", "per_seed = [tuple(metric.value(gold, row, context)",
        "per_seed = [tuple(metric.value(gold, gold, context)", "misaligned-labels", "noise", "test-never-trains",
    ),
    mutation("another level", "level: float = 0.95", "level: float = 0.5", "noise", "bootstrap"),
    mutation(
        "words resampled instead of sentences", "context = MetricContext(test.clusters, names, test.groups, sentences)",
        "context = MetricContext(np.arange(len(test)), names, test.groups, sentences)", "bootstrap",
    ),
    mutation(
        "a one-sided test", 'permutation_type="samples",\n        vectorized=True,\n        n_resamples=bootstrap',
        'permutation_type="samples", alternative="greater",\n        vectorized=True,\n        n_resamples=bootstrap',
        "permutation-test",
    ),
    mutation(
        "punctuation counts", "return np.asarray(self.roles != Role.LEFT_OUT)",
        "return np.asarray(self.roles == self.roles)", "tree-by-hand",
    ),
    mutation(
        "trees of another sentence", "wrong = (predicted - batch.true).abs() * batch.present",
        "wrong = (predicted - batch.true.flip(0)).abs() * batch.present", "planted-trees",
    ),
)  # fmt: skip


def scratch_copy(folder: Path) -> Path:
    """The package as it is, with its presets inside; the shipped models are linked, not copied."""
    copy = folder / "embedbench"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("shipped", "__pycache__"))
    (copy / "shipped").symlink_to(PACKAGE / "shipped")
    shutil.copytree(CONF, copy / "conf", ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def break_it(copy: Path, broken: Mutation) -> None:
    """Applies the patch; fails where its text is not exactly once in the copy."""
    path, text = place_of(copy, broken)
    path.write_text(text.replace(broken.text, broken.by), encoding="utf-8")


def place_of(copy: Path, broken: Mutation) -> tuple[Path, str]:
    """The one file that holds the text to be replaced, and what it holds."""
    # The self-test itself is never what is broken.
    sources = {p: p.read_text("utf-8") for p in copy.rglob("*.py") if "selftest" not in p.relative_to(copy).parts}
    hits = [path for path, text in sources.items() if broken.text in text]
    times = sum(sources[path].count(broken.text) for path in hits)
    assert times == 1, (
        f"the source that {broken.name!r} breaks was found {times} times, expected once: it has moved or changed; "
        f"adapt the patch: {broken.text!r}"
    )
    return hits[0], sources[hits[0]]


def verdicts(copy: Path, names: frozenset[str]) -> tuple[int, dict[str, str], dict[str, str]]:
    """Exit code, and verdict and answer by line, of `embedbench selftest` in the copy."""
    only = [] if not names else ["--only", ",".join(sorted(names))]
    environment = {**os.environ, "PYTHONPATH": str(copy.parent), "OMP_NUM_THREADS": "1"}
    environment.pop("EMBEDBENCH_DATA", None)
    done = forked.run(("selftest", "--json", *only), copy.parent, environment, seconds=3600)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert Path(found["package"]) == copy, "the copy was not what ran"
    lines = found["checks"]
    return done.returncode, {x["name"]: x["verdict"] for x in lines}, {x["name"]: x["got"] for x in lines}


@pytest.mark.slow
@pytest.mark.skipif(not ALL, reason="the installed package is shown to be green by test_selftest.py")
def test_the_copy_that_is_not_broken_is_green(tmp_path):
    code, found, got = verdicts(scratch_copy(tmp_path), frozenset())
    assert [name for name, verdict in found.items() if verdict == "FAIL"] == [], got
    assert code == 0
    assert [name for name, verdict in found.items() if verdict == "SKIPPED"] == [
        check.name for check in CHECKS if check.name.startswith("ewt-")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("broken", MUTATIONS if ALL else MUTATIONS[:SPECIFIED], ids=lambda broken: broken.name)
def test_a_broken_instrument_goes_red(tmp_path, broken, record_property):
    copy = scratch_copy(tmp_path)
    break_it(copy, broken)
    code, found, got = verdicts(copy, frozenset() if broken.whole and ALL else broken.red | GUARDS)
    red = {name for name, verdict in found.items() if verdict == "FAIL"}
    record_property("red", sorted(red))
    print(f"{broken.name}: red {', '.join(sorted(red))}", *(f"  {n}: {got[n]}" for n in sorted(red)), sep="\n")
    assert code == 1
    assert broken.red <= red, {name: got[name] for name in broken.red - red}
    assert "PASS" in found.values(), got


@pytest.mark.parametrize("broken", MUTATIONS, ids=lambda broken: broken.name)
def test_every_patch_still_has_its_place(broken):
    place_of(PACKAGE, broken)


def test_every_line_that_needs_no_data_has_a_mutation_that_turns_it_red():
    shown = frozenset().union(*(broken.red for broken in MUTATIONS))
    silent = {check.name for check in CHECKS if not check.name.startswith("ewt-")} - shown
    assert silent == set(), "each line is shown to be able to fail"


def test_a_patch_whose_text_has_moved_is_refused(tmp_path):
    (tmp_path / "module.py").write_text("x = 1\n")
    with pytest.raises(AssertionError, match="found 0 times, expected once: it has moved or changed"):
        break_it(tmp_path, mutation("gone", "y = 2", "y = 3", "noise"))
