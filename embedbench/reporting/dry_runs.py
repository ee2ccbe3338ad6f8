"""Dry runs in tables: cells of the first N sentences never stand beside whole ones, and say what they are."""

from __future__ import annotations

from collections.abc import Sequence

from embedbench.results.schema import Record, Status


def without_mixed_limits(records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """The records without the dry runs that stand beside cells of more sentences, and a note of those left out."""
    limits: dict[str, set[int | None]] = {}
    for record in records:
        if record.status == Status.DONE:
            limits.setdefault(record.task, set()).add(record.limit)
    shown = {task: None if None in own else max(filter(None, own)) for task, own in limits.items()}

    def fits(record: Record) -> bool:
        # What failed has no values to mix, and a failure of a whole cell is worth knowing.
        failed = record.status == Status.FAILED and record.limit is None
        return failed or record.limit == shown.get(record.task, record.limit)

    left_out = [record for record in records if not fits(record)]
    named = ", ".join(sorted({f"{record.extractor} x {record.task}" for record in left_out}))
    note = f"{len(left_out)} cells of dry runs (limit=N) are left out beside cells of more sentences: {named}"
    return [record for record in records if fits(record)], [note] if left_out else []


def dry_run_notes(records: Sequence[Record]) -> list[str]:
    """What is said of the dry runs that are shown."""
    dry: dict[int, list[str]] = {}
    for record in records:
        if record.status == Status.DONE and record.limit is not None:
            dry.setdefault(record.limit, []).append(f"{record.extractor} x {record.task}")
    return [
        f"DRY RUN on the first {limit:,} sentences of every split, not comparable with other cells: {', '.join(cells)}"
        for limit, cells in sorted(dry.items())
    ]
