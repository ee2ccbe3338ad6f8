from __future__ import annotations

from pathlib import Path

import pytest
from pretraining_toy import toy_sentences

from embedbench.errors import ConfigurationError
from embedbench.pretraining.budget import Budget
from embedbench.pretraining.corpus import CorpusFiles
from embedbench.pretraining.options import FAMILIES, BilmTraining, Word2VecTraining, with_dim
from embedbench.pretraining.pretrain import PretrainOptions, pretrain


@pytest.fixture
def corpus(tmp_path: Path) -> CorpusFiles:
    path = tmp_path / "toy.txt"
    path.write_text("".join(" ".join(s) + "\n" for s in toy_sentences(80)), encoding="utf-8")
    return CorpusFiles((str(path),), held_out=0.1)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_on_the_same_text_and_budget_with_equal_dimensions(
    family: str, corpus: CorpusFiles, tmp_path: Path
) -> None:
    options = PretrainOptions(
        FAMILIES[family](), corpus, Budget(300, evaluations=1), str(tmp_path / "m"), dim=16, command="as typed"
    )
    card = pretrain(options).card
    assert (card.family, card.dim, card.command) == (family, 16, "as typed")
    # The last batch or sentence may pass the budget.
    assert 300 <= card.words_seen <= 300 + 2048
    assert card.held_out["unigram_loss" if family in ("word2vec", "fasttext", "bilm") else "unigram_perplexity"] > 0
    assert card.data == (f"toy.txt, words from spaces: 1 documents, {card.corpus_words:,} words for training, "
                         f"{card.data[0].split()[-3]} held out",)  # fmt: skip


def test_an_odd_dimension_cannot_be_two_directions() -> None:
    with pytest.raises(ConfigurationError, match="dim=9 cannot be for a biLM"):
        with_dim(BilmTraining(), 9)
    assert with_dim(Word2VecTraining(), 9).dim == 9  # type: ignore[union-attr]


def test_a_folder_is_needed(corpus: CorpusFiles) -> None:
    with pytest.raises(ConfigurationError, match="expected folder=PATH"):
        PretrainOptions(BilmTraining(), corpus, Budget(1), "")


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"words=0.*at least 1 word"):
        Budget(0)
