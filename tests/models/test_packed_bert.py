"""The packed twin computes what the network of transformers computes, or there is none."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from embedbench.models import packed_bert
from embedbench.models.packed_bert import packed
from embedbench.models.products import packable

pytestmark = pytest.mark.skipif(
    not packable(torch.device("cpu"), torch.float32), reason="this torch cannot pack matrices"
)

LENGTHS = (45, 41, 41, 40, 7, 7, 7, 1, 1, 3)
"""On both sides of the length at which attention is computed otherwise; equal ones and single ones."""


DTYPES = [dtype for dtype in (torch.float32, torch.bfloat16) if packable(torch.device("cpu"), dtype)]


def network_of(architecture, dtype=torch.float32, **options):
    import transformers

    sizes = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 40}
    config = getattr(transformers, f"{architecture}Config")(
        vocab_size=90, max_position_embeddings=64, initializer_range=0.3, pad_token_id=1, **sizes, **options
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return getattr(transformers, f"{architecture}Model")(config).eval().to(dtype)


def pieces(lengths=LENGTHS):
    found = torch.randint(0, 90, (sum(lengths),), generator=torch.Generator().manual_seed(1))
    found[::10] = 1  # RoBERTa's positions jump over the padding piece wherever it stands
    return found


def one_by_one(network, ids, lengths, segments=None):
    """What the network itself computes, a sentence at a time."""
    found = []
    parts = [None] * len(lengths) if segments is None else segments.split(lengths)
    for sentence, kind in zip(ids.split(list(lengths)), parts, strict=True):
        more = {} if kind is None else {"token_type_ids": kind[None]}
        found.append(network(input_ids=sentence[None], output_hidden_states=True, **more).hidden_states)
    return [torch.cat([states[k][0] for states in found]) for k in range(len(found[0]))]


@pytest.mark.parametrize("architecture", ["Bert", "Roberta", "XLMRoberta", "Camembert"])
@pytest.mark.parametrize("dtype", DTYPES)
@torch.no_grad()
def test_equals_the_network(architecture, dtype):
    network, ids = network_of(architecture, dtype), pieces()
    found = packed(network).layers(ids, None, list(LENGTHS))
    exact = one_by_one(network, ids, LENGTHS)
    assert len(found) == len(exact) == 4
    # Sums in another order: 1e-5 of the largest value in float32; bf16 rounds every intermediate value to 8 digits.
    bound = 1e-5 if dtype is torch.float32 else 0.05
    for own, reference in zip(found, exact, strict=True):
        assert own.dtype is dtype
        assert (own - reference).abs().max() <= bound * reference.abs().max()


@torch.no_grad()
def test_segments_are_read():
    network, ids = network_of("Bert"), pieces()
    segments = torch.arange(len(ids)) % 2
    found = packed(network).layers(ids, segments, list(LENGTHS))
    torch.testing.assert_close(found[-1], one_by_one(network, ids, list(LENGTHS), segments)[-1], rtol=0, atol=1e-4)
    assert (found[-1] - packed(network).layers(ids, None, list(LENGTHS))[-1]).abs().max() > 1e-2


@torch.no_grad()
def test_neighbours_change_nothing_beyond_rounding():
    twin, ids = packed(network_of("Bert")), pieces()
    whole = twin.layers(ids, None, list(LENGTHS))[-1].split(LENGTHS)
    for sentence, within in zip(ids.split(LENGTHS), whole, strict=True):
        alone = twin.layers(sentence, None, [len(sentence)])[-1]
        torch.testing.assert_close(alone, within, rtol=0, atol=2e-5)


@pytest.mark.parametrize("scale", [1.0, 30.0, 3000.0])
def test_attention_of_few_pieces_equals_that_of_torch_also_where_exponentials_vanish(scale):
    three = torch.randn(3, 4, 2, 9, 8, generator=torch.Generator().manual_seed(2))
    three[:2] *= scale**0.5
    found = packed_bert._of_short(three)
    assert torch.isfinite(found).all()
    torch.testing.assert_close(found, scaled_dot_product_attention(*three), rtol=1e-4, atol=1e-5)


def test_another_architecture_activation_or_device_has_no_twin():
    assert packed(network_of("Bert", hidden_act="relu")) is None
    assert packed(network_of("Electra")) is None
    assert packed(network_of("Bert", torch.float16)) is None
    assert packed(network_of("Bert", torch.float32, is_decoder=True)) is None


def test_a_network_that_computes_something_else_has_no_twin(monkeypatch):
    network = network_of("Bert")
    assert packed(network) is not None
    # The same class and parts, another formula.
    network.encoder.layer[1].output.register_forward_hook(lambda module, inputs, output: output + 0.1)
    assert packed(network) is None
