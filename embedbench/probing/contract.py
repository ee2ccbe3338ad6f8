"""The contracts of probes and mixes: what every one keeps, checked on any, also one from outside this repository."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from embedbench.errors import ConfigurationError
from embedbench.mixing import Mix, Scalar, Single, mix_layers
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.probes import Pooling, Probe
from embedbench.probing.trainer import train_members
from embedbench.promises import CheckResult, Promise, ask_all
from embedbench.registry import components
from embedbench.types import ArrayVectors, Corpus, TaskSplit

_LEARNED = 0.95
"""The accuracy that a probe must reach on a label that is written into the vectors."""


def check_probe(probe: Any) -> list[CheckResult]:
    """One result per promise of a probe for classes or grades; others have a trainer of their own and no contract."""
    return ask_all(PROBE_PROMISES, probe)


def check_mix(mix: Any) -> list[CheckResult]:
    """One result per promise of a layer mix."""
    return ask_all(MIX_PROMISES, mix)


def _is_frozen(component: Any) -> tuple[bool, str]:
    if not dataclasses.is_dataclass(component) or isinstance(component, type):
        return False, f"{type(component).__name__} is not a dataclass, so its options cannot be set or recorded"
    if not type(component).__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return False, f"{type(component).__name__} can be changed: decorate it with @dataclass(frozen=True)"
    twin = dataclasses.replace(component)
    equal = twin == component and hash(twin) == hash(component)
    return equal, f"{component!r}" + ("" if equal else ": built again from its options it is another one")


def _has_members(component: Any, protocol: type) -> tuple[bool, str]:
    wanted = [name for name in dir(protocol) if not name.startswith("_")]
    missing = [name for name in wanted if not hasattr(component, name)]
    return not missing, f"it lacks {', '.join(missing)}" if missing else ", ".join(wanted)


def _probe_describes_itself(probe: Any) -> tuple[bool, str]:
    kept, detail = _has_members(probe, Probe)
    if not kept:
        return kept, detail
    if not isinstance(probe.name, str) or not probe.name:
        return False, f"name is {probe.name!r}; expected a string that is not empty"
    if not isinstance(probe.pooling, Pooling):
        return False, f"pooling is {probe.pooling!r}; expected one of {', '.join(map(str, Pooling))}"
    widths = probe.hidden_widths
    if not isinstance(widths, tuple) or not all(type(width) is int and width > 0 for width in widths):
        return False, f"hidden_widths is {widths!r}; expected a tuple of positive integers"
    return 0 <= probe.dropout < 1, f"{probe.name}: hidden layers {list(widths)}, dropout {probe.dropout}"


def _poolings(probe: Any) -> list[Probe]:
    """The probe with every pooling, where pooling is one of its options."""
    options = {option.name for option in dataclasses.fields(probe) if option.init}
    return [dataclasses.replace(probe, pooling=one) for one in Pooling] if "pooling" in options else [probe]


def _learns(probe: Any) -> tuple[bool, str]:
    found = {one.pooling.value: min(_accuracies(one)) for one in _poolings(probe)}
    told = ", ".join(f"{pooling} {accuracy:.2f}" for pooling, accuracy in found.items())
    return min(found.values()) >= _LEARNED, f"accuracy {told}; at least {_LEARNED} expected"


def _repeats(probe: Any) -> tuple[bool, str]:
    same = np.array_equal(_predictions(probe), _predictions(probe))
    return same, "trained twice, the same predictions" if same else "trained twice, other predictions"


def _accuracies(probe: Probe) -> list[float]:
    gold = _planted(200, 3).labels["task"]
    return [float(accuracy) for accuracy in (_predictions(probe) == gold).mean(axis=1)]


def _predictions(probe: Probe) -> np.ndarray:
    members = [Member(Single(1), probe), Member(Scalar(), probe)]
    training = Training(max_epochs=4, min_updates=60, batch_size=128, network_learning_rate=2e-2)
    train, dev, test = _planted(400, 1), _planted(100, 2), _planted(200, 3)
    return train_members(train, dev, members, {"task": 3}, training).predict(test)


def _planted(n: int, seed: int) -> ProbeData:
    """Spans of one to three words; the label is written into layer 1 of every word."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    lengths = rng.integers(1, 4, n)
    ends = np.cumsum(lengths)
    values = rng.normal(size=(int(ends[-1]), 2, 6)).astype(np.float32)
    values[np.arange(len(values)), 1, np.repeat(labels, lengths)] += 8
    spans = np.stack([ends - lengths, ends], axis=1)[:, None]
    split = TaskSplit(Corpus.of([["w"] * int(ends[-1])]), spans, labels, np.arange(n))
    return ProbeData(ArrayVectors(values), split, {"task": labels})


PROBE_PROMISES: tuple[Promise[Any], ...] = (
    Promise("name, pooling, hidden widths and dropout have their types", _probe_describes_itself),
    Promise("it is a frozen dataclass, equal to its twin", _is_frozen),
    Promise("it learns a label that is written into the vectors", _learns),
    Promise("trained twice it predicts the same", _repeats),
)
"""Every promise of a probe."""


def _mix_describes_itself(mix: Any) -> tuple[bool, str]:
    kept, detail = _has_members(mix, Mix)
    if not kept:
        return kept, detail
    name = next((n for n, c in components("mix").items() if type(mix) is c.target), None)
    if name is None:
        return False, f'{type(mix).__name__} is not registered: decorate it with @register("mix", NAME)'
    begins = mix.label.partition(":")[0] == name
    return begins, f"its label {mix.label!r} " + ("begins" if begins else "does not begin") + f" with its name {name!r}"


def _coefficients(mix: Any) -> tuple[bool, str]:
    import torch

    for layers in (1, 3):
        if layers == 1 and _needs_more(mix):
            continue
        words = torch.randn(5, layers, 4, generator=torch.Generator().manual_seed(1))
        coefficients = mix.coefficients(layers)
        if coefficients.dtype != np.float32 or coefficients.shape[1:] != (layers,):
            return False, f"{coefficients.dtype} of shape {coefficients.shape}; expected float32 [slots, {layers}]"
        mixed = mix_layers(words, mix)
        if mixed.shape != (5, len(coefficients) * 4) or not bool(torch.isfinite(mixed).all()):
            return False, f"mixed vectors of shape {tuple(mixed.shape)}, or not finite, from {layers} layers"
    return True, "of three layers" if _needs_more(mix) else "of one layer and of three"


def _needs_more(mix: Any) -> bool:
    """Whether it asks for a layer that a static embedding does not have, and says so."""
    try:
        mix.coefficients(1)
    except ConfigurationError:
        return True
    return False


def _no_neighbours(mix: Any) -> tuple[bool, str]:
    import torch

    words = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(2))
    order = torch.tensor([3, 0, 5, 1, 2, 4])
    apart = float((mix_layers(words, mix)[order][:2] - mix_layers(words[order][:2], mix)).abs().max())
    return apart <= 1e-6, f"largest distance {apart:.1e}"


def _one_slot(mix: Any) -> tuple[bool, str]:
    slots = len(mix.coefficients(3))
    return not mix.learned or slots == 1, f"{slots} slots, {'learned' if mix.learned else 'not learned'}"


MIX_PROMISES: tuple[Promise[Any], ...] = (
    Promise("label, learned, normed and coefficients are there", _mix_describes_itself),
    Promise("it is a frozen dataclass, equal to its twin", _is_frozen),
    Promise("its vector has slots x dim numbers and is finite", _coefficients),
    Promise("a word does not depend on its neighbours", _no_neighbours),
    Promise("a learned mix has one slot", _one_slot),
)
"""Every promise of a mix."""
