"""`embedbench new` writes what works as it is, outside the repository, and overwrites nothing."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import forked
import pytest
from add_ons import installed

from embedbench.cli import main

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("training.min_updates=20", "training.max_epochs=2", "resamples=99", "seeds=[0]", "results=r", "--limit", "40")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMBEDBENCH_IMPORT", "")


@pytest.mark.parametrize(("group", "example"), [("extractor", "letter_counts"), ("task", "capitalised")])
def test_the_template_is_the_example_of_the_documentation(group, example, tmp_path):
    assert main(["new", group, example]) == 0
    assert (tmp_path / f"{example}.py").read_text("utf-8") == (ROOT / "docs/examples" / f"{example}.py").read_text(
        "utf-8"
    )


@pytest.mark.parametrize("group", ["extractor", "task", "probe"])
def test_files_bear_the_name_and_are_short(group, tmp_path):
    assert main(["new", group, "my_own", "--into", "below/here"]) == 0
    code = (tmp_path / "below/here/my_own.py").read_text("utf-8")
    assert f'@register("{group}", "my_own")' in code
    assert "class MyOwn" in code
    assert len(code.splitlines()) <= 41
    assert "from my_own import MyOwn" in (tmp_path / "below/here/test_my_own.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["extractor", "1x"], "'1x' cannot be a name"),
        (["extractor", "class"], "'class' cannot be a name"),
        (["task", "Mine"], "'Mine' cannot be a name"),
        (["extractor", "bert"], "there is extractor=bert already"),
        (["task", "json"], "'json' is the name of an installed module"),
        (["probe", "mine", "--into", "file"], "file is no folder"),
    ],
)
def test_what_cannot_be_named_is_one_sentence(arguments, said, tmp_path, capsys):
    (tmp_path / "file").write_text("", "utf-8")
    assert main(["new", *arguments]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "test_mine.py").write_text("kept", "utf-8")
    assert main(["new", "extractor", "mine"]) == 2
    assert "test_mine.py exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["test_mine.py"]


def _run(line: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line)
    env = {**os.environ, "EMBEDBENCH_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1", **environment}
    if words[0] == "embedbench":
        return forked.run([*words[1:], *(QUICK if words[1] == "run" else ())], tmp_path, env)
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_every_command_that_is_printed_works_as_it_stands(tmp_path, capsys):
    assert main(["new", "extractor", "mine"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]
    assert [line.split()[0] for line in lines] == ["pytest", "embedbench", "embedbench"]
    for line in lines:
        done = _run(line, tmp_path)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    assert len(list((tmp_path / "r").rglob("record.json"))) == 1


@pytest.mark.parametrize("group", ["task", "probe"])
def test_the_other_templates_are_what_their_contracts_describe(group, tmp_path):
    assert main(["new", group, "brought"]) == 0
    script = (
        "from brought import Brought\n"
        "import test_brought\n"
        "from embedbench.registry import lookup\n"
        f"assert lookup({group!r}, 'brought').target is Brought\n"
        "assert 'promise' in str(test_brought.test_contract.pytestmark)\n"
        + {
            "task": "test_brought.test_the_first_word_of_a_sentence_is_upper()",
            "probe": "from embedbench.probing.contract import PROBE_PROMISES as P\n"
            "assert all(promise.ask(Brought())[0] for promise in P[:2]); test_brought.test_no_units_are_refused()",
        }[group]
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_package_is_found_by_its_entry_point(tmp_path, capsys):
    assert main(["new", "extractor", "mine", "--package"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]
    assert lines[:2] == ["pip install -e embedbench-mine", "pytest embedbench-mine"]
    path = installed(tmp_path / "embedbench-mine", tmp_path / "site")
    assert "[embedbench-mine 0.1.0]" in _run("embedbench list extractors", tmp_path, PYTHONPATH=path).stdout
    assert "from embedbench_mine.mine import Mine" in (tmp_path / "embedbench-mine/tests/test_mine.py").read_text(
        "utf-8"
    )
