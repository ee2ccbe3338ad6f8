"""Vectors and scores do not depend on company, and pieces meet their words."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import embedbench
from embedbench.errors import MissingExtraError
from embedbench.extractors.contract import check_extractor
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.extractors.transformer import Transformer
from embedbench.results.predictions import member_column, read_predictions
from embedbench.selftest.battery import Finding, Skipped, Workplace
from embedbench.selftest.worlds import GRAMMAR, Reordered, measured
from embedbench.tasks.tagging import Upos
from embedbench.types import Extractor, Sentence

if TYPE_CHECKING:
    from jaxtyping import Float32

SENTENCES = (
    ("the", "unquestionably", "uninhabitable", "house", "stood", "empty"),
    ("he", "misunderstood", "everything", "she", "had", "counterbalanced", ",", "again", "."),
    ("incomprehensibilities",),
)
"""Long words, which a small vocabulary cuts into several pieces, between short ones."""


def vectors_in_company(_place: Workplace) -> Finding:
    """A sentence's vectors do not depend on batch, padding, order or neighbours; every promise of the contract.

    Catches padding that leaks into attention, states carried from sentence to sentence, statistics over a batch.
    """
    failed, asked = [], []
    for extractor in _shipped():
        asked.append(extractor.name)
        failed += [f"{extractor.name}: {r.name} ({r.detail})" for r in check_extractor(extractor) if r.failed]
    return Finding("; ".join(failed) or f"kept by {', '.join(asked)}", not failed)


def pieces_meet_words(_place: Workplace) -> Finding:
    """A word's vector is the mean of its own pieces, computed here anew from the model and its tokenizer.

    Catches pieces shifted by a special piece, pieces of a neighbour, and layers in another order.
    """
    extractor = _masked_model()
    expected = _by_hand(extractor.model)
    found = extractor.extract(SENTENCES).values
    distance = float(np.abs(found - expected).max() / np.abs(expected).max())
    return Finding(f"largest difference {distance:.1e} of the largest value", distance < 1e-4)


def scores_in_company(place: Workplace) -> Finding:
    """A word's prediction depends neither on the other test sentences nor on what else is trained.

    Catches statistics over the test split or a batch, and members that disturb each other.
    """
    task = Upos(GRAMMAR)
    part = Reordered(task, seed=3, share=0.3)
    company = _predictions(place, task, ("scalar", "single", "mean"), (0, 1))
    alone = _predictions(place, part, ("single",), (1,))
    same = float(np.mean(alone == company[part.words()]))
    # Sums of another length may be rounded otherwise, which can turn a tie.
    return Finding(f"{same:.2%} of {len(alone)} words", same >= 0.997)


def _predictions(
    place: Workplace, task: Upos | Reordered, mixes: tuple[str, ...], seeds: tuple[int, ...]
) -> np.ndarray:
    folder = place.folder / f"company-{task.fingerprint}"
    _, cell = measured(folder, RandomVectors(size=32), task, mixes=mixes, seeds=seeds, control=len(seeds) > 1)
    return read_predictions(cell)[member_column("single:0", "task", 1)].to_numpy()


def _shipped() -> list[Extractor]:
    """The extractors of the package's own that are installed; the first needs nothing."""
    extractors: list[Extractor] = [RandomVectors(size=16)]
    with contextlib.suppress(Skipped):
        extractors.append(_masked_model())
    return extractors


def _masked_model() -> Transformer:

    for package in ("transformers", "tokenizers"):
        if importlib.util.find_spec(package) is None:
            raise Skipped(str(MissingExtraError(needed_by="this check", package=package, extra="transformers")))
    return Transformer(name="small_mlm", model=str(Path(embedbench.__file__).parent / "shipped" / "mlm"))


def _by_hand(folder: str) -> Float32[np.ndarray, "words layers dim"]:
    import torch
    from transformers import AutoModel, AutoTokenizer, logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    finally:
        logging.set_verbosity(verbosity)
        logging.enable_progress_bar()
    return np.concatenate([_words_of(tokenizer, model, sentence) for sentence in SENTENCES])


def _words_of(tokenizer: Any, model: Any, sentence: Sentence) -> Float32[np.ndarray, "words layers dim"]:
    import torch

    encoded = tokenizer(list(sentence), is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        layers = torch.stack(model(**encoded, output_hidden_states=True).hidden_states, dim=2)[0].numpy()
    of_piece = np.array([-1 if word is None else word for word in encoded.word_ids()])
    return np.stack([layers[of_piece == word].mean(axis=0) for word in range(len(sentence))])
