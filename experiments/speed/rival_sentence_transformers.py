"""sentence-transformers: `encode(..., output_value="token_embeddings")`, batches of 32; the top layer only, pieces.

For the comparison, not timed, pieces are averaged to words by the tokenizer's word ids.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from rival_process import serve
from sentence_transformers import SentenceTransformer, models

_BATCH = 32


def _make(inputs: dict[str, Any]) -> Any:
    transformer = models.Transformer(inputs["model"])
    model = SentenceTransformer(modules=[transformer, models.Pooling(inputs["dim"])], device="cpu")
    texts = [" ".join(words) for words in inputs["sentences"]]

    def work() -> list[torch.Tensor]:
        return model.encode(texts, batch_size=_BATCH, output_value="token_embeddings", show_progress_bar=False)

    def as_array(found: list[torch.Tensor]) -> np.ndarray:
        rows = []
        for words, pieces in zip(inputs["sentences"], found, strict=True):
            of = model.tokenizer(words, is_split_into_words=True).word_ids()
            for word in range(len(words)):
                own = [k for k, of_piece in enumerate(of) if of_piece == word]
                rows.append(pieces[own].mean(dim=0) if own else torch.zeros(inputs["dim"]))
        return torch.stack(rows).numpy()[:, None]

    return work, as_array


if __name__ == "__main__":
    serve(_make, ("sentence-transformers", "torch", "transformers", "tokenizers"))
