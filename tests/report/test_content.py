"""The words and figures of a report are those of the records, and say what they do not know."""

from __future__ import annotations

import pytest
from written_records import told, write_cell, write_comparison

from embedbench.errors import ConfigurationError
from embedbench.results.reading import Results


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_comparison(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def page(folder):
    return told(folder)


def test_the_verdicts_separate_what_the_paired_test_separates(page):
    verdicts = {page["tasks"][v["task"]]["name"]: v for v in page["verdicts"]}
    ((_, value, p, holm, separated, why),) = verdicts["upos"]["rivals"]
    assert (value, separated, why) == (50.0, True, "")
    assert p == pytest.approx(2 / 1000)  # no swap of 999 comes near: both tails hold the observed one alone
    assert holm == 2 * p, "the page makes two tests"
    ((_, value, p, _, separated, _),) = verdicts["chunking"]["rivals"]
    assert (value, separated) == (69.5, False)
    assert p > 0.9  # one cluster differs, and half of all swaps put it on either side


def test_the_summary_says_who_wins_and_what_is_not_separated(page):
    text = "\n".join(page["summary"])
    assert "2 extractors on 3 tasks: 4 finished cells, 1 failed." in text
    assert "minilm is best on 2 of 2 tasks (chunking, upos); separated from all others on 1" in text
    assert "widest lead over the second is 45.0 points on upos" in text
    assert "Not separated by the paired test (p ≥ 0.05 after Holm's correction over all 2 tests of this page)" in text
    assert "chunking (minilm and word2vec)" in text
    # word_majority has 86.7 in these records.
    assert "reaches down to the best baseline, or lies below it, on chunking (70.0 against 86.7)" in text
    assert (
        "No better than the best baseline of the task, intervals considered: word2vec on 2 of 2 tasks (chunking, upos)."
        in text
    ), "95.0 against 86.7 is better, 50.0 and 69.5 are not"


def test_labels_and_confusion_are_counted_by_hand(page):
    number = next(i for i, task in enumerate(page["tasks"]) if task["name"] == "upos")
    table = page["labels"][number]
    assert table["labels"] == ["ADJ", "NOUN", "VERB"]
    assert table["support"] == [67, 67, 66]
    # Of the first 10 targets, 4 ADJ became NOUN, 3 NOUN became VERB, 3 VERB became ADJ.
    assert table["cells"]["minilm"]["confusion"][0] == [round(100 * 63 / 67, 1), round(100 * 4 / 67, 1), 0.0]
    precision, recall, f1 = table["cells"]["minilm"]["scores"][0]
    assert (precision, recall) == (round(100 * 63 / 66, 1), round(100 * 63 / 67, 1))
    assert f1 == round(200 * 63 / (66 + 67), 1)


def test_rare_labels_are_counted_together(folder):
    page = told(folder, labels=2)
    table = page["labels"][next(i for i, task in enumerate(page["tasks"]) if task["name"] == "upos")]
    assert table["confused"] == ["ADJ", "(other labels)"]
    assert [sum(row) for row in table["cells"]["word2vec"]["confusion"]] == pytest.approx([100, 100], abs=0.2)


def test_examples_are_targets_that_one_has_right_and_the_other_wrong(page):
    number = next(i for i, task in enumerate(page["tasks"]) if task["name"] == "upos")
    found = page["examples"][number]
    assert found["best"] == "minilm"
    assert found["only"]["word2vec"] == [0, 90]
    assert len(found["targets"]) == 40
    assert all(10 <= target < 100 for target in found["targets"])
    for k, gold in enumerate(found["gold"]):
        assert found["said"]["minilm"][k] == gold != found["said"]["word2vec"][k]
    assert max(found["targets"]) - min(found["targets"]) > 60, "they come from all over the test set"


def test_a_bound_of_tests_is_shared_by_the_tasks_and_said(folder):
    page = told(folder, tests=1)
    assert [v["rivals"][0][5] for v in page["verdicts"]] == ["", "beyond the bound of tests"]
    assert "for 1 it was not (1: beyond the bound of tests)" in "\n".join(page["summary"])


def test_tests_are_corrected_over_all_tasks(folder, monkeypatch):
    """One test with p 0.03 per task: corrected task by task they would separate, over the page they do not."""
    monkeypatch.setattr("embedbench.report.verdicts.rival_p_values", lambda *given: [0.03] * len(given[3]))
    separated = {
        tests: [verdict["rivals"][0][3:5] for verdict in told(folder, tests=tests)["verdicts"]] for tests in (1, 2)
    }
    assert separated == {1: [[0.03, True], [None, None]], 2: [[0.06, False], [0.06, False]]}


def test_missing_predictions_are_said_and_never_a_separation(tmp_path):
    write_cell(tmp_path, "a", "upos", range(10))
    (write_cell(tmp_path, "b", "upos", range(100)) / "predictions.parquet").unlink()
    page = told(tmp_path)
    assert page["verdicts"][0]["rivals"][0][2:] == [None, None, None, "its predictions are missing or damaged"]
    assert "predictions of b on upos are not used: its predictions are missing or damaged" in page["notes"]
    assert "not separated from all others there" in "\n".join(page["summary"])


def test_other_targets_are_another_test(tmp_path):
    write_cell(tmp_path, "a", "upos", range(10))
    write_cell(tmp_path, "b", "upos", range(50), n=100)
    assert told(tmp_path)["verdicts"][0]["rivals"][0][5] == "it was tested on other targets"


def test_every_configuration_is_there_and_shared_parts_once(page):
    pool = page["pool"]
    for data in page["cells"]:
        config = {key: pool[number] for key, number in pool[data["config"]].items()}
        if data["status"] == "done":
            assert config == {"task": {"name": page["tasks"][data["task"]]["name"]}, "limit": None}
    assert pool.count({"name": "upos"}) == 1


def test_a_traceback_can_be_left_out(folder):
    of = {
        trace: next(c for c in told(folder, trace=trace)["cells"] if c["status"] == "failed") for trace in (True, False)
    }
    assert of[True]["error"] == ["DataError", "no such file", "Traceback: here"]
    assert of[False]["error"] == ["DataError", "no such file", ""]


def test_an_unknown_task_is_refused(folder):
    with pytest.raises(ConfigurationError, match="no record here has the task 'upso'"):
        told(folder, tasks=("upso",))


def test_problems_are_on_the_page(folder):
    from embedbench.report.content import content
    from embedbench.results.reading import Problem, read_records

    found = read_records(folder)
    page = content(Results(found.records, (Problem(folder / "x", "it is half-written"),), found.folders))
    assert any("it is half-written" in note for note in page["notes"])
