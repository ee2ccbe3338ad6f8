"""embedbench: compare static, ELMo-style and BERT-style embeddings by probing, with learned layer mixes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from embedbench.errors import EmbedbenchError
from embedbench.types import Alignment, Corpus, Extractor, LayeredWords, Sentence, Split, Task, TaskSplit

if TYPE_CHECKING:
    from embedbench.api.cells import estimate, extract, run, sweep
    from embedbench.api.components import available, check, extractor, probe, task, treebank, use
    from embedbench.api.reading import compare, layers, query, rank, records, table, write_bundle, write_report
    from embedbench.api.studies import capacity, conditional, geometry

__version__ = "0.1.0"

_LATER = {
    **dict.fromkeys(("run", "sweep", "extract", "estimate"), "cells"),
    **dict.fromkeys(("extractor", "task", "probe", "treebank", "available", "use", "check"), "components"),
    **dict.fromkeys(
        ("records", "table", "compare", "rank", "query", "layers", "write_report", "write_bundle"), "reading"
    ),
    **dict.fromkeys(("capacity", "conditional", "geometry"), "studies"),
}
"""What is imported when it is first asked for, so that `import embedbench` stays light, and from where in
`embedbench.api`."""

__all__ = [
    "Alignment",
    "Corpus",
    "EmbedbenchError",
    "Extractor",
    "LayeredWords",
    "Sentence",
    "Split",
    "Task",
    "TaskSplit",
    "__version__",
    "available",
    "capacity",
    "check",
    "compare",
    "conditional",
    "estimate",
    "extract",
    "extractor",
    "geometry",
    "layers",
    "probe",
    "query",
    "rank",
    "records",
    "run",
    "sweep",
    "table",
    "task",
    "treebank",
    "use",
    "write_bundle",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """A function of `embedbench.api`, imported now."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"embedbench.api.{_LATER[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_LATER])
