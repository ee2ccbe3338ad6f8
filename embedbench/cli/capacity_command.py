"""`embedbench capacity`: how accuracy and selectivity change with the size of the probe (Hewitt & Liang 2019)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from embedbench.cli.cell_config import cell_of, run_configured
from embedbench.cli.configuration import compose, split_config_dir
from embedbench.cli.console import progress_for
from embedbench.cli.printing import show
from embedbench.cli.tracking import Tracking
from embedbench.errors import ConfigurationError
from embedbench.figures.capacity_curve import capacity_figure
from embedbench.figures.drawing import checked_path, save
from embedbench.probing.probe_sizes import probes_by_size
from embedbench.reporting.capacity import capacity_rows, capacity_sheet, sized_probes
from embedbench.reporting.options import Format
from embedbench.results.schema import Record

_DESCRIPTION = """\
Trains probes of growing size on one extractor and task, each beside its control task, and prints accuracy and
selectivity (task less control) by the number of parameters. A probe with good accuracy and bad selectivity learns
words by heart; the probes that no other beats in both are marked. Finished cells are read, not run again.

  embedbench capacity extractor=minilm task=upos results=results/capacity
  embedbench capacity extractor=minilm task=upos --mix single:2 --ranks 2,8,32 --hidden 16,128,1024
  embedbench capacity extractor=minilm task=deprel --format csv"""

_MIX = "scalar"


def execute(arguments: Sequence[str]) -> int:
    """Prints one row per probe; 1 when a cell failed, 2 when it could not be built."""
    parsed, overrides = _parse(arguments)
    if parsed.figure is not None:
        checked_path(parsed.figure)
    own, folder = split_config_dir(overrides)
    asked = [override.partition("=")[0].lstrip("+") for override in own]
    for name in ("probe", "mixes", "control"):
        if any(key == name or key.startswith(f"{name}.name") for key in asked):
            raise ConfigurationError(
                f"a capacity sweep chooses {name} itself; leave it out, and see --ranks, --hidden and --mix"
            )
    # A label such as single:2 is what a mix is called once layers are known; what is asked for is its kind.
    mixes = f"mixes=[{parsed.mix.partition(':')[0]}]"
    progress, tracking, records = progress_for(), Tracking(), list[Record]()
    fixed = [mixes, "control=true", *own]
    task = cell_of(compose(fixed, config_folder=folder)).task
    for probe, options in probes_by_size(task.meta, parsed.ranks, parsed.hidden):
        chosen = [f"probe={probe}", *(f"probe.{name}={value}" for name, value in options.items())]
        config = compose([*chosen, *fixed], config_folder=folder)
        progress.note(f"{config.extractor.name} x {config.task.name} x {config.probe.name}")
        tracking.prepare(config)
        outcome = run_configured(config, progress, own)
        tracking.tell(outcome, progress)
        if outcome.record.error is not None:
            sys.stderr.write(f"embedbench: {outcome.record.probe}: {outcome.record.error.message}\n")
            return 2 if outcome.wrong_usage else 1
        records.append(outcome.record)
    sized = sized_probes(records, parsed.mix)
    if not sized:
        scored = sorted({score.mix for score in records[0].scores if score.labels == "control"})
        raise ConfigurationError(
            f"mix {parsed.mix} was not scored with a control task on {records[0].task}; "
            f"{'there are: ' + ', '.join(scored) if scored else 'this task has no control task'}"
        )
    show(parsed.format, lambda: capacity_sheet(sized), lambda: capacity_rows(sized))
    if parsed.figure is not None:
        save(capacity_figure(sized), parsed.figure)
        sys.stderr.write(f"{parsed.figure}\n")
    return 0


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in text.split(",") if size)
    if any(size < 1 for size in sizes):
        raise argparse.ArgumentTypeError(f"{text!r} holds a size below 1")
    return tuple(sorted(set(sizes)))


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="embedbench capacity",
        usage="embedbench capacity [overrides] [--ranks N,N,…] [--hidden N,N,…] [--mix MIX] [--format FORMAT] "
        "[--figure FILE]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
    )
    parser.add_argument("overrides", nargs="*", help="as of `embedbench run`: extractor=…, task=…, results=…, limit=…")
    parser.add_argument("--ranks", type=_sizes, default=(2, 5, 10, 25, 50), help="of low_rank/biaffine (2,5,10,25,50)")
    parser.add_argument("--hidden", type=_sizes, default=(10, 50, 250, 1000), help="units of MLPs (10,50,250,1000)")
    parser.add_argument("--mix", default=_MIX, help="scalar (default), mean, or a layer such as single:2")
    parser.add_argument("--config-dir", help="as of `embedbench run`")
    parser.add_argument("--figure", type=Path, help="also draw the curves: a .png, .svg or .pdf file")
    parser.add_argument("--format", type=Format, choices=list(Format), default=Format.RICH, metavar="FORMAT",
                        help=", ".join(Format))  # fmt: skip
    parsed = parser.parse_intermixed_args(list(arguments))
    return parsed, [*parsed.overrides, *(["--config-dir", parsed.config_dir] if parsed.config_dir else [])]
