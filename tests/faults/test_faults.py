"""A few faults of every kind; `python tests/faults --trials 600` makes many more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from faulting import power, shim
from faulting.keeping import compare

from embedbench.files.durable import make_folder, sync_file, sync_folder, written_whole

HERE = Path(__file__).parent


def harness(*options: object) -> str:
    ended = subprocess.run(
        [sys.executable, str(HERE), *map(str, options)], capture_output=True, text=True, check=False, timeout=1800
    )
    if ended.returncode == 3:
        pytest.skip(ended.stderr.strip())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def figures(table: str) -> dict[str, list[int]]:
    """Trials, struck, losses, wrong, others, seconds by fault."""
    rows = (line.rsplit(None, 6) for line in table.splitlines()[1:])
    return {name.strip(): [int(figure) for figure in rest] for name, *rest in rows}


@pytest.mark.slow
def test_every_fault_in_a_store_once():
    found = figures(harness("--scenario", "store", "--trials", 15, "--seed", 7))
    assert len(found) == 16
    for fault, (trials, _struck, losses, wrong, others, _seconds) in found.items():
        assert trials == (15 if fault == "all" else 1)
        assert (losses, wrong, others) == (0, 0, 0), fault
    assert found["all"][1] >= 10


@pytest.mark.slow
def test_kills_and_power_cuts_of_extraction_and_a_cell():
    for scenario, fault in (("extraction", "kill -9, any operation"), ("cell", "power cut after")):
        trials, _, losses, wrong, others, _ = figures(
            harness("--scenario", scenario, "--fault", fault, "--trials", 2, "--seed", 3)
        )["all"]
        assert (trials, losses, wrong, others) == (2, 0, 0, 0)


class Kept:
    """The journal of what this process synced, as the harness keeps it in a child."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.setattr(os, "fsync", os.fsync)  # put back afterwards
        power.journal(folder)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    return Kept(tmp_path / "kept", monkeypatch)


class Unkind:
    """Chance that always loses what may be lost."""

    def random(self) -> float:
        return 0.0

    def randrange(self, _end: int) -> int:
        return 0

    def choice(self, options):
        return options[0]


def test_what_was_synced_survives_a_power_cut_and_nothing_else_need(tmp_path, kept):
    disk = tmp_path / "disk"
    disk.mkdir()
    make_folder(disk / "a" / "b")
    with written_whole(disk / "a" / "b" / "whole", disk / "a" / "b" / "whole.tmp") as path:
        path.write_text("whole")
    (disk / "a" / "b" / "never").write_text("never synced")
    (disk / "named").write_text("")
    sync_folder(disk)
    (disk / "named").write_text("its contents are not on the disk")
    (disk / "unnamed").write_text("its name is not on the disk")
    sync_file(disk / "unnamed")
    power.cut(disk, kept.folder, Unkind())
    found = {path.relative_to(disk).as_posix(): path.read_text() for path in disk.rglob("*") if path.is_file()}
    assert found == {"a/b/whole": "whole", "named": ""}


def test_a_folder_whose_parent_was_not_synced_is_lost(tmp_path, kept):
    """What `make_folder` is for; records were once written into such folders."""
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "new").mkdir()
    with written_whole(disk / "new" / "whole", disk / "new" / "whole.tmp") as path:
        path.write_text("whole")
    power.cut(disk, kept.folder, Unkind())
    assert list(disk.iterdir()) == []


def test_differences_are_told_apart():
    found = compare({"a": "1", "b": "2", "d": "4"}, {"a": "1", "b": "3", "c": "3"})
    assert (found.wrong, found.missing, found.more) == (("b",), ("c",), ("d",))
    assert not compare({"a": "1"}, {"a": "1"})


def test_the_shim_fails_an_operation_below_its_folder_alone(tmp_path):
    if shim.why_not():
        pytest.skip(shim.why_not())
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); from faulting.shim import *\n"
        "inside, outside = Path(sys.argv[2], 'in'), Path(sys.argv[2], 'out')\n"
        "[folder.mkdir() for folder in (inside, outside)]\n"
        "arm(inside, 3, Action.FULL)\n"
        "for place in (inside, outside):\n"
        "    try:\n"
        "        [(place / str(k)).write_text('x') for k in range(4)]\n"
        "    except OSError as error:\n"
        "        print(place.name, error.strerror, sorted(p.name for p in place.iterdir()), operations() >= 4)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(HERE), str(tmp_path)], capture_output=True, text=True, check=False,
        env={**os.environ, "LD_PRELOAD": str(shim.compiled())},
    )  # fmt: skip
    assert ended.stdout == "in No space left on device ['0', '1'] True\n", ended.stderr
    assert len(list((tmp_path / "out").iterdir())) == 4
