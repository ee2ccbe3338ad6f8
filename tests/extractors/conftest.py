"""What the tests of extractors share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A folder with one saved model and tokenizer per family of `tiny_models.FAMILIES`."""
    import tiny_models
    import torch

    from embedbench.extractors.transformer_loading import quiet_transformers

    root = tmp_path_factory.mktemp("tiny")
    # Default special ids lie outside these small vocabularies, about which the library would complain.
    with quiet_transformers(), torch.random.fork_rng():
        torch.manual_seed(7)
        for family in tiny_models.FAMILIES:
            tiny_models.save(family, root / family)
    return root
