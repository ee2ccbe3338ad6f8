"""Small studies of one extractor from Python: probes of many sizes, what it adds to another one, its geometry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from embedbench.api.answer import Answer, sheet_frame
from embedbench.api.cells import checked, configured, extract, outcome_of, run
from embedbench.api.components import extractor as named
from embedbench.api.settings import Settings
from embedbench.errors import ConfigurationError
from embedbench.types import Corpus, Extractor, Split, Task, WordVectors


def capacity(
    extractor: str | Extractor,
    task: str | Task,
    *,
    ranks: Sequence[int] = (2, 5, 10, 25, 50),
    hidden: Sequence[int] = (10, 50, 250, 1000),
    mix: str = "scalar",
    **settings: Unpack[Settings],
) -> Answer:
    """Accuracy and selectivity against the size of the probe (Hewitt & Liang 2019), as `embedbench capacity`.

    Args:
        extractor: a name or an object.
        task: a name or an object.
        ranks: of low-rank probes, or of biaffine ones for a head selection.
        hidden: units of the perceptrons.
        mix: by which probes are compared.
        settings: of every cell; probe, mixes and control are chosen here.

    Raises:
        ConfigurationError: the task trains no probe, or has no control.
        EmbedbenchError: a cell failed.
    """
    from embedbench.api.components import probe
    from embedbench.api.components import task as task_of
    from embedbench.probing.probe_sizes import probes_by_size
    from embedbench.reporting.capacity import capacity_rows, capacity_sheet, sized_probes

    if any(name in settings for name in ("probe", "mixes", "control")):
        raise ConfigurationError("capacity chooses probe, mixes and control itself; see ranks, hidden and mix")
    asked = task_of(task) if isinstance(task, str) else task
    sizes = [probe(name, **options) for name, options in probes_by_size(asked.meta, ranks, hidden)]
    mixes = [mix.partition(":")[0]]
    records = []
    for one in sizes:
        cell: Settings = {**settings, "probe": one, "mixes": mixes, "control": True}
        records.append(run(extractor, task, **cell))
    sized = sized_probes(records, mix)
    if not sized:
        raise ConfigurationError(f"mix {mix} was not scored with a control task on {records[0].task}")
    return Answer((capacity_sheet(sized),), lambda: capacity_rows(sized))


def conditional(
    baseline: str | Extractor,
    extra: str | Extractor,
    task: str | Task,
    *,
    mix: str | None = None,
    **settings: Unpack[Settings],
) -> Answer:
    """What an extractor adds to another one (Hewitt et al. 2021), as `embedbench conditional`.

    The baseline with the extra vectors beside it is compared with the baseline and zeros beside it.

    Raises:
        EmbedbenchError: a cell failed.
    """
    from embedbench.extractors.stack import Stack
    from embedbench.extractors.zeros import Zeros
    from embedbench.reporting.comparing import CompareOptions, compare_extractors, comparison_rows, comparison_sheet
    from embedbench.results.reading import Results
    from embedbench.scoring.intervals import Bootstrap

    first, second = (named(one) if isinstance(one, str) else one for one in (baseline, extra))
    zeros = Zeros(name=f"zeros_like_{second.name}", like=second)
    stacks = [
        Stack(name=f"{first.name}+{part.name}", parts={"baseline": first, "extra": part}) for part in (second, zeros)
    ]
    outcomes = [outcome_of(stack, task, settings) for stack in stacks]
    cells = tuple(checked(outcome) for outcome in outcomes)
    found = Results(cells, folders=tuple(outcome.folder for outcome in outcomes))
    resamples = int(configured(stacks[0], task, settings).config.resamples)
    options = CompareOptions(stacks[0].name, stacks[1].name, mix, bootstrap=Bootstrap(resamples=resamples))
    compared = compare_extractors(found, options)
    return Answer((comparison_sheet(compared),), lambda: comparison_rows(compared))


def geometry(
    extractor: str | Extractor,
    task: str | Task,
    *,
    against: str | Extractor | None = None,
    **settings: Unpack[Settings],
) -> Answer:
    """Anisotropy and self-similarity of every layer, and the likeness (CKA) of layers, as `embedbench geometry`.

    All vectors of the train split are in memory at once: give a `limit`.

    Args:
        extractor: a name or an object.
        task: whose sentences are read.
        against: whose layers the CKA compares with; the extractor's own.
        settings: of these, `limit` and where vectors are kept.
    """
    from embedbench.cli.geometry_command import cka_sheet, likeness, measures_sheet

    one = named(extractor) if isinstance(extractor, str) else extractor
    vectors, corpus = _vectors(one, task, settings)
    sheets = [measures_sheet(one.name, one.layer_names, vectors, corpus)]
    other, other_vectors = one, vectors
    if against is not None:
        other = named(against) if isinstance(against, str) else against
        other_vectors, _ = _vectors(other, task, settings)
    if vectors.n_layers > 1 or against is not None:
        table = likeness(vectors, other_vectors)
        sheets.append(cka_sheet((one.name, one.layer_names), (other.name, other.layer_names), table))
    return Answer(tuple(sheets), lambda: sheet_frame(sheets[0]))


def _vectors(extractor: Extractor, task: str | Task, settings: Settings) -> tuple[WordVectors, Corpus]:
    from embedbench.cells import load_splits
    from embedbench.cli.cell_config import cell_of

    stores = extract(extractor, task, **settings)
    which = Split.TRAIN if Split.TRAIN in stores else Split.TEST
    made = configured(extractor, task, settings)
    return stores[which], load_splits(cell_of(made.config, made.given))[which].corpus
