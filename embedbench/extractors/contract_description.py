"""The part of the extractor contract about what a backend says of itself: names, fingerprint, options."""

from __future__ import annotations

import dataclasses
import enum
import pickle
from typing import Any

from embedbench.extractors.contract_subject import Outcome, Subject


def description(subject: Subject) -> Outcome:
    """Name, layer names, dim and fingerprint exist and have the right types."""
    e = subject.extractor
    missing = [member for member in ("name", "layer_names", "dim", "fingerprint", "extract") if not hasattr(e, member)]
    if missing:
        return False, f"{type(e).__name__} lacks {', '.join(missing)}"
    wrong = []
    if not isinstance(e.name, str) or not e.name:
        wrong.append(f"name is {e.name!r}; expected a string that is not empty")
    names = e.layer_names
    if not isinstance(names, tuple) or not names or not all(isinstance(n, str) and n for n in names):
        wrong.append(f"layer_names is {names!r}; expected a tuple of strings, one per layer")
    elif len(set(names)) != len(names):
        wrong.append(f"layer_names repeat: {names!r}")
    if not isinstance(e.dim, int) or isinstance(e.dim, bool) or e.dim < 1:
        wrong.append(f"dim is {e.dim!r}; expected a positive integer")
    if not isinstance(e.fingerprint, str) or not e.fingerprint:
        wrong.append(f"fingerprint is {e.fingerprint!r}; expected a string that is not empty")
    if wrong:
        return False, "; ".join(wrong)
    return True, f"{e.name}: {len(names)} × {e.dim} ({', '.join(names)})"


def stable_fingerprint(subject: Subject) -> Outcome:
    """An extractor built from the same options has the same fingerprint."""
    if not dataclasses.is_dataclass(subject.given) or isinstance(subject.given, type):
        return _same_fingerprint(subject.given, pickle.loads(pickle.dumps(subject.given)), "pickled and back")
    return _same_fingerprint(subject.given, dataclasses.replace(subject.given), "built again from its options")


def pickles(subject: Subject) -> Outcome:
    """It survives pickling, so that launchers can send it to other processes."""
    return _same_fingerprint(subject.extractor, pickle.loads(pickle.dumps(subject.extractor)), "pickled and back")


def config_round_trip(subject: Subject) -> Outcome:
    """Its options make a Hydra configuration, and building from that gives the same fingerprint."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    given = subject.given
    if not dataclasses.is_dataclass(given) or isinstance(given, type):
        return False, f"{type(given).__name__} is not a dataclass, so its options cannot be set or recorded"
    try:
        schema = OmegaConf.structured(type(given))
    except OmegaConfBaseException:
        # Types that OmegaConf does not know are accepted as they come.
        schema = OmegaConf.create()
    options = {f.name: getattr(given, f.name) for f in dataclasses.fields(given) if f.init}
    if not all(_is_plain(value) for value in options.values()):
        return True, "its options make a configuration; the values hold other extractors, which Hydra builds"
    again = OmegaConf.to_container(OmegaConf.merge(schema, options))
    assert isinstance(again, dict)
    # A schema also has the fields that are no options.
    kept = {key: again[key] for key in options}
    # OmegaConf knows lists only.
    kept = {key: tuple(value) if isinstance(options[key], tuple) else value for key, value in kept.items()}
    return _same_fingerprint(given, type(given)(**kept), "built from its configuration")


def _same_fingerprint(before: Any, after: Any, how: str) -> Outcome:
    if before.fingerprint != after.fingerprint:
        return False, f"{before.fingerprint} became {after.fingerprint} when {how}"
    return True, f"{before.fingerprint}, {how}"


def _is_plain(value: Any) -> bool:
    """Whether a configuration can hold the value."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return value is None or isinstance(value, str | int | float | bool | enum.Enum)
