"""`embedbench run` in a process of its own: sweep, skip, fail, and the user's own backend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_cells import SMALL

from embedbench.cli.run_command import _own_options
from embedbench.errors import ConfigurationError

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def rows(embedbench, results):
    """Every score row of a results folder."""
    shown = embedbench("table", results, "--format", "json")
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def test_a_sweep_is_measured_once_and_skipped_ever_after(embedbench, tmp_path):
    command = ("run", "-m", "extractor=random", "task=upos,subj_number", "results=swept", *SMALL)
    first = embedbench(*command)
    assert first.returncode == 0, first.stderr
    assert "2 cells: 2 done" in first.stderr
    records = {path: path.read_bytes() for path in (tmp_path / "swept").rglob("record.json")}
    assert len(records) == 2

    again = embedbench(*command)
    assert again.returncode == 0, again.stderr
    assert "2 cells: 2 skipped" in again.stderr
    assert {path: path.read_bytes() for path in records} == records

    scores = rows(embedbench, "swept")
    assert {row["extractor"] for row in scores} == {"random", "majority", "word_majority", "length"}
    assert {row["task"] for row in scores} == {"upos", "subj_number"}
    assert {row["mix"] for row in scores} == {"scalar", "single:0", "mean", "none"}


def test_the_same_cell_gives_the_same_numbers_bit_for_bit(embedbench, tmp_path):
    for results in ("a", "b"):
        ended = embedbench("run", "extractor=random", "task=upos", f"results={results}", *SMALL)
        assert ended.returncode == 0, ended.stderr
    one, other = (
        [(row["mix"], row["value"], row["low"], row["high"]) for row in rows(embedbench, results)] for results in "ab"
    )
    assert one == other
    tables = [next((tmp_path / results).rglob("predictions.parquet")).read_bytes() for results in "ab"]
    assert tables[0] == tables[1]


def test_a_failing_cell_is_recorded_and_the_others_go_on(embedbench, tmp_path):
    broken = "task.files={train: absent.conllu, dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}"
    ended = embedbench("run", "extractor=random", "task=upos", "results=mixed", *SMALL, broken)
    assert ended.returncode == 1
    assert "absent.conllu" in ended.stderr
    assert "Traceback" not in ended.stderr
    shown = embedbench("table", "mixed")
    assert "failed" in shown.stdout

    # The user mends what was wrong; the rerun supersedes the failure.
    mended = embedbench("run", "extractor=random", "task=upos", "results=mixed", *SMALL)
    assert mended.returncode == 0, mended.stderr
    assert "failed" not in embedbench("table", "mixed").stdout
    assert len(list((tmp_path / "mixed").rglob("record.json"))) == 1


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("extractor=nope", "minilm"),  # the message lists what there is
        ("extractor.sise=3", "sise"),
        ("extractor.size=many", "many"),
        ("sede=[0]", "sede"),
        ("mixes=[scalr]", "scalr"),
        ("seeds=[]", "seeds"),
        ("limit=0", "limit"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_exits_with_2(embedbench, override, said):
    arguments = ["extractor=random", *SMALL, override] if not override.startswith("extractor=") else [override]
    ended = embedbench("run", "task=upos", *arguments)
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_backend_outside_the_repository_is_checked_and_run(embedbench, tmp_path):
    source = (EXAMPLES / "letter_counts.py").read_text("utf-8")
    (tmp_path / "mine.py").write_text(source.replace('"letter_counts"', '"mine"'), "utf-8")
    checked = embedbench("check", "--import", "mine.py", "extractor=mine", "extractor.lower=false")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 failed" in checked.stdout
    small = [override for override in SMALL if not override.startswith("extractor.")]
    ended = embedbench("run", "--import", "mine.py", "extractor=mine", "task=upos", "results=mine", *small)
    assert ended.returncode == 0, ended.stderr
    assert "mine" in ended.stdout


def test_a_backend_from_a_config_dir_is_run(embedbench, tmp_path):
    (tmp_path / "letters.py").write_text((EXAMPLES / "letter_counts.py").read_text("utf-8"), "utf-8")
    (tmp_path / "myconf" / "extractor").mkdir(parents=True)
    (tmp_path / "myconf" / "extractor" / "own.yaml").write_text("_target_: letters.LetterCounts\nname: own\n", "utf-8")
    small = [override for override in SMALL if not override.startswith("extractor.")]
    arguments = ("--config-dir", "myconf", "extractor=own")
    ended = embedbench("run", *arguments, "task=upos", "results=own", *small, PYTHONPATH=str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    checked = embedbench("check", *arguments, PYTHONPATH=str(tmp_path))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_backend_that_breaks_the_contract_fails_the_check(embedbench, tmp_path):
    source = (EXAMPLES / "letter_counts.py").read_text("utf-8")
    broken = source.replace("np.array(counts, np.float32)", "np.array(counts, np.float32) * len(sentences)")
    assert broken != source
    (tmp_path / "broken.py").write_text(broken, "utf-8")
    checked = embedbench("check", "--import", "broken.py", "extractor=letter_counts")
    assert checked.returncode == 1
    assert "FAILED  one sentence at a time equals all together" in checked.stdout


def test_a_task_outside_the_repository_is_checked_and_run(embedbench):
    arguments = ("--import", str(EXAMPLES / "capitalised.py"), "task=capitalised", "+" + SMALL[0])
    checked = embedbench("check", *arguments)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ended = embedbench("run", "extractor=random", *arguments, "results=own", *SMALL[1:])
    assert ended.returncode == 0, ended.stderr


def test_an_estimate_runs_nothing_and_sees_the_limit(embedbench, tmp_path):
    told = embedbench("run", "--estimate", "-m", "extractor=random", "task=upos,xpos", "--limit", "20", *SMALL)
    assert told.returncode == 0, told.stderr
    rows = [line for line in told.stdout.splitlines() if line.startswith(" random x")]
    assert [row.split()[2] for row in rows] == ["upos", "xpos"]
    words = int(rows[0].split()[3])
    assert 60 <= words <= 60 * 35  # three times 20 sentences
    assert f"{words * 16 * 2 / 1000:.1f} kB" in rows[0]
    assert rows[1].split()[3] == "0"  # the store is counted once
    assert "all 2 cells" in told.stdout
    assert not (tmp_path / "results").exists()


def test_an_estimate_names_cells_that_would_fail(embedbench):
    broken = "task.files={train: absent.conllu, dev: 'grammar:dev:30:1', test: 'grammar:test:40:1'}"
    told = embedbench("run", "--estimate", "extractor=random", "task=upos", *SMALL, broken)
    assert told.returncode == 1
    assert "random x upos would fail" in told.stderr
    assert "absent.conllu" in told.stderr


def test_the_options_of_run_become_overrides():
    assert _own_options(["-m", "--limit", "5", "a=b"]) == (["-m", "limit=5", "a=b"], False)
    assert _own_options(["--limit=5", "--estimate"]) == (["limit=5"], True)
    with pytest.raises(ConfigurationError, match="--limit 100"):
        _own_options(["--limit"])
