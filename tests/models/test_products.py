"""A packed product is the product."""

from __future__ import annotations

import pytest
import torch

from embedbench.models import products
from embedbench.models.products import Product


@pytest.mark.parametrize("packs", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("rows", [0, 1, 7, 64, 300])
def test_packed_or_plain_it_is_the_product(rows: int, packs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """1e-5: both kernels add 96 products of about 1 in float32, in another order."""
    if not packs:
        monkeypatch.setattr(products, "packable", lambda *_: False)
    generator = torch.Generator().manual_seed(rows)
    weight, vectors = torch.randn(96, 40, generator=generator), torch.randn(rows, 96, generator=generator)
    other = torch.randn(rows, 40, generator=generator)
    expected = (vectors.double() @ weight.double()).float()
    product = Product(weight)
    torch.testing.assert_close(product(vectors), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(product.plus(other.clone(), vectors), expected + other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("packs", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=["bf16", "fp16"])
def test_half_precision_rounds_factors_and_results(
    dtype: torch.dtype, packs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One unit in the last place of the result: the sums themselves are float32."""
    if not packs:
        monkeypatch.setattr(products, "packable", lambda *_: False)
    generator = torch.Generator().manual_seed(0)
    weight, vectors = torch.randn(96, 40, generator=generator), torch.randn(7, 96, generator=generator)
    bias, other = torch.randn(40, generator=generator), torch.randn(7, 40, generator=generator).to(dtype)
    product = Product(weight, bias, dtype=dtype)
    expected = vectors.to(dtype).double() @ weight.to(dtype).double()
    last_place = torch.finfo(dtype).eps
    for got, exact in (
        (product(vectors), expected + bias.to(dtype)),
        (product.plus(other.clone(), vectors), expected + other),
    ):
        assert got.dtype == dtype
        torch.testing.assert_close(got.double(), exact, atol=8 * last_place, rtol=last_place)
    assert product(vectors[:0]).shape == (0, 40)


def test_rows_that_are_part_of_a_wider_matrix_are_read_right() -> None:
    wide, weight = torch.randn(10, 300), torch.randn(100, 20)
    torch.testing.assert_close(Product(weight)(wide[:, 100:200]), wide[:, 100:200] @ weight, atol=1e-5, rtol=1e-5)
