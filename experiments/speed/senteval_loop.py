"""A SentEval-style loop (Conneau & Kiela 2018): encode the sentences of every split, average, train a classifier.

Written after SentEval's `SplitEvaluator` and its PyTorch classifier, without hidden layer: sentences sorted by length,
batches of 128, mean of the top layer's pieces; logistic regression by Adam, batches of 64, 4 passes between two looks
at dev, ended after 5 looks without a better one; weight decay chosen on dev among 1e-5 to 1e-2; test is predicted once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

_ENCODED, _TRAINED = 128, 64
_DECAYS = (1e-5, 1e-4, 1e-3, 1e-2)
_PASSES, _TENACITY, _LOOKS = 4, 5, 50


class SentEvalLoop:
    """The loop over one model."""

    def __init__(self, folder: str) -> None:
        import transformers

        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self._model = transformers.AutoModel.from_pretrained(folder).eval()

    def run(self, splits: Mapping[str, tuple[Sequence[Sequence[str]], np.ndarray]], n_labels: int) -> float:
        """Test accuracy; splits are sentences and labels, by `train`, `dev` and `test`."""
        x = {name: self._encode(sentences) for name, (sentences, _) in splits.items()}
        y = {name: torch.from_numpy(labels.astype(np.int64)) for name, (_, labels) in splits.items()}
        best = max((_fit(x, y, n_labels, decay) for decay in _DECAYS), key=lambda found: found[0])
        return _accuracy(best[1], x["test"], y["test"])

    @torch.no_grad()
    def _encode(self, sentences: Sequence[Sequence[str]]) -> torch.Tensor:
        order = sorted(range(len(sentences)), key=lambda k: len(sentences[k]))
        vectors = torch.empty(len(sentences), self._model.config.hidden_size)
        for start in range(0, len(order), _ENCODED):
            chosen = order[start : start + _ENCODED]
            texts = [" ".join(sentences[k]) for k in chosen]
            inputs = self._tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
            top, mask = self._model(**inputs).last_hidden_state, inputs["attention_mask"].unsqueeze(2)
            vectors[chosen] = (top * mask).sum(dim=1) / mask.sum(dim=1)
        return vectors


def _fit(
    x: Mapping[str, torch.Tensor], y: Mapping[str, torch.Tensor], n_labels: int, decay: float
) -> tuple[float, torch.nn.Linear]:
    torch.manual_seed(1111)  # SentEval's
    model, best, stale = torch.nn.Linear(x["train"].shape[1], n_labels), (-1.0, torch.nn.Linear(1, 1)), 0
    optimiser = torch.optim.Adam(model.parameters(), weight_decay=decay)
    for _ in range(_LOOKS):
        for _ in range(_PASSES):
            for rows in torch.randperm(len(y["train"])).split(_TRAINED):
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(model(x["train"][rows]), y["train"][rows]).backward()
                optimiser.step()
        score = _accuracy(model, x["dev"], y["dev"])
        stale = 0 if score > best[0] else stale + 1
        if score > best[0]:
            kept = torch.nn.Linear(model.in_features, n_labels)
            kept.load_state_dict(model.state_dict())
            best = (score, kept)
        if stale >= _TENACITY:
            break
    return best


@torch.no_grad()
def _accuracy(model: torch.nn.Linear, x: torch.Tensor, y: torch.Tensor) -> float:
    return float((model(x).argmax(dim=1) == y).double().mean())
