"""One row per task: every extractor with its interval, beside the best baseline. Markdown, from records alone.

python experiments/all_tasks/table.py results/all_tasks
"""

from __future__ import annotations

import sys
from pathlib import Path

from published import PUBLISHED

from embedbench.registry import load_components
from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import choose, score_of
from embedbench.reporting.units import printed
from embedbench.results.reading import read_records
from embedbench.results.schema import Score


def shown(score: Score | None) -> str:
    """Value ± half the interval, in percent or correlation x 100."""
    if score is None:
        return "–"
    return f"{printed(score.metric, score.value)} ±{printed(score.metric, (score.high - score.low) / 2)}"


def main(folder: Path) -> None:
    """Prints the table."""
    load_components()
    options = TableOptions()
    chosen = choose(read_records(folder).records, options)
    extractors = sorted({record.extractor for record in chosen.records})
    print("| task | probe | metric | " + " | ".join(extractors) + " | best baseline | n | published |")
    print("| --- | --- | --- | " + "---: | " * len(extractors) + "--- | ---: | --- |")
    for task, probe in dict.fromkeys((r.task, r.probe) for r in sorted(chosen.records, key=lambda r: r.task)):
        records = {r.extractor: r for r in chosen.records if (r.task, r.probe) == (task, probe)}
        scores = {name: score_of(record, options) for name, record in records.items()}
        one = next(iter(records.values()))
        baselines = [b for record in records.values() for b in record.baselines]
        below = [b for b in baselines if (b.metric, b.split, b.labels) == (one.metric, "test", "task")]
        best = max(below, key=lambda b: b.value, default=None)
        counts = sorted({score.n for score in scores.values() if score is not None})
        cells = [shown(scores.get(name)) for name in extractors]
        baseline = f"{best.extractor} {printed(best.metric, best.value)}" if best else "–"
        told = " or ".join(f"{n:,}" for n in counts)
        row = [task, probe, one.metric, *cells, baseline, told, PUBLISHED.get((task, probe), "–")]
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
