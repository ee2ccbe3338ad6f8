"""What masked and causal transformers learn from: hidden words, following sentences, the next piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the name every torch programme uses

from embedbench.errors import DataError
from embedbench.extractors.batching import flat_ranges, sorted_batches
from embedbench.pretraining.batches import shuffled_batches
from embedbench.pretraining.examples import Blocks, blocks_of, padded, whole_words
from embedbench.pretraining.objective import Batch, HeldOutLoss
from embedbench.pretraining.pieces import CLM_SPECIAL, MLM_SPECIAL, PieceText
from embedbench.pretraining.transformer_networks import head_of

_PAD, _UNKNOWN, _FIRST, _SEPARATOR, _MASK = range(len(MLM_SPECIAL))
_N_SPECIAL = len(MLM_SPECIAL)
_HELD_OUT_SEED = 77
"""The masks and pairs of the held-out text are the same at every evaluation and for every seed."""


class CausalObjective:
    """The next piece, over the whole vocabulary (GPT, Radford et al. 2019).

    Blocks are whole sentences behind one `<|endoftext|>`, as the tokenizer also puts it before what is read out.
    """

    def __init__(
        self,
        network: Any,
        train: PieceText,
        held_out: PieceText,
        *,
        positions: int,
        pieces_per_batch: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.network = network.to(device)
        self._texts = {part: (text, blocks_of(text, positions - 1)) for part, text in _parts(train, held_out)}
        self._pieces_per_batch, self._seed, self._device = pieces_per_batch, seed, device

    def batches(self, epoch: int) -> list[Batch]:
        """All blocks, in batches of similar length."""
        _, blocks = self._texts["train"]
        return shuffled_batches(blocks.length + 1, self._pieces_per_batch, seed=self._seed, epoch=epoch)

    def words(self, batch: Batch) -> int:
        """The words of these blocks."""
        return int(self._texts["train"][1].n_words[batch].sum())

    def loss(self, batch: Batch, generator: np.random.Generator) -> Tensor:
        """Nats per piece."""
        losses = self._losses("train", batch)
        return losses.mean()

    def held_out(self) -> HeldOutLoss:
        """Nats of all pieces; perplexity is per word."""
        total, n = 0.0, 0
        text, blocks = self._texts["held_out"]
        for batch in sorted_batches(blocks.length + 1, 2 * self._pieces_per_batch):
            losses = self._losses("held_out", batch)
            total, n = total + float(losses.double().sum()), n + len(losses)
        return HeldOutLoss(total, n, int(text.n_words.sum()))

    def _losses(self, part: str, batch: Batch) -> Tensor:
        text, blocks = self._texts[part]
        lengths = blocks.length[batch]
        # Padding comes last, so no piece attends to it and nothing has to be masked.
        cells = padded(text, blocks.start[batch], lengths, 0)
        targets = torch.from_numpy(cells).to(self._device)
        inputs = torch.cat(
            [targets.new_full((len(targets), 1), CLM_SPECIAL.index("<|endoftext|>")), targets[:, :-1]], 1
        )
        real = torch.arange(targets.shape[1])[None, :] < torch.from_numpy(lengths)[:, None]
        real = real.to(self._device)
        hidden = self.network.base_model(input_ids=inputs, use_cache=False).last_hidden_state[real]
        logits = head_of(self.network)(hidden)
        return F.cross_entropy(logits.float(), targets[real], reduction="none")


class MaskedObjective:
    """Hidden words and, as an option, whether the second half follows the first (BERT, Devlin et al. 2019).

    A share of the words is chosen anew in every pass, with all their pieces; of these 80 % are hidden, 10 % replaced by
    a random piece and 10 % left alone.
    """

    def __init__(
        self,
        network: Any,
        train: PieceText,
        held_out: PieceText,
        *,
        positions: int,
        pieces_per_batch: int,
        masked: float,
        next_sentence: bool,
        seed: int,
        device: torch.device,
    ) -> None:
        self.network = network.to(device)
        self._next_sentence, self._masked, self._seed, self._device = next_sentence, masked, seed, device
        capacity = (positions - 3) // 2 if next_sentence else positions - 2
        self._texts = {part: (text, blocks_of(text, capacity)) for part, text in _parts(train, held_out)}
        self._pieces_per_batch = pieces_per_batch
        for part, (_, blocks) in self._texts.items():
            if next_sentence and len(blocks.start) < 2:
                raise DataError(
                    f"the {part} text is {len(blocks.start)} blocks of {capacity} pieces; model.next_sentence needs at "
                    "least 2: give more text, or a larger corpus.held_out"
                )

    def batches(self, epoch: int) -> list[Batch]:
        """All blocks or pairs of blocks, in batches of similar length."""
        text, blocks = self._texts["train"]
        if not self._next_sentence:
            return shuffled_batches(blocks.length + 2, self._pieces_per_batch, seed=self._seed, epoch=epoch)
        pairs = _pairs(text, blocks, np.random.default_rng([self._seed, epoch, 1]), first=epoch % 2)
        lengths = blocks.length[pairs].sum(axis=1) + 3
        rows = shuffled_batches(lengths, self._pieces_per_batch, seed=self._seed, epoch=epoch)
        # A batch is one row of numbers; a pair (a, b) is the number a * n + b.
        return [pairs[batch, 0] * len(blocks.start) + pairs[batch, 1] for batch in rows]

    def words(self, batch: Batch) -> int:
        """The words of these blocks."""
        _, blocks = self._texts["train"]
        chosen = np.stack(np.divmod(batch, len(blocks.start))) if self._next_sentence else batch
        return int(blocks.n_words[chosen].sum())

    def loss(self, batch: Batch, generator: np.random.Generator) -> Tensor:
        """Nats per hidden piece, plus nats per pair."""
        hidden, following = self._losses("train", batch, generator)
        return hidden.mean() if following is None else hidden.mean() + following.mean()

    def held_out(self) -> HeldOutLoss:
        """Nats of hidden pieces; perplexity is per hidden piece."""
        text, blocks = self._texts["held_out"]
        generator = np.random.default_rng(_HELD_OUT_SEED)
        if self._next_sentence:
            pairs = _pairs(text, blocks, generator, first=0)
            lengths, codes = blocks.length[pairs].sum(axis=1) + 3, pairs[:, 0] * len(blocks.start) + pairs[:, 1]
        else:
            lengths, codes = blocks.length + 2, np.arange(len(blocks.start), dtype=np.int64)
        total, n = 0.0, 0
        for batch in sorted_batches(lengths, 2 * self._pieces_per_batch):
            hidden, _ = self._losses("held_out", codes[batch], generator)
            total, n = total + float(hidden.double().sum()), n + len(hidden)
        return HeldOutLoss(total, n, n)

    def _losses(self, part: str, batch: Batch, generator: np.random.Generator) -> tuple[Tensor, Tensor | None]:
        text, blocks = self._texts[part]
        first, second = np.divmod(batch, len(blocks.start)) if self._next_sentence else (batch, None)
        cells, segments, real, words = _rows(text, blocks, first, second)
        where, targets = self._hide(cells, words, generator)
        inputs = {
            "input_ids": torch.from_numpy(cells).to(self._device),
            "attention_mask": torch.from_numpy(real.astype(np.int64)).to(self._device),
        }
        if second is not None:  # with one segment all are zero, which is what every network assumes
            inputs["token_type_ids"] = torch.from_numpy(segments).to(self._device)
        output = self.network.base_model(**inputs)
        # Only hidden pieces are scored: the product with the vocabulary would cost more than the network.
        states = output.last_hidden_state.flatten(0, 1)[torch.from_numpy(where).to(self._device)]
        logits = head_of(self.network)(states)
        hidden = F.cross_entropy(logits.float(), torch.from_numpy(targets).to(self._device), reduction="none")
        if second is None:
            return hidden, None
        # As in BERT: class 0 says that the second half follows.
        follows = torch.from_numpy((second != first + 1).astype(np.int64)).to(self._device)
        scores = self.network.cls.seq_relationship(output.pooler_output)
        return hidden, F.cross_entropy(scores.float(), follows, reduction="none")

    def _hide(
        self,
        cells: Int64[np.ndarray, "rows columns"],
        words: Int64[np.ndarray, "rows columns"],
        generator: np.random.Generator,
    ) -> tuple[Int64[np.ndarray, "hidden"], Int64[np.ndarray, "hidden"]]:
        """Hides words in place; gives the flat places and what stood there."""
        flat = cells.reshape(-1)
        places = np.flatnonzero(words.reshape(-1) >= 0)
        chosen = places[whole_words(words.reshape(-1)[places], self._masked, generator)]
        targets = flat[chosen].copy()
        fate = generator.random(len(chosen))
        n_pieces = self.network.get_input_embeddings().num_embeddings
        flat[chosen[fate < 0.8]] = _MASK
        replaced = chosen[(fate >= 0.8) & (fate < 0.9)]
        flat[replaced] = generator.integers(_N_SPECIAL, n_pieces, len(replaced))
        return chosen, targets


def _parts(train: PieceText, held_out: PieceText) -> tuple[tuple[str, PieceText], ...]:
    return (("train", train), ("held_out", held_out))


def _pairs(
    text: PieceText, blocks: Blocks, generator: np.random.Generator, *, first: int
) -> Int64[np.ndarray, "pairs two"]:
    """Each second block with, half of the time, the one that follows it in its document, else any other block."""
    n = len(blocks.start)
    left = np.arange(first % 2, n - 1, 2, dtype=np.int64)
    starts = text.offsets[text.documents[:-1]]
    document = np.searchsorted(starts, blocks.start, side="right")
    true = (generator.random(len(left)) < 0.5) & (document[left] == document[left + 1])
    other = generator.integers(0, n, len(left))
    # A random block that happens to follow is a pair that follows; `_losses` labels it so.
    return np.stack([left, np.where(true, left + 1, other)], axis=1)


def _rows(
    text: PieceText,
    blocks: Blocks,
    first: Int64[np.ndarray, "rows"],
    second: Int64[np.ndarray, "rows"] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pieces, segments, whether a cell is real, and a number for each word of the batch (−1: no word)."""
    parts = [first] if second is None else [first, second]
    full = sum(blocks.length[part] + 1 for part in parts) + 1
    shape = (len(first), int(np.max(full)))
    cells = np.full(shape, _PAD, dtype=np.int64)
    segments = np.zeros(shape, dtype=np.int64)
    words = np.full(shape, -1, dtype=np.int64)
    cells[:, 0] = _FIRST
    at = np.ones(len(first), dtype=np.int64)
    for segment, part in enumerate(parts):
        lengths = blocks.length[part]
        rows = np.repeat(np.arange(len(part)), lengths)
        columns = flat_ranges(at, lengths)
        pieces = flat_ranges(blocks.start[part], lengths)
        cells[rows, columns] = text.ids[pieces]
        # Different rows and halves may hold the same block; their words are different words of the batch.
        words[rows, columns] = text.words[pieces] + (rows * len(parts) + segment) * (int(text.words[-1]) + 1)
        cells[np.arange(len(part)), at + lengths] = _SEPARATOR
        segments[rows, columns] = segment
        segments[np.arange(len(part)), at + lengths] = segment
        at = at + lengths + 1
    return cells, segments, np.arange(shape[1])[None, :] < at[:, None], words
