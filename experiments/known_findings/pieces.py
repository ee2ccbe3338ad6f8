"""What is known of words cut into pieces, and of words alone."""

from __future__ import annotations

from collections.abc import Iterable

from evidence import LARGE, Evidence
from lexical import geometry, in_several_pieces
from verdict import Effect, Line, at_least, reported

AVERAGED = "minilm_averaged"
"""MiniLM as a static table per layer: a word's mean over 20 of its occurrences in MASC; rarer words are left out."""
SIMILARITIES = tuple(f"word_similarity_{name}" for name in ("simlex", "ws353", "men", "simverb"))
PIECED = {"feats_VerbForm": "feats_verbform", "feats_Tense": "feats_tense"}
"""Tasks on features that are written in words, with their presets."""


def pieces_and_depth(e: Evidence) -> Iterable[Line]:
    """12. First pieces lose morphology (Ács et al. 2021); lower layers know similarity (Bommasani et al. 2020)."""
    masks = {name: in_several_pieces(e.record("minilm_first", name), preset) for name, preset in PIECED.items()}
    best = max(
        (e.pooled_difference([(name, side(e, pooling, name), side(e, "first", name), mask)
                              for name, mask in masks.items()]) for pooling in ("last", "mean")),
        key=lambda effect: effect.value,
    )  # fmt: skip
    targets = sum(int(mask.sum()) for mask in masks.values())
    yield at_least(
        12, f"VerbForm and Tense: last or mean − first piece ≥ 2, {targets} targets of several pieces", best, 2
    )
    yield from more_pieces(e)
    yield at_least(
        12, "similarity (means of 20 contexts): layer 2 − layer 6 ≥ 3 (range over four sets)", deeper(e, AVERAGED), 3
    )
    yield reported(
        12, "why: the same of words alone, where MiniLM's last layer was trained to compare", str(deeper(e, LARGE))
    )
    lasts = {name: geometry(name, 500) for name in (LARGE, "small_mlm")}
    told = "; ".join(
        f"{name} {found[-2].anisotropy:.2f} to {found[-1].anisotropy:.2f}" for name, found in lasts.items()
    )
    yield reported(12, "why: anisotropy from the last layer but one to the last", told)


def more_pieces(e: Evidence) -> Iterable[Line]:
    """The same with another feature that is written at the end of words and has more targets of several pieces."""
    name = "feats_Number"
    mask = in_several_pieces(e.record("minilm_first", name), "feats")
    for pooling in ("last", "mean"):
        found = e.difference(name, side(e, pooling, name), side(e, "first", name), mask)
        yield reported(
            12, f"why: Number, {pooling} − first piece, {int(mask.sum())} targets of several pieces", str(found)
        )


def side(e: Evidence, pooling: str, task: str) -> tuple[str, str]:
    """MiniLM with that pooling of pieces, and its best layer on dev."""
    return f"minilm_{pooling}", e.best_layer(f"minilm_{pooling}", task)


def deeper(e: Evidence, extractor: str) -> Effect:
    """Word similarity in layer 2 minus that in the last layer, mean and range over the sets."""
    apart = [
        100
        * (
            e.score(extractor, task, "single:2", probe="none").value
            - e.score(extractor, task, "single:6", probe="none").value
        )
        for task in SIMILARITIES
    ]
    return Effect.of_range(apart)
