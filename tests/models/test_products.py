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


def test_rows_that_are_part_of_a_wider_matrix_are_read_right() -> None:
    wide, weight = torch.randn(10, 300), torch.randn(100, 20)
    torch.testing.assert_close(Product(weight)(wide[:, 100:200]), wide[:, 100:200] @ weight, atol=1e-5, rtol=1e-5)
