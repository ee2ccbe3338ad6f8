"""The rival's side of a benchmark: a process in an environment of its own, which works when it is told to.

It imports nothing of embedbench. The other side is `rival.py`. One line in, one line with JSON out: `go` does the work
once and answers with its seconds; `save FILE` writes what the last `go` found, as .npy, outside of the timing; `stop`
ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

ANSWER = "ANSWER "
"""Begins every answer: what libraries printed while they were imported is no answer."""


def serve(
    make: Callable[[dict[str, Any]], tuple[Callable[[], Any], Callable[[Any], np.ndarray]]], packages: tuple[str, ...]
) -> None:
    """Answers until told to stop.

    Args:
        make: from the inputs (the JSON file named on the command line) to two functions: do the work; turn what it
            found into an array to compare, which is not timed.
        packages: whose versions are told.
    """
    # Libraries print; the answers get a channel of their own, and what is printed goes to the error output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**values: Any) -> None:
        answers.write(f"{ANSWER}{json.dumps(values)}\n")
        answers.flush()

    with open(sys.argv[1], encoding="utf-8") as stream:
        inputs = json.load(stream)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(inputs["threads"])
    work, as_array = make(inputs)
    answer(versions={package: version(package) for package in packages})
    found = None
    for line in sys.stdin:
        order, _, rest = line.strip().partition(" ")
        if order == "go":
            found = None  # the memory of the last round is free before the next
            start = time.perf_counter()
            found = work()
            answer(seconds=time.perf_counter() - start)
        elif order == "save":
            np.save(rest, as_array(found))
            answer(saved=True)
        else:
            break
