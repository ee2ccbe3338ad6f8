"""Commands of embedbench in processes of their own that need not import torch, SciPy and scikit-learn again.

A fresh interpreter spends up to five seconds on these imports, most of what a small cell takes. One process imports
the libraries and nothing of embedbench; every command is a fork of it, with a folder, an environment, streams and an
exit code of its own. What imports say of a command is therefore asked elsewhere, of fresh interpreters.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

LIBRARIES = (
    *("torch", "hydra.main", "hydra.experimental.initialize", "polars", "safetensors.torch", "scipy.stats"),
    *("sklearn.metrics", "sklearn.linear_model", "rich.table", "rich.progress", "psutil", "conllu"),
)
OWN = ("EMBEDBENCH_", "PYTHONPATH", "TERM", "NO_COLOR", "COLUMNS", "PYTEST_")
"""Variables that may differ from one command to the next, since no library has read them when it was imported."""
SECONDS = 300


class Command:
    """A command that has been started; the words of `subprocess.Popen`, as far as tests use them."""

    def __init__(self, server: subprocess.Popen[str], pid: int) -> None:
        self._server, self.pid, self.returncode = server, pid, None

    def poll(self) -> int | None:
        """The exit code if it has ended."""
        return self._asked({"poll": self.pid})

    def wait(self) -> int:
        """The exit code, as soon as it has ended."""
        code = self._asked({"wait": self.pid})
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """As `kill` does; not after the end has been seen."""
        assert self.returncode is None
        os.kill(self.pid, number)

    def _asked(self, question: Mapping[str, int]) -> int | None:
        if self.returncode is None:
            self.returncode = _ask(self._server, question)
        return self.returncode


def start(
    arguments: Sequence[str], cwd: Path, env: Mapping[str, str], stdout: Path, stderr: Path, seconds: int = SECONDS
) -> Command:
    """Starts `embedbench ARGUMENTS`, ended by SIGALRM after these seconds; its streams go into these files."""
    streams = {"out": str(stdout), "err": str(stderr)}
    asked = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env), **streams, "seconds": seconds}
    server = _server(tuple(sorted((k, v) for k, v in env.items() if not k.startswith(OWN))))
    pid = _ask(server, asked)
    assert pid
    return Command(server, pid)


def run(
    arguments: Sequence[str], cwd: Path, env: Mapping[str, str], seconds: int = SECONDS
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` gives for `embedbench ARGUMENTS` with captured text."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        code = start(arguments, cwd, env, out, err, seconds).wait()
        assert code != -signal.SIGALRM, f"{arguments} took more than {seconds} seconds: {err.read_text('utf-8')}"
        return subprocess.CompletedProcess(list(arguments), code, out.read_text("utf-8"), err.read_text("utf-8"))


@functools.cache
def _server(libraries_read: tuple[tuple[str, str], ...]) -> subprocess.Popen[str]:
    """One for all commands whose libraries read the same environment; it ends when this process does."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        env=dict(libraries_read), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    atexit.register(process.communicate)
    return process


def _ask(server: subprocess.Popen[str], question: Mapping[str, object]) -> int | None:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(question) + "\n")
    server.stdin.flush()
    answer: int | None = json.loads(server.stdout.readline())
    return answer


def _serve() -> dict[str, object]:
    """Answers questions in the server; in the fork, gives the command that it is."""
    for name in LIBRARIES:
        importlib.import_module(name)
    questions, answers = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    for line in questions:
        question = json.loads(line)
        answer: int | None
        if "arguments" in question:
            answer = os.fork()
            if not answer:
                os.close(questions.fileno())
                os.close(answers.fileno())
                return question
        else:
            [(how, pid)] = question.items()
            ended, status = os.waitpid(pid, os.WNOHANG if how == "poll" else 0)
            answer = os.waitstatus_to_exitcode(status) if ended else None
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    os._exit(0)


def _become(command: Mapping[str, object]) -> None:
    """Does what `python -m embedbench ARGUMENTS` does."""
    signal.alarm(int(str(command["seconds"])))
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = ((os.devnull, os.O_RDONLY), (str(command["out"]), written), (str(command["err"]), written))
    for number, (path, flags) in enumerate(streams):
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(str(command["cwd"]))
    env = command["env"]
    assert isinstance(env, dict)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:1] = [str(command["cwd"]), *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    arguments = command["arguments"]
    assert isinstance(arguments, list)
    sys.argv = ["embedbench", *arguments]
    runpy.run_module("embedbench", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _become(_serve())
