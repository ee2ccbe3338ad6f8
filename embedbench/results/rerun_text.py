"""The file of a bundle that says what is in it and how to rerun it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from embedbench import __version__
from embedbench.results.schema import Record, Status

_TEXT = """\
# How to rerun this bundle

{cells} cells ({done} finished) of {n_extractors} extractors on {n_tasks} tasks, measured with embedbench {versions} on
{machines}.

    python -m venv .venv && . .venv/bin/activate
    unzip bundle.zip environment.txt
    pip install -e 'CLONE[all]' -c environment.txt   # CLONE: a clone of embedbench {version};
                                       # once it is published, 'embedbench[all]=={version}' without -e
    export EMBEDBENCH_DATA=folder      # `embedbench data list` tells which data sets there are and where they come from
    embedbench table bundle.zip        # the table, from the records; needs no torch and no data
    embedbench reproduce bundle.zip    # every cell again, compared number by number
    embedbench reproduce bundle.zip --only task={task} extractor={extractor}

| file | what it holds |
|---|---|
| `table.md`, `scores.csv` | the comparison table; every score with its interval |
| `records/*/*/*/record.json` | a cell: scores, mix weights, training, alignment, configuration, environment |
| `records/*/*/*/config.json` | its resolved configuration alone |
| `records/*/*/*/predictions.parquet` | what every member said about every test target |
| `environment.txt` | the packages of the environment that exported, for pip; comments name special builds |
| `fingerprints.json` | of every task (data and options), corpus and extractor (weights and options) |
| `manifest.json` | SHA-256 of every file |

Extractors: {extractors}.

Tasks: {tasks}.

Weights and data are not in the bundle; what a rerun loads is compared with the fingerprints. On another processor, with
another number of threads or other versions, numbers may differ in the last digits: `--tolerance 1e-3` then tells only
what differs by more.
"""


def rerun_text(records: Sequence[Record]) -> str:
    """What is in the bundle and how to rerun it, as Markdown."""
    done = [record for record in records if record.status is Status.DONE]
    tasks, extractors = (sorted({str(getattr(r, noun)) for r in records}) for noun in ("task", "extractor"))
    machines = {f"{r.environment.get('processor', '?')}, Python {r.environment.get('python', '?')}" for r in done}
    return _TEXT.format(
        cells=f"{len(records):,}",
        done=f"{len(done):,}",
        n_extractors=len(extractors),
        n_tasks=len(tasks),
        versions=" and ".join(sorted({_version(record) for record in done})) or "of an unknown version",
        machines="; ".join(sorted(machines)) or "an unknown machine",
        version=__version__,
        task=tasks[0] if tasks else "upos",
        extractor=extractors[0] if extractors else "minilm",
        extractors=", ".join(extractors),
        tasks=", ".join(tasks),
    )


def _version(record: Record) -> str:
    packages = record.environment.get("packages")
    return str(packages.get("embedbench", "?")) if isinstance(packages, Mapping) else "?"
