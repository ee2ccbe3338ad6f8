"""flair: TransformerWordEmbeddings of all layers, mean of a word's pieces, mini-batches of 32 sentences in order.

Its `Sentence` objects are made before the clock starts, in its favour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from flair.data import Sentence
from flair.embeddings import TransformerWordEmbeddings
from rival_process import serve

_BATCH = 32


def _make(inputs: dict[str, Any]) -> Any:
    embeddings = TransformerWordEmbeddings(
        inputs["model"], layers="all", layer_mean=False, subtoken_pooling="mean", fine_tune=False
    )
    made = [Sentence(words) for words in inputs["sentences"]]
    for words, sentence in zip(inputs["sentences"], made, strict=True):
        if [token.text for token in sentence] != list(words):
            raise ValueError(f"flair changed the words of a sentence: {words[:10]}")

    def work() -> list[Sentence]:
        for sentence in made:
            sentence.clear_embeddings()
        for start in range(0, len(made), _BATCH):
            embeddings.embed(made[start : start + _BATCH])
        return made

    def as_array(found: list[Sentence]) -> np.ndarray:
        flat = torch.stack([token.embedding for sentence in found for token in sentence]).cpu().numpy()
        return flat.reshape(len(flat), -1, inputs["dim"])

    return work, as_array


if __name__ == "__main__":
    serve(_make, ("flair", "torch", "transformers", "tokenizers"))
