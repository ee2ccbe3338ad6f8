"""`embedbench run`: one cell, or a sweep of cells with -m; `--estimate` tells what they will cost instead."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from omegaconf import DictConfig

from embedbench.cli import sweep
from embedbench.cli.cell_order import by_extractor
from embedbench.cli.configuration import CONFIG_MODULE, register_schemas
from embedbench.cli.console import CellProgress, LineProgress, progress_for
from embedbench.cli.launchers import Launch, launched, register_launchers
from embedbench.cli.tracking import Tracking
from embedbench.clusters.elsewhere import node_name
from embedbench.errors import ConfigurationError, EmbedbenchError
from embedbench.outcomes import Outcome
from embedbench.results.running import under_way

EXIT_DONE, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


def execute(arguments: Sequence[str]) -> int:
    """Runs what Hydra composes from the arguments; the exit code says whether every cell has its scores."""
    overrides, estimates = _own_options(arguments)
    if estimates:
        return _estimate(overrides)
    overrides = launched(overrides)
    job = Job(progress := progress_for())
    with sweep.sweep(), progress.cells():
        refused = _through_hydra(overrides, job)
        if job.launch.trouble is not None:
            raise job.launch.trouble
        ends = sweep.collect()
        kept = sweep.leave(ends)
    if not ends:  # --help and the like, or nothing that Hydra could start
        return EXIT_USAGE if refused else EXIT_DONE
    if len(ends) > 1:
        sys.stderr.write(f"{len(ends)} cells: {sweep.summary(ends)}\n")
    _name_lost(ends, kept)
    if job.folder is not None:
        _show(job.folder)
    if all(end.well for end in ends):
        return EXIT_DONE
    return EXIT_USAGE if len(ends) == 1 and ends[0].status == "refused" else EXIT_FAILED


def _name_lost(ends: Sequence[sweep.CellEnd], kept: Path | None) -> None:
    """Names the cells without scores whose own process could not: those that died, and all where others ran them."""
    for end in ends:
        if end.status == "died" and kept is None:
            sys.stderr.write(f"embedbench: {end.name}: its process ended without a word, as one that is killed does\n")
        elif not end.well and kept is not None:
            sys.stderr.write(f"embedbench: {end.name}: {end.status}: {end.message or 'it said no more'}\n")
    if any(end.status == "died" for end in ends):
        sys.stderr.write("embedbench: finished cells and shards are kept; run the same command for those that died\n")
    if kept is not None:
        sys.stderr.write(f"embedbench: what the jobs said is in {kept}\n")


def _own_options(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """The arguments as Hydra takes them, and whether an estimate is wanted; `--limit N` is the override `limit=N`.

    Raises:
        ConfigurationError: `--limit` stands last, without a number.
    """
    overrides, estimates, rest = [], False, iter(arguments)
    for argument in rest:
        if argument == "--estimate":
            estimates = True
        elif argument == "--limit" or argument.startswith("--limit="):
            number = next(rest, "") if argument == "--limit" else argument.partition("=")[2]
            if not number:
                raise ConfigurationError("--limit needs a number of sentences, such as --limit 100")
            overrides.append(f"limit={number}")
        else:
            overrides.append(argument)
    return overrides, estimates


def _through_hydra(overrides: Sequence[str], job: Callable[[DictConfig], None]) -> bool:
    """Whether Hydra refused the arguments; otherwise the job has seen every cell."""
    import hydra

    register_schemas()
    register_launchers()
    # Hydra reads the command line itself; the program name is what its help shows.
    # It takes no override behind `-m` where some stand before it, so that goes first.
    sweeping = [argument for argument in overrides if argument in ("-m", "--multirun")]
    others = [argument for argument in overrides if argument not in sweeping]
    sys.argv = ["embedbench run", *sweeping, *by_extractor(others)]
    decorated = hydra.main(version_base="1.3", config_path=f"pkg://{CONFIG_MODULE}", config_name="run")(job)
    try:
        decorated()
    except SystemExit as end:  # Hydra has said on stderr what it refused
        return bool(end.code)
    return False


def _estimate(overrides: Sequence[str]) -> int:
    from embedbench.cli.estimate import Estimates, launched_here, print_estimate

    estimates = Estimates()

    def job(config: DictConfig) -> None:
        estimates.add(config, task_overrides())

    with sweep.sweep():
        refused = _through_hydra(launched_here(overrides), job)
    if estimates.costs or estimates.refused:
        print_estimate(estimates.costs, estimates.refused)
    if estimates.refused:
        return EXIT_FAILED
    return EXIT_USAGE if refused else EXIT_DONE


class Job:
    """One cell of a sweep, in this process or in a worker; what became of it is told through the journal.

    A worker gets a job of its own, with plain lines: several processes cannot share the display of one terminal.

    Attributes:
        folder: of the record of a single cell that has its scores; None otherwise.
        launch: hears of the cells that others run.
    """

    def __init__(self, progress: CellProgress | None = None) -> None:
        self._progress, self._counted = progress or LineProgress(), progress is None
        self._tracking, self._no_tracker = Tracking(), ""
        self.folder: Path | None = None
        self.launch = Launch(self._progress)

    def __reduce__(self) -> tuple[type[Job], tuple[()]]:
        return Job, ()

    def __call__(self, config: DictConfig) -> None:
        """Runs the cell."""
        from embedbench.cli.cell_config import cell_names, run_configured

        progress = self._progress
        if not self._counted:
            progress.expect(sweep.n_cells() if _is_sweep() else 1)
            self._counted = True
        extractor, task = cell_names(config)
        name = f"{extractor} x {task}"
        sweep.tell_start(extractor, task, number := _number())
        if not self._tracked(config):
            sweep.tell(sweep.CellEnd(extractor, task, "refused", self._no_tracker, number, node_name()))
            return
        with progress.cell(name) as ended:
            progress.note(f"{_position()}{name}")
            with under_way(Path(str(config.results)).expanduser(), extractor, task):
                outcome = run_configured(config, progress, task_overrides())
            message = _tell(name, outcome, progress)
            self._tracking.tell(outcome, progress)
            ended(outcome.word)
        sweep.tell(sweep.CellEnd(extractor, task, outcome.word, message, number, node_name()))
        if not _is_sweep() and outcome.record.error is None:
            self.folder = Path(outcome.folder)

    def _tracked(self, config: DictConfig) -> bool:
        """Whether the wanted trackers can be told; where one cannot, it is said once and no cell is run."""
        if not self._no_tracker:
            try:
                self._tracking.prepare(config)
            except EmbedbenchError as error:
                self._no_tracker = str(error)
                self._progress.complain(f"embedbench: {error}")
        return not self._no_tracker


def _tell(name: str, outcome: Outcome, progress: CellProgress) -> str:
    """Says how the cell ended, and returns why it failed."""
    record = outcome.record
    if record.error is not None:
        progress.complain(f"embedbench: {name}: {record.error.message}")
        if record.error.traceback:
            progress.complain(f"  the traceback is in {outcome.folder / 'record.json'}")
        return record.error.message
    seconds = ", ".join(f"{p.name} {p.seconds:.1f} s" for p in record.phases)
    progress.note(f"  {outcome.word}: {outcome.folder}" + ("" if outcome.skipped else f" ({seconds})"))
    return ""


def _show(folder: Path) -> None:
    from embedbench.cli.table_command import show_table

    show_table([folder])


def _is_sweep() -> bool:
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    return bool(HydraConfig.get().mode == RunMode.MULTIRUN)


def task_overrides() -> tuple[str, ...]:
    """The overrides of the running job."""
    from hydra.core.hydra_config import HydraConfig

    return tuple(HydraConfig.get().overrides.task)


def _position() -> str:
    return f"[{_number() + 1}] " if _is_sweep() else ""


def _number() -> int:
    """Of the running job in its sweep, from 0."""
    from hydra.core.hydra_config import HydraConfig

    return int(HydraConfig.get().job.num) if _is_sweep() else 0
