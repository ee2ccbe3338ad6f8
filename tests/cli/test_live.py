"""Progress on a terminal: what is shown, and what is left behind."""

from __future__ import annotations

import fcntl
import io
import os
import pickle
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios

import pytest
from rich.console import Console
from small_cells import SMALL

from embedbench.cli.console import LineProgress
from embedbench.cli.live import LiveProgress
from embedbench.cli.run_command import Job
from embedbench.cli.tally import RunningPhase, Tally

HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"


def on_terminal(command, folder, *, send=None, after=b""):
    """Runs a command on a pseudo terminal: its exit code, what the terminal got, and its standard output, a pipe."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "EMBEDBENCH_CACHE": str(folder / "cache")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, cwd=folder, env=environment)
    os.close(theirs)
    got = b""
    while True:
        assert select.select([ours], [], [], 120)[0], got[-2000:]
        try:
            read = os.read(ours, 1 << 16)
        except OSError:  # how Linux says that the last writer has closed a terminal
            break
        got += read
        if send is not None and after in got:
            process.send_signal(send)
            send = None
    stdout = process.communicate(timeout=60)[0]
    os.close(ours)
    return process.returncode, got, stdout


def shown(live, width=100):
    out = Console(width=width, file=io.StringIO(), color_system=None)
    out.print(live.shown())
    return [line.rstrip() for line in out.file.getvalue().splitlines()]


def test_units_per_second_and_time_left_of_a_phase():
    phase = RunningPhase("extract minilm", 40_000, "words", started=100.0)
    assert phase.told(105.0) == "0/40,000 words"
    phase.advance(0, "shard 1 of 4", 106.0)
    assert phase.told(106.0) == "0/40,000 words, shard 1 of 4"
    phase.advance(10_000, "", 110.0)
    assert phase.told(110.0) == "10,000/40,000 words, 1,000 words/s, 0:30 left, shard 1 of 4"
    assert phase.told(125.0).endswith("1,000 words/s, 0:15 left, shard 1 of 4"), "the next shard is under way"
    assert phase.told(200.0).endswith("1,000 words/s, 0:00 left, shard 1 of 4")


def test_time_left_of_a_sweep_is_that_of_measured_cells():
    tally = Tally(6, started=0.0)
    tally.ended("skipped", 0.1)
    assert tally.told(1.0, 0.0) == "1/6 · 1 skipped · 0:01"
    tally.ended("done", 10.0)
    tally.ended("failed", 0.2)
    tally.ended("done", 20.0)
    assert tally.left(0.0) == 30.0
    assert tally.left(5.0) == 25.0
    assert tally.left(90.0) == 15.0, "the cell under way is over-due, the last is not"
    assert tally.told(32.0, 5.0) == "4/6 · 2 done · 1 failed · 1 skipped · 0:32, about 0:25 left"
    assert Tally(None, {"done": 2}, [1.0, 1.0], 0.0).told(2.0, 0.0) == "2 · 2 done · 0:02", "nobody knows how many"


def test_the_display_tells_cell_phases_members_and_sweep():
    live = LiveProgress(Console(file=io.StringIO(), force_terminal=True, width=100))
    with live.cells():
        live.expect(3)
        with live.cell("random x upos") as ended:
            ended("skipped")
        with live.cell("minilm x upos"):
            for stage in ("data", "extraction", "probing"):
                live.stage(stage)
            with live.phase("probing", 600, "member-epoch") as advance:
                advance(60, "members training: 57")
                cell, probing, swept = shown(live)
                narrow = shown(live, width=40)
        (after,) = shown(live)
    assert " 1/3 · 1 skipped · " in after, "what was interrupted is not counted"
    assert cell == "minilm x upos · data 0:00 · extraction 0:00 · probing 0:00"
    assert re.fullmatch(r"probing +━+╸? +60/600 member-epoch, [\d,]+/s, 0:0\d left, members training: 57", probing)
    assert re.fullmatch(r"cells +━+╸? +1/3 · 1 skipped · 0:0\d", swept)
    assert len(narrow) == 3, "lines that were wrapped would leave remains behind"
    assert all(len(line) <= 40 for line in narrow)


def test_a_worker_gets_a_job_with_plain_lines():
    job = pickle.loads(pickle.dumps(Job(LiveProgress(Console(file=io.StringIO())))))
    assert isinstance(job._progress, LineProgress)


SCRIPT = """
import sys, time, warnings
from embedbench.cli.console import progress_for
progress = progress_for()
with progress.cells(2), progress.cell("minilm x upos"):
    progress.note("a [note] of a line that is longer than the terminal is wide, /as/paths/" + "are/" * 20)
    sys.stderr.write("another's line\\n")
    print("result")
    with progress.phase("extract", 10, "words") as advance:
        advance(5)
        time.sleep(0.4)
        progress.note("ready")
        if sys.argv[1] == "raise":
            raise ValueError("broken")
        time.sleep(60)
"""


@pytest.mark.parametrize("end", ["raise", signal.SIGINT, signal.SIGTERM])
def test_the_terminal_is_restored_however_it_ends(tmp_path, end):
    send = None if end == "raise" else end
    command = [sys.executable, "-c", SCRIPT, str(end)]
    code, got, stdout = on_terminal(command, tmp_path, send=send, after=b"ready")
    assert code == (1 if end == "raise" else -end)
    assert got.count(HIDE_CURSOR) == 1
    assert got.rindex(SHOW_CURSOR) > got.rindex("━".encode()), "nothing is drawn after the cursor is back"
    assert b"5/10 words" in got
    assert b"another's line" in got
    assert b"a [note]" in got
    assert b"/as/paths/" + b"are/" * 20 in got, "no line break within a path"
    assert stdout == b"result\n", "results go where they belong"


@pytest.mark.slow
def test_a_sweep_on_a_terminal(tmp_path):
    command = [sys.executable, "-m", "embedbench", "run", "-m", "extractor=random", "task=upos,deprel", "results=swept"]
    code, got, stdout = on_terminal([*command, *SMALL], tmp_path)
    assert code == 0, got.decode()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", got.decode())
    assert "[1] random x upos" in text
    assert "done: swept/random/upos" in text
    assert re.search(r"cells +━+ 2/2 · 2 done · 0:\d\d, about 0:00 left", text)
    assert text.rstrip().endswith("2 cells: 2 done"), "the display is wiped away, the summary stays"
    assert stdout == b""
    single = [*command[:4], *command[5:6], "task=upos", "results=swept", *SMALL]
    code, got, stdout = on_terminal(single, tmp_path)
    assert code == 0, got.decode()
    assert b"skipped: swept/random/upos" in got
    assert b"random" in stdout, "a single cell's table"
    assert "━".encode() not in got.split(b"skipped: ")[1], "of a single cell there is nothing to count"
