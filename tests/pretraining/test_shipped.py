"""The models in the package: all there, small, trained on equally many words, better than frequencies, readable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import embedbench
from embedbench.cli.configuration import compose
from embedbench.pretraining.card import ModelCard, read_card

SHIPPED = Path(embedbench.__file__).parent / "shipped"
FAMILIES = ("word2vec", "fasttext", "bilm", "mlm", "clm")
SENTENCES = [("The", "bank", "of", "the", "river"), ("She", "robbed", "the", "bank", "yesterday")]


def card(family: str) -> ModelCard:
    found = read_card(SHIPPED / family)
    assert found is not None
    return found


def test_together_they_take_at_most_sixteen_megabytes() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) <= 16_000_000


def test_they_saw_the_same_text_equally_often() -> None:
    cards = [card(family) for family in FAMILIES]
    assert len({card.data for card in cards}) == 1
    words = np.array([card.words_seen for card in cards])
    # The last batch may go beyond the budget.
    assert np.ptp(words) <= 2048
    assert {card.dim for card in cards} == {128}
    assert not any(card.stopped_early for card in cards)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_predicts_held_out_text_better_than_frequencies_do(family: str) -> None:
    held_out = card(family).held_out
    measure = "perplexity" if "perplexity" in held_out else "loss"
    assert held_out[measure] < held_out[f"unigram_{measure}"]


@pytest.mark.parametrize("family", FAMILIES)
def test_its_preset_gives_vectors_that_know_context_where_they_should(family: str) -> None:
    from hydra.utils import instantiate

    extractor = instantiate(compose([f"extractor=small_{family}"]).extractor)
    values = np.asarray(extractor.extract(SENTENCES).values)
    assert values.shape[0] == 10
    assert values.shape[2] == 128
    assert np.isfinite(values).all()
    first, second = values[1], values[8]  # "bank" twice
    assert values[:, 0].std(axis=0).min() > 0
    same = np.allclose(first[-1], second[-1], atol=1e-4)
    assert same == (family in ("word2vec", "fasttext"))
