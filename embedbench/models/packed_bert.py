"""BERT without padding: sentences lie one after the other, and weights are laid out for the processor once.

The arithmetic is BERT's (Devlin et al. 2019); the network that it is taken from stays the reference, and `packed` hands
out nothing whose hidden states differ from it.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import pad, scaled_dot_product_attention

from embedbench.models.products import Product, packable

_ARCHITECTURES = ("BertModel", "RobertaModel", "XLMRobertaModel", "CamembertModel")
"""Classes of transformers that share their parts' names; `packed` tries each network before it trusts the name."""

_ROWS = 64
"""Batches are filled up to a multiple of so many rows: a kernel is made for every number of rows, in milliseconds."""

_SHORT = 40
"""Pieces up to which plain products are the faster attention."""
_VANISHING = 1e-30
"""A sum of exponentials below this has lost digits: its scores are far below the largest of the head."""

_TRIED_LENGTHS = (2, 7, 7, 3)
_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 0.1}
"""How far a trial may be from the network, as a fraction of the largest value; another formula is off by all of it."""


def _product(*layers: Any) -> Product:
    """Linear layers of the same inputs as one product."""
    weight = torch.cat([layer.weight for layer in layers])
    return Product(weight.T, torch.cat([layer.bias for layer in layers]), dtype=weight.dtype)


class _Block:
    """One block: attention and two products, a residual and a layer norm around each."""

    def __init__(self, block: Any, heads: int) -> None:
        own, shown = block.attention.self, block.attention.output
        self._towards = _product(own.query, own.key, own.value)
        self._shown, self._first_norm = _product(shown.dense), shown.LayerNorm
        self._up, self._down = _product(block.intermediate.dense), _product(block.output.dense)
        self._second_norm, self._heads = block.output.LayerNorm, heads

    def __call__(self, rows: Tensor, runs: list[tuple[int, int]]) -> Tensor:
        mixed = self._shown(self._attended(self._towards(rows), runs))
        rows = self._first_norm(mixed.add_(rows))
        wide = self._up.rectified(rows)
        normed: Tensor = self._second_norm(self._down(wide).add_(rows))
        return normed

    def _attended(self, towards: Tensor, runs: list[tuple[int, int]]) -> Tensor:
        """Attention among the pieces of each sentence; sentences of one length run together, without a mask."""
        dim = towards.shape[1] // 3
        found, first = towards.new_zeros(len(towards), dim), 0
        for length, count in runs:
            rows = slice(first, first + length * count)
            three = towards[rows].view(count, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            context = _of_short(three) if length <= _SHORT else scaled_dot_product_attention(*three)
            found[rows].view(count, length, self._heads, -1).copy_(context.transpose(1, 2))
            first = rows.stop
        return found


def _of_short(three: Float[Tensor, "three sentences heads pieces dim"]) -> Float[Tensor, "sentences heads pieces dim"]:
    """Attention by plain products over all heads at once, which for few pieces is twice as fast as torch's own."""
    shape, length, dim = three.shape[1:], three.shape[3], three.shape[4]
    query, key, value = three.reshape(3, -1, length, dim)
    # Keys first: sums over them then run along memory. Any common shift of a head's scores leaves the shares alone.
    shares = torch.bmm(key, query.transpose(1, 2)).float()
    shares.sub_(shares.flatten(1).amax(1)[:, None, None]).mul_(dim**-0.5).exp_()
    total = shares.sum(1, keepdim=True)
    if not total.amin() > _VANISHING:
        return scaled_dot_product_attention(*three)
    return torch.bmm(shares.div_(total).to(value.dtype).transpose(1, 2), value).view(shape)


class PackedBert:
    """The hidden states of a BERT for sentences that lie one after the other; made by `packed`."""

    def __init__(self, network: Any) -> None:
        self._embeddings = network.embeddings
        self._blocks = [_Block(block, network.config.num_attention_heads) for block in network.encoder.layer]
        # RoBERTa counts positions from the one after the padding piece, BERT from 0.
        self._padding = self._embeddings.position_embeddings.padding_idx

    def layers(
        self, ids: Int64[Tensor, "pieces"], segments: Int64[Tensor, "pieces"] | None, lengths: list[int]
    ) -> list[Float[Tensor, "pieces dim"]]:
        """Every hidden state of every piece, the embeddings first.

        Args:
            ids: the pieces of all sentences, special ones included.
            segments: the segment of each; all 0 when absent.
            lengths: the pieces of each sentence; faster when equal lengths are neighbours.
        """
        n = len(ids)
        parts, positions = self._embeddings, self._positions(ids, lengths)
        segments = torch.zeros_like(ids) if segments is None else segments
        # In the order in which the reference adds them: bf16 rounds every sum.
        found = parts.word_embeddings(ids) + parts.token_type_embeddings(segments)
        rows = pad(parts.LayerNorm(found + parts.position_embeddings(positions)), (0, 0, 0, -n % _ROWS))
        runs = [(length, len(list(some))) for length, some in groupby(lengths)]
        states = [rows]
        for block in self._blocks:
            states.append(block(states[-1], runs))
        return [state[:n] for state in states]

    def _positions(self, ids: Tensor, lengths: list[int]) -> Tensor:
        sizes = torch.tensor(lengths)
        starts = torch.repeat_interleave(sizes.cumsum(0) - sizes, sizes)
        if self._padding is None:
            return torch.arange(len(ids)) - starts
        counted = (ids != self._padding).long()
        before = counted.cumsum(0) - counted
        positions: Tensor = (before - before[starts] + 1) * counted + self._padding
        return positions


def packed(network: Any) -> PackedBert | None:
    """The packed twin of a network of transformers; None where there is none, or the processor has no use for it.

    The weights are copied. A twin is handed out only if it computes what the network computes on a few pieces.
    """
    config, parameter = network.config, next(network.parameters())
    fits = (
        type(network).__name__ in _ARCHITECTURES
        and type(network).__module__.startswith("transformers.")
        and parameter.dtype in _TOLERANCE
        and packable(parameter.device, parameter.dtype)
        and config.hidden_act == "gelu"
        and not config.is_decoder
        and not config.add_cross_attention
    )
    if not fits:
        return None
    with torch.no_grad():
        try:
            twin = PackedBert(network)
            return twin if _equal(twin, network) else None
        except (AttributeError, IndexError, RuntimeError):  # the class has changed its parts, or torch its kernels
            return None


def _equal(twin: PackedBert, network: Any) -> bool:
    """Whether both compute the same hidden states of a few sentences of arbitrary pieces."""
    n_ids, padding = network.get_input_embeddings().weight.shape[0], network.config.pad_token_id
    longest = min(max(_TRIED_LENGTHS), network.config.max_position_embeddings - 2)
    lengths = [min(length, longest) for length in _TRIED_LENGTHS]
    usable = torch.tensor([k for k in range(min(n_ids, 64)) if k != padding])
    if longest < 1 or not len(usable):
        return False
    ids = usable[(torch.arange(sum(lengths)) * 7) % len(usable)]
    found = twin.layers(ids, None, lengths)
    first = 0
    for length in lengths:
        states = network(input_ids=ids[None, first : first + length], output_hidden_states=True).hidden_states
        if len(states) != len(found):
            return False
        for own, reference in zip(found, states, strict=True):
            off = (own[first : first + length] - reference[0]).abs().max()
            if not off <= _TOLERANCE[own.dtype] * reference.abs().max():
                return False
        first += length
    return True
