"""Records to ask questions of."""

from __future__ import annotations

import pytest
from quick_cells import FILES, QUICK

import embedbench as eb


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """A folder with the records of two extractors on one task."""
    folder = tmp_path_factory.mktemp("api")
    upos = eb.task("upos", files=FILES)
    wide = eb.extractor("random", size=24, name="wide")
    narrow = eb.extractor("random", size=6, name="narrow")
    eb.sweep([wide, narrow], [upos], results=folder / "results", store=folder / "store", **QUICK)
    return folder / "results"
