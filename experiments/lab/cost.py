"""What a lab-scale sweep costs, extrapolated from the records of a small one: `python experiments/lab/cost.py RESULTS`.

Assumed, and nothing else:

- probing takes time in proportion to layers x dimensions (measured: 9.2 times from word2vec to MiniLM on upos, where
  layers x dimensions are 9.0 times as many), reading and scoring do not depend on the model;
- extraction takes time in proportion to the weights outside of the word table: layers x 12 x width squared;
- tasks are like those measured, on average, and so many times more tasks have so many times more text;
- a slot is a machine like that of the records; a GPU would only make extraction shorter, by how much is not assumed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embedbench.results.reading import read_records
from embedbench.results.schema import Record, Status

MEASURED, DIM, BLOCKS = "minilm", 384, 6
STATIC = "word2vec_googlenews"


@dataclass(frozen=True)
class Family:
    """Models of one size: how many of them, layers (the input layer counts) and dimensions."""

    name: str
    models: int
    layers: int
    dim: int

    @property
    def probing(self) -> float:
        """Times the measured model's probing."""
        return self.layers * self.dim / ((BLOCKS + 1) * DIM)

    @property
    def extraction(self) -> float:
        """Times the measured model's extraction; looking vectors up takes no time to speak of."""
        return (self.layers - 1) * self.dim**2 / (BLOCKS * DIM**2)


FAMILIES = (
    Family("static, 300 dimensions", 2, 1, 300),
    Family("small, 6 blocks of 384", 2, 7, 384),
    Family("base, 12 blocks of 768", 6, 13, 768),
    Family("large, 24 blocks of 1,024", 2, 25, 1024),
)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--slots", type=int, default=64)
    asked = parser.parse_args()
    records = [record for record in read_records(asked.results).records if record.status is Status.DONE]
    cells = [record for record in records if record.extractor == MEASURED]
    probing = [seconds(cell, "probing") for cell in cells]
    rest = mean([seconds(cell, "data", "scoring") for cell in cells])
    extraction = [seconds(cell, "extraction") for cell in cells]
    corpora = {cell.fingerprints["corpus.test"]: cell for cell in cells}
    words = sum(count(cell) for cell in corpora.values()) * asked.tasks / len(cells)
    static = mean([seconds(cell, "probing") for cell in records if cell.extractor == STATIC])
    print(
        f"measured: {len(cells)} cells of {MEASURED}, mean probing {mean(probing):.0f} s, rest {rest:.0f} s, "
        f"extraction {mean(extraction):.0f} s per task; {STATIC}: probing {static:.0f} s\n"
    )
    print("| models | layers x dims | a cell, mean | longest cell | extraction, per model | slot hours | store |")
    print("|---|---|---|---|---|---|---|")
    hours, size, chain = 0.0, 0.0, 0.0
    for family in FAMILIES:
        cell = mean(probing) * family.probing + rest
        longest = max(probing) * family.probing + rest
        extracted = mean(extraction) * asked.tasks * family.extraction
        all_hours = family.models * (asked.tasks * cell + extracted) / 3600
        stored = family.models * words * family.layers * family.dim * 2
        hours, size = hours + all_hours, size + stored
        chain = max(chain, longest + max(extraction) * family.extraction)
        print(f"| {family.models} {family.name} | {family.layers} x {family.dim} | {told(cell)} | {told(longest)} | "
              f"{told(extracted)} | {all_hours:,.0f} | {stored / 1e9:,.0f} GB |")  # fmt: skip
    n = asked.tasks * sum(family.models for family in FAMILIES)
    print(f"| **{n} cells** | | | | | **{hours:,.0f}** | **{size / 1e9:,.0f} GB** |\n")
    print(
        f"{asked.slots} slots: {hours / asked.slots:.1f} h if all were busy to the end; at least {chain / 3600:.1f} h, "
        "the longest extraction and the longest cell after it"
    )


def seconds(record: Record, *phases: str) -> float:
    """Of these phases together."""
    return sum(phase.seconds for phase in record.phases if phase.name in phases)


def count(record: Record) -> int:
    """Words of all splits."""
    return sum(split["words"] for split in record.alignment.values())


def mean(values: Sequence[float]) -> float:
    """Of at least one."""
    return sum(values) / len(values)


def told(duration: float) -> str:
    """Seconds for people."""
    if duration < 120:
        return f"{duration:.0f} s"
    return f"{duration / 60:.0f} min" if duration < 7200 else f"{duration / 3600:.1f} h"


if __name__ == "__main__":
    main()
