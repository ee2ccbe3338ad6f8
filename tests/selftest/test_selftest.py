"""The battery and its command: what is chosen, printed and returned; the checks themselves run in test_mutations.py."""

from __future__ import annotations

import json

import pytest

from embedbench.cli import main
from embedbench.errors import ConfigurationError, DataError
from embedbench.selftest import checks as battery_checks
from embedbench.selftest.battery import Check, Finding, Skipped, Verdict, choose, run_check, workplace
from embedbench.selftest.checks import CHECKS

CHEAP = "expected-layers,no-expected-layer,softmax-once,permutation-test,leakage-alarm"


def right(_place):
    """Proves nothing."""
    return Finding("1", True)


def wrong(_place):
    """Is wrong."""
    return Finding("2", False)


def refuses(_place):
    """Refuses."""
    raise DataError("the file is damaged")


def breaks(_place):
    """Breaks."""
    raise KeyError("x")


def lacks(_place):
    """Lacks."""
    raise Skipped("no such package")


@pytest.fixture
def place(tmp_path):
    with workplace(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("run", "verdict", "got"),
    [
        (right, Verdict.PASS, "1"),
        (wrong, Verdict.FAIL, "2"),
        (refuses, Verdict.FAIL, "the file is damaged"),
        (breaks, Verdict.FAIL, "KeyError: 'x'"),
        (lacks, Verdict.SKIPPED, "skipped: no such package"),
    ],
)
def test_a_check_becomes_a_line_whatever_it_does(place, run, verdict, got):
    line = run_check(Check("name", "1", run), place)
    assert (line.verdict, line.got, line.expected) == (verdict, got, "1")


def test_what_is_shared_is_made_once_and_the_folder_is_removed(tmp_path):
    with workplace(tmp_path) as place:
        made = [place.once("a", lambda: []) for _ in range(2)]
        assert made[0] is made[1]
        assert place.folder.is_dir()
    assert not place.folder.exists()


def test_checks_are_chosen_by_name_in_the_order_of_the_battery():
    assert choose(CHECKS, []) == CHECKS
    assert [c.name for c in choose(CHECKS, ["noise", "planted-signal"])] == ["planted-signal", "noise"]
    with pytest.raises(ConfigurationError, match="no self-test called 'nois'; there are planted-signal, "):
        choose(CHECKS, ["nois"])


def test_every_check_has_its_own_name_says_what_it_proves_and_what_it_would_catch():
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.proves.endswith("."), check.name
        assert "Catches " in (check.run.__doc__ or ""), check.name


def test_the_command_prints_a_line_each_and_json(capsys):
    assert main(["selftest", "--only", CHEAP]) == 0
    out = capsys.readouterr().out
    assert "PASS     expected-layers    expected 1.76, 2.52; got 1.7614, 2.5178" in out
    assert "5 passed, 0 failed, 0 skipped" in out
    assert main(["selftest", "--json", "--only", "no-expected-layer"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is True
    (line,) = found["checks"]
    assert {**line, "seconds": 0} == {
        "name": "no-expected-layer", "expected": "none", "got": "none", "verdict": "PASS", "seconds": 0,
    }  # fmt: skip


def test_one_failure_is_exit_code_1(capsys, monkeypatch):
    from embedbench.cli import selftest_command

    monkeypatch.setattr(selftest_command, "CHECKS", (Check("fine", "1", right), Check("broken", "1", wrong)))
    assert main(["selftest"]) == 1
    out = capsys.readouterr().out
    assert "FAIL     broken  expected 1; got 2" in out
    assert "1 passed, 1 failed, 0 skipped" in out
    assert main(["selftest", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["passed"] is False
    assert main(["selftest", "--only", "other"]) == 2


def test_without_data_the_treebank_lines_say_how_to_get_it(capsys, tmp_path):
    names = [check.name for check in battery_checks.CHECKS if check.name.startswith("ewt-")]
    assert main(["selftest", "--data", str(tmp_path), "--only", ",".join(names)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, line in zip(names, lines, strict=False):
        assert line.startswith("SKIPPED")
        assert name in line
        assert "skipped: data not found, get it with `embedbench data get ud_english_ewt`" in line


@pytest.mark.slow
def test_the_figures_of_english_ewt(capsys, data_folder):
    names = [check.name for check in CHECKS if check.name.startswith("ewt-")]
    assert main(["selftest", "--json", "--data", str(data_folder), "--only", ",".join(names)]) == 0
    assert {line["verdict"] for line in json.loads(capsys.readouterr().out)["checks"]} == {"PASS"}
