"""Twelve findings of the field, judged on the records that run.sh makes: pass, fail or inconclusive, with effect sizes.

    python experiments/known_findings/findings.py results/known_findings

Exit code 1 when a hard invariant fails; a direction that fails is printed and left to the reader.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from context import contextual_above_static, random_contextualisation
from controls import codelength, selectivity
from depth import anisotropy, first_lstm_for_syntax, mix_beside_single_layers, parts_of_speech_before_arcs, trees
from evidence import Evidence
from pieces import pieces_and_depth
from rich.console import Console
from rich.table import Table
from sentences import bigram_shift, word_content
from verdict import Line

from embedbench.errors import DataError

FINDINGS: tuple[Callable[[Evidence], Iterable[Line]], ...] = (
    contextual_above_static,
    parts_of_speech_before_arcs,
    mix_beside_single_layers,
    first_lstm_for_syntax,
    random_contextualisation,
    selectivity,
    codelength,
    bigram_shift,
    word_content,
    anisotropy,
    trees,
    pieces_and_depth,
)


def main() -> int:
    """Prints the table, as Markdown with --md; 1 when a hard invariant fails."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--md"]
    evidence = Evidence(Path(arguments[0] if arguments else "results/known_findings"))
    lines: list[Line] = []
    for number, finding in enumerate(FINDINGS, 1):
        try:
            lines += finding(evidence)
        except DataError as error:
            lines.append(Line(number, "–", (finding.__doc__ or "").split("\n")[0], str(error), "not run"))
    rows = [(str(line.finding), line.kind, line.claim, line.found, line.verdict) for line in lines]
    if "--md" in sys.argv:
        print("| | kind | claim | found | verdict |\n| ---: | --- | --- | --- | --- |")
        print("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")
    else:
        table = Table("", "kind", "claim", "found", "verdict")
        for row in rows:
            table.add_row(*row)
        Console(width=150, highlight=False).print(table)
    verdicts = [{line.verdict for line in lines if line.finding == number} for number in range(1, len(FINDINGS) + 1)]
    passed = sum(found <= {"pass", "reported"} for found in verdicts)
    print(f"{passed} of {len(FINDINGS)} findings pass in every line")
    return int(any(line.kind == "H" and line.verdict == "fail" for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
