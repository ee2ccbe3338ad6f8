"""Work that is disturbed: building a store, extraction, a cell, a sweep; each run in a process of its own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_GRAMMAR = "task.files={train: 'grammar:train:60:1', dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}"
_SMALL = (
    _GRAMMAR, "training.min_updates=20", "training.max_epochs=2", "resamples=99", "seeds=[0]", "results=results",
    "mixes=[single]",
)  # fmt: skip

INPUTS = "vectors.txt"


@dataclass(frozen=True)
class Scenario:
    """Some work.

    Attributes:
        name: in the table.
        work: does it in the current folder, with a folder of inputs; gives the exit code.
    """

    name: str
    work: Callable[[Path], int]


def write_inputs(folder: Path) -> None:
    """A file of word vectors for the words of the grammar, beside the folders of all trials."""
    from embedbench.tasks.grammar import generate
    from embedbench.types import Split

    words = sorted({token.form for sentence in generate(Split.TRAIN, 1, 200) for token in sentence.tokens})
    values = np.random.default_rng(0).normal(size=(len(words), 8)).round(3)
    lines = (f"{word} {' '.join(map(str, row))}\n" for word, row in zip(words, values, strict=True))
    (folder / INPUTS).write_text("".join(lines), "utf-8")


def _command(*arguments: str) -> int:
    from embedbench.cli.main import main

    return main(arguments)


def _build_store(_inputs: Path) -> int:
    from store_toy import Toy, toy_corpus

    from embedbench.errors import EmbedbenchError
    from embedbench.store import fill

    try:
        fill(Toy(seconds=0.002), toy_corpus(3000), Path("cache/toy"))
    except EmbedbenchError as error:
        sys.stderr.write(f"embedbench: {error}\n")
        return 1
    return 0


def _extract(inputs: Path) -> int:
    return _command("extract", "extractor=glove", f"extractor.path={inputs / INPUTS}", "task=upos", _GRAMMAR)


def _cell(_inputs: Path) -> int:
    return _command("run", "extractor=random", "extractor.size=16", "task=upos", *_SMALL)


def _sweep(inputs: Path) -> int:
    options = ("run", "-m", "extractor=glove", f"extractor.path={inputs / INPUTS}", "task=upos,deprel", *_SMALL)
    return _command(*options)


SCENARIOS = (
    Scenario("store", _build_store),
    Scenario("extraction", _extract),
    Scenario("cell", _cell),
    Scenario("sweep", _sweep),
)


def warm_up() -> None:
    """Imports what the work needs, so that every process starts with it; computes nothing, starts no thread."""
    import hydra._internal.hydra
    import scipy.optimize
    import scipy.stats
    import sklearn.linear_model
    import sklearn.metrics
    import store_toy
    import torch

    import embedbench.cli.cell_config
    import embedbench.cli.extract_command
    import embedbench.cli.run_command
    import embedbench.cli.table_command
    import embedbench.pipeline
    import embedbench.probing.full_batch
    import embedbench.probing.tuning
    from embedbench.registry import load_components

    torch.set_num_threads(1)
    load_components()
    assert all((hydra, scipy, sklearn, store_toy, embedbench))


def start(folder: Path, work: Callable[[], int], before: Callable[[], None]) -> int:
    """Starts the work in a new process in that folder; gives its number.

    What it says goes to the file `said` beside the folder.
    """
    folder.mkdir(exist_ok=True)
    process = os.fork()
    if process:
        return process
    code = 70
    try:
        os.chdir(folder)
        os.environ["EMBEDBENCH_CACHE"] = str(folder / "cache")
        said = os.open(folder.with_name(f"{folder.name}.said"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(said, 1)
        os.dup2(said, 2)
        before()
        code = work()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def ended(process: int, seconds: float = 1800.0) -> int:
    """The exit code of a process, negative for a signal.

    Raises:
        TimeoutError: it hangs; it is killed.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        number, status = os.waitpid(process, os.WNOHANG)
        if number:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(process, 9)
    os.waitpid(process, 0)
    raise TimeoutError(f"a process did not end within {seconds} s")
