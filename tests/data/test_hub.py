"""Data sets on the Hub by name: one file, at the commit that the cache says, and what records and reruns know of it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from embedbench.data.hub import at_commit, hub_file, pinned_files
from embedbench.data.locate import locate
from embedbench.errors import DataError
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.extractors.stack import Stack
from embedbench.pinning import at_pinned, pinned

pytest.importorskip("huggingface_hub")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cached(tmp_path, monkeypatch) -> Path:
    """A cache that has one file of one data set, as huggingface_hub lays it out."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "datasets--me--trees"
    file = folder / "snapshots" / COMMIT / "below" / "train.conllu"
    file.parent.mkdir(parents=True)
    file.write_text("1\ta\n", "utf-8")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT, "utf-8")
    return file


@pytest.mark.parametrize("spec", ["hub:me/trees/below/train.conllu", f"hub:me/trees@{COMMIT}/below/train.conllu"])
def test_a_file_is_found_with_its_commit(cached, spec):
    assert locate(spec) == cached
    assert hub_file(spec).commit == COMMIT
    assert pinned_files([spec, "grammar:train", "a.conllu"]) == {"hub:datasets/me/trees": COMMIT}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            "hub:me/trees/other.conllu",
            r"other\.conllu of the data set me/trees \(revision main\) .* HF_HUB_OFFLINE forbids",
        ),
        ("hub:me/trees@v2/below/train.conllu", r"\(revision v2\) is not in the local cache"),
        ("hub:trees", "expected hub:OWNER/NAME/FILE"),
    ],
)
def test_what_is_not_there_is_one_sentence(cached, spec, said):
    with pytest.raises(DataError, match=said) as error:
        locate(spec)
    assert "\n" not in str(error.value)


def test_a_rerun_names_the_commits_that_were_read():
    commits = {"hub:me/tiny": "c" * 40, "hub:datasets/me/trees": "d" * 40}
    config = {
        "extractor": {"parts": [{"model": "me/tiny", "revision": "main"}, {"model": "./folder", "revision": "main"}]},
        "task": {"files": {"train": "hub:me/trees/a.tsv", "test": "hub:you/trees/a.tsv"}},
    }
    fixed = at_pinned(config, commits)
    assert [part["revision"] for part in fixed["extractor"]["parts"]] == ["c" * 40, "main"]
    assert fixed["task"]["files"] == {"train": f"hub:me/trees@{'d' * 40}/a.tsv", "test": "hub:you/trees/a.tsv"}
    assert at_commit("plain text", commits) == "plain text"


def test_what_is_inside_another_component_is_pinned_too():
    class Moved(RandomVectors):
        pinned: ClassVar[dict[str, str]] = {"hub:me/tiny": "c" * 40}

    stack = Stack(parts={"one": Moved(size=2), "other": RandomVectors(size=2)})
    assert pinned(stack) == {"hub:me/tiny": "c" * 40}
