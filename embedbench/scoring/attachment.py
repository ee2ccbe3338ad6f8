"""Attachment scores of dependency trees: the share of scored words that hang where they should.

A target is a word. Its value stands for its head (`uas`), or for head and relation together (`las`).
"""

from __future__ import annotations

from dataclasses import dataclass

from embedbench.registry import register
from embedbench.scoring.metrics import Accuracy


@register("metric", "uas")
@dataclass(frozen=True)
class UAS(Accuracy):
    """Unlabelled attachment score: the share of words with the right head in the best tree over all words."""

    name = "uas"
    chance = "that of the tree in which every word hangs on the next, or on the one before"


@register("metric", "las")
@dataclass(frozen=True)
class LAS(Accuracy):
    """Labelled attachment score: the share of words with the right head and the right relation to it."""

    name = "las"
    chance = "that of a trivial tree with the most frequent relation of every word"


@register("metric", "uas_greedy")
@dataclass(frozen=True)
class GreedyUAS(Accuracy):
    """Unlabelled attachment score where every word takes its best head, whether or not the heads form a tree."""

    name = "uas_greedy"
    chance = "as uas"
