"""Which members a cell trains: every mix with every seed on the task's labels, and most of them on control labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from embedbench.mixing import Cumulative, Mix, TopDown, expand_mixes
from embedbench.probing.members import Member
from embedbench.probing.probes import Probe
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.types import TASK, learned_for


def plan_members(
    mixes: Sequence[str], probe: Probe, seeds: Sequence[int], columns: Sequence[str], n_layers: int
) -> tuple[Member, ...]:
    """The members of a cell, grouped by label column and mix; seeds vary fastest.

    Cumulative mixes, from below and from above, tell where a score comes from (Tenney et al. 2019b), which no control
    asks: they learn the task only.

    >>> from embedbench.probing.probes import Linear
    >>> [m.label for m in plan_members(["single"], Linear(), [0], ["task", "control"], 1)]
    ['single:0 linear task seed 0', 'single:0 linear control seed 0']

    Raises:
        ConfigurationError: a mix is unknown, or asks for a layer that does not exist.
    """
    return tuple(
        Member(mix=mix, probe=probe, labels=labels, seed=seed)
        for labels, mix, seed in _planned(mixes, seeds, columns, n_layers)
    )


def plan_sentence_members(
    mixes: Sequence[str], seeds: Sequence[int], columns: Sequence[str], n_layers: int
) -> tuple[SentenceMember, ...]:
    """The same members as `plan_members` has, of a probe that reads whole sentences.

    Raises:
        ConfigurationError: a mix is unknown, or asks for a layer that does not exist.
    """
    return tuple(
        SentenceMember(mix=mix, seed=seed, labels=labels)
        for labels, mix, seed in _planned(mixes, seeds, columns, n_layers)
    )


def _planned(
    mixes: Sequence[str], seeds: Sequence[int], columns: Sequence[str], n_layers: int
) -> Iterator[tuple[str, Mix, int]]:
    for labels in columns:
        for mix in expand_mixes(mixes, n_layers):
            if learned_for(labels) == TASK or not isinstance(mix, Cumulative | TopDown):
                for seed in seeds:
                    yield labels, mix, seed
