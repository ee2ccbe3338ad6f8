"""Trackers as a user meets them: chosen, missing, broken, one of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from small_cells import SMALL

from embedbench.cli.configuration import compose
from embedbench.cli.rebuilding import rebuilt
from embedbench.cli.tracking import Tracking
from embedbench.errors import ConfigurationError
from embedbench.registry import IMPORT_VARIABLE
from embedbench.results.reading import read_records

OWN = '''
import pathlib
from dataclasses import dataclass
from embedbench.errors import MissingExtraError
from embedbench.registry import register

@register("tracker", "refused")
@dataclass(frozen=True)
class Refused:
    """None."""

    def ready(self):
        raise MissingExtraError(needed_by="tracker=refused", package="nothing", extra="nothing")

    def track(self, record, folder):
        raise AssertionError


@register("tracker", "lines")
@dataclass(frozen=True)
class Lines:
    """One line per cell."""

    path: str = "lines.txt"
    broken_at: str = ""

    def ready(self):
        pass

    def track(self, record, folder):
        if record.task == self.broken_at:
            raise TimeoutError("the server is gone")
        path, line = pathlib.Path(self.path), f"{record.task} {(folder / 'record.json').is_file()}\\n"
        if path.exists() and line in path.read_text():
            return False
        path.open("a").write(line)
        return True
'''


def test_trackers_are_chosen_by_name_one_or_several_and_their_options_are_typed():
    assert compose([]).tracker == {}
    several = compose(["tracker=[tensorboard,wandb]", "tracker.tensorboard.folder=runs"]).tracker
    assert several.tensorboard.folder == "runs"
    assert several.wandb.mode.value == "offline"
    with pytest.raises(ConfigurationError, match="fodler"):
        compose(["tracker=tensorboard", "tracker.tensorboard.fodler=runs"])
    with pytest.raises(ConfigurationError, match="tensorboard"):
        compose(["tracker=tensorbored"])


@pytest.mark.parametrize("name", ["tensorboard", "mlflow", "wandb"])
def test_a_missing_library_is_named_with_its_extra(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard" if name == "tensorboard" else name, None)
    with pytest.raises(ConfigurationError, match=rf"tracker={name} needs .*'embedbench\[{name}\]'"):
        Tracking().prepare(compose([f"tracker={name}"]))


def test_what_is_no_tracker_is_refused():
    config = compose([])
    config.tracker = {"mine": {"_target_": "embedbench.progress.SilentProgress"}}
    with pytest.raises(ConfigurationError, match=r"is not a tracker: it lacks ready, track \(see docs/sweeps.md\)"):
        Tracking().prepare(config)


RUNS = """
import json, sys
from embedbench.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.stderr.write(f"exit {main(arguments)} after this\\n===\\n")
"""


@pytest.fixture
def runs(tmp_path):
    """Runs `embedbench run ARGUMENTS`, several one after the other in one process: what each said."""
    (tmp_path / "own_lines.py").write_text(OWN, "utf-8")

    def runs(*several):
        commands = [["run", "extractor=random", *SMALL, *arguments] for arguments in several]
        ended = subprocess.run(
            [sys.executable, "-c", RUNS, json.dumps(commands)],
            cwd=tmp_path,
            env={**os.environ, IMPORT_VARIABLE: "own_lines.py", "EMBEDBENCH_CACHE": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stderr.split("===\n")[:-1]

    return runs


@pytest.mark.slow
def test_a_tracker_of_ones_own_that_breaks_loses_no_cell(runs, tmp_path):
    sweep = ("-m", "task=upos,deprel", "results=r")
    plain, broken, again, failed, missing = runs(
        sweep,
        (*sweep, "tracker=lines", "tracker.lines.broken_at=upos"),
        (*sweep, "tracker=lines"),
        ("task=upos", "results=r", "tracker=lines", "resamples=0"),
        ("task=upos", "results=none", "tracker=refused"),
    )
    assert "2 cells: 2 done\nexit 0" in plain
    assert "2 cells: 2 skipped\nexit 0" in broken, "who is told is no part of a cell, and cannot make it fail"
    assert broken.count("the tracker lines failed at random x upos x linear (TimeoutError: the server is gone)") == 1
    assert "at random x deprel" not in broken, "nobody waits for it at the next cell"
    assert "Traceback" not in broken
    assert "2 cells: 2 skipped\nexit 0" in again
    assert (tmp_path / "lines.txt").read_text().splitlines() == ["upos True", "deprel True"]
    assert "exit 2" in failed
    records = read_records(tmp_path / "r").records
    assert sorted(record.status.value for record in records) == ["done", "done", "failed"]
    assert not any("tracker" in record.config for record in records), "it may name a server's password"
    assert rebuilt(records[0], tmp_path).tracker == {}
    assert missing.count("tracker=refused needs the package nothing, which is not installed") == 1
    assert "exit 2" in missing
    assert not (tmp_path / "none").exists(), "no cell is run, and none is recorded as failed"
