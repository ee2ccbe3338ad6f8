"""The fast conversion equals numpy's, for every number there is."""

from __future__ import annotations

import numpy as np

from embedbench.store.widening import widen


def test_every_finite_float16_is_widened_exactly():
    halves = np.arange(65_536).astype(np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    assert len(halves) == 65_536 - 2 * 1024
    out = np.empty(len(halves), np.float32)
    out.view(np.int32)[:] = halves.view(np.int16)
    widen(out)
    # Bits, not values: minus zero counts too.
    np.testing.assert_array_equal(out.view(np.int32), halves.astype(np.float32).view(np.int32))
