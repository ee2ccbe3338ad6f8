"""A small finished cell with everything that trackers are told, on disk."""

from __future__ import annotations

from dataclasses import replace

from synthetic_records import cell

from embedbench.results.reading import read_record
from embedbench.results.schema import MemberTraining, MixWeights, Phase
from embedbench.results.writing import RECORD, write_record


def finished_cell(folder, extractor="minilm", identity="0123456789abcdef" * 2):
    """A cell of two layers, its folder, and what is in it."""
    record = cell(
        extractor,
        "upos",
        0.91,
        identity=identity,
        control=0.7,
        layers=(0.8, 0.9),
        dev=(0.75, 0.85),
        config={"extractor": {"name": extractor, "note": "x" * 7_000}, "seeds": [0, 1], "limit": None},
        phases=(Phase("extraction", 2.5, 1_000), Phase("probing", 4.0, 3_000)),
        mix_weights=tuple(MixWeights("scalar", "task", s, (0.25 - s / 10, 0.75 + s / 10), 1.0 + s) for s in (0, 1)),
    )
    record = replace(record, training=(*record.training, MemberTraining("scalar", "task", 0, 4, 0.9)))
    written = write_record(folder, record)
    return read_record(written / RECORD), written


TOLD = {
    ("test/accuracy/scalar", None): 0.91,
    ("test/accuracy/scalar/low", None): 0.90,
    ("test/accuracy/scalar/high", None): 0.92,
    ("test/accuracy/single", 0): 0.8,
    ("test/accuracy/single", 1): 0.9,
    ("test/accuracy/single/low", 1): 0.89,
    ("control/test/accuracy/scalar", None): 0.7,
    ("selectivity/test/accuracy/scalar", None): 0.21,
    ("baseline/test/accuracy/majority", None): 0.164,
    ("dev/scalar", None): 0.9,
    ("dev/single", 1): 0.8505,
    ("mix_weight/scalar", 0): 0.2,
    ("mix_weight/scalar", 1): 0.8,
    ("mix_weight/scalar/gamma", None): 1.5,
    ("seconds/probing", None): 4.0,
    ("seconds", None): 6.5,
    ("peak_memory_bytes", None): 3000.0,
}
"""By name and layer: some of what the cell holds, worked out by hand."""
