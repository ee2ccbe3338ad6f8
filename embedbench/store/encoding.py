"""One shard's worth of an extractor's answer, checked before it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from embedbench.errors import ContractError, NumericalError
from embedbench.store.layout import ALIGNMENT_KINDS, Layout, StoreDtype
from embedbench.types import Extractor, LayeredWords, Sentence


def encode_shard(extractor: Extractor, sentences: Sequence[Sentence], layout: Layout, shard: int) -> LayeredWords:
    """The extractor's vectors of one shard's sentences, all layers.

    Raises:
        ContractError: the extractor's answer has another shape, or an alignment outside the shard.
    """
    first, last = (int(bound) for bound in layout.sentence_bounds[shard : shard + 2])
    n_words, n_layers = layout.shard_words(shard), len(extractor.layer_names)
    expected = (n_words, n_layers, layout.dim)
    if n_words == 0:
        return LayeredWords(np.zeros(expected, np.float32))
    answer = extractor.extract(sentences)
    got = np.shape(answer.values)
    if got != expected or answer.values.dtype.kind != "f":
        raise ContractError(
            f"extractor {layout.extractor!r} gave {answer.values.dtype} vectors of shape {got} for sentences "
            f"{first + 1} to {last} of the corpus; expected floating-point numbers of shape {expected} = words "
            "x layers x dims"
        )
    for kind in ALIGNMENT_KINDS:
        positions = getattr(answer.alignment, kind)
        if len(positions) and not (positions[0] >= 0 and positions[-1] < n_words and (np.diff(positions) > 0).all()):
            raise ContractError(
                f"extractor {layout.extractor!r} lists {kind} positions {positions[:5].tolist()}... for sentences "
                f"{first + 1} to {last}; they must be ascending, each once, and within the {n_words} words handed in"
            )
    return answer


def stored_layers(
    values: Float[np.ndarray, "words layers dim"], sentences: Sequence[Sentence], layout: Layout, shard: int
) -> Iterator[np.ndarray]:
    """Each kept layer as a C-contiguous [words, dim] array in the store's dtype, one after the other.

    Raises:
        NumericalError: a number is NaN or infinite, or is finite but too large for float16.
    """
    for name, layer in zip(layout.layer_names, layout.layers, strict=True):
        with np.errstate(over="ignore"):
            stored = np.ascontiguousarray(values[:, layer], dtype=layout.dtype.numpy)
        if not _all_finite(stored):
            word, column = (int(index[0]) for index in np.nonzero(~np.isfinite(stored)))
            raise NumericalError(_accusation(values[word, layer, column], sentences, layout, shard, word, name))
        yield stored


def _all_finite(stored: np.ndarray) -> bool:
    if stored.dtype.itemsize == 2:
        # All exponent bits set means NaN or infinity; three times as fast as isfinite for float16.
        exponent = np.uint16(0x7C00)
        return not bool(((stored.view("<u2") & exponent) == exponent).any())
    return bool(np.isfinite(stored).all())


def _accusation(
    value: np.floating, sentences: Sequence[Sentence], layout: Layout, shard: int, word: int, layer: str
) -> str:
    ends = np.cumsum([len(sentence) for sentence in sentences])
    sentence = int(np.searchsorted(ends, word, side="right"))
    within = word - int(ends[sentence]) + len(sentences[sentence])
    where = (
        f"extractor {layout.extractor!r} gave {float(value):g} in layer {layer!r} for word {within + 1} "
        f"({sentences[sentence][within]!r}) of sentence {int(layout.sentence_bounds[shard]) + sentence + 1}"
    )
    if np.isfinite(value) and layout.dtype is StoreDtype.float16:
        return f"{where}, which float16 cannot hold (largest is 65,504); store float32"
    return f"{where}; only finite numbers can be stored, so check the weights or vectors behind this extractor"
