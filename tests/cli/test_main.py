"""What a user sees before any work starts."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from cells_on_disk import write_cell

from embedbench import __version__
from embedbench.cli import main
from embedbench.cli.main import COMMANDS

HEAVY = ("torch", "transformers", "gensim", "allennlp_light", "sklearn", "scipy", "statsmodels", "pandas")


def test_help_names_every_command_and_exits_with_0(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in ("run", "table", "check", "demo", "data", "list"))


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_every_command_tells_our_own_version(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([*filter(None, [command]), "--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"embedbench {__version__}\n"


@pytest.mark.parametrize("code", ["import embedbench", "from embedbench.registry import load_components as l; l()"])
def test_importing_and_listing_load_no_heavy_library(code):
    script = f"{code}\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


@pytest.mark.parametrize(("option", "loaded"), [([], "[]"), (["--paired"], "['pandas', 'statsmodels']")])
def test_a_table_loads_statsmodels_for_paired_tests_alone(tmp_path, option, loaded):
    for extractor, wrong in (("a", 20), ("b", 4)):
        write_cell(tmp_path, extractor, "upos", wrong, gold=np.arange(16) % 3)
    script = (
        f"from embedbench.cli import main; assert main({['table', str(tmp_path), *option]!r}) == 0\n"
        "import sys; print(sorted({'statsmodels', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == loaded


def test_an_unknown_command_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as end:
        main(["tabel"])
    assert end.value.code == 2
    assert "'tabel'" in capsys.readouterr().err


def test_a_missing_import_is_one_sentence_and_exit_code_2(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EMBEDBENCH_IMPORT", raising=False)
    monkeypatch.setitem(os.environ, "EMBEDBENCH_IMPORT", "")
    assert main(["list", "extractors", "--import", "nowhere.py"]) == 2
    message = capsys.readouterr().err
    assert "nowhere.py" in message
    assert message.count("\n") == 1


def test_table_of_a_folder_that_does_not_exist_is_wrong_usage(capsys, tmp_path):
    assert main(["table", str(tmp_path / "absent")]) == 2
    assert str(tmp_path / "absent") in capsys.readouterr().err


def test_the_catalogue_is_listed_without_any_data(capsys, tmp_path):
    assert main(["data", "--data", str(tmp_path), "list"]) == 0
    assert "ud_english_ewt" in capsys.readouterr().out
