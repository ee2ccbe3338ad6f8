"""The catalogue: complete entries, and the status of real, missing, re-packed and damaged files."""

from __future__ import annotations

import gzip
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from embedbench.data.catalogue import CATALOGUE, Status, data_set, data_set_of, verify, verify_all
from embedbench.data.conversions import CONVERSIONS
from embedbench.errors import ConfigurationError


def test_every_entry_says_all_that_a_reader_must_know() -> None:
    for name, entry in CATALOGUE.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert entry.name == name
        assert entry.files
        assert all((entry.description, entry.licence, entry.citation))
        assert entry.url.startswith("https://github.com/")
        assert re.fullmatch(r"[0-9a-f]{40}", entry.commit) or entry.by_hand
        assert entry.by_hand or all(file.source for file in entry.files)
        for file in entry.files:
            assert re.fullmatch(r"[0-9a-f]{64} [0-9a-f]{64}", f"{file.sha256} {file.content_sha256}")
            assert file.conversion in CONVERSIONS
            assert not Path(file.path).is_absolute()
            assert ".." not in Path(file.path).parts


def test_no_file_belongs_to_two_data_sets() -> None:
    counts = Counter(file.path for entry in CATALOGUE.values() for file in entry.files)
    assert set(counts.values()) == {1}
    assert len(counts) == 102


def test_the_real_folder_is_undamaged(data_folder: Path) -> None:
    found = {status.data_set.name: status.status for status in verify_all(data_folder)}
    assert found == dict.fromkeys(CATALOGUE, Status.PRESENT)


def test_missing_damaged_and_repacked_files_are_told_apart(data_folder: Path, tmp_path: Path) -> None:
    assert verify("wnut17", tmp_path).status is Status.MISSING
    for part in ("train", "dev", "test"):
        (tmp_path / "ner").mkdir(exist_ok=True)
        shutil.copyfile(data_folder / f"ner/wnut17.{part}.conll.gz", tmp_path / f"ner/wnut17.{part}.conll.gz")
    assert verify("wnut17", tmp_path).status is Status.PRESENT

    train = tmp_path / "ner" / "wnut17.train.conll.gz"
    content = gzip.decompress(train.read_bytes())
    train.write_bytes(gzip.compress(content, compresslevel=1))
    assert verify("wnut17", tmp_path).status is Status.PRESENT, "the content counts, not who packed it"

    train.write_bytes(gzip.compress(content.replace(b"O", b"o", 1)))
    dev = tmp_path / "ner" / "wnut17.dev.conll.gz"
    dev.write_bytes(dev.read_bytes()[:-100])
    (tmp_path / "ner" / "wnut17.test.conll.gz").unlink()
    status = verify("wnut17", tmp_path)
    assert status.status is Status.DAMAGED
    assert {file.path.name.split(".")[1]: file.status for file in status.files} == {
        "train": Status.DAMAGED,
        "dev": Status.DAMAGED,
        "test": Status.MISSING,
    }


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="no data set called 'wnut'; did you mean wnut17"):
        data_set("wnut")
    with pytest.raises(ConfigurationError, match=r"'zzz'; there are bats, .*word_similarity"):
        verify("zzz", ".")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/anywhere/ud/en_ewt-ud-dev.conllu.gz", "ud_english_ewt"),
        ("ud/en_ewt-ud-dev.conllu", "ud_english_ewt"),
        ("wordsim/EN-MC-30.txt", "word_similarity"),
        ("en_ewt-ud-dev.conllu.gz", None),
        ("wordsim/EN-MC-30", None),
        ("", None),
    ],
)
def test_a_path_is_recognised_by_its_last_parts(path: str, name: str | None) -> None:
    entry = data_set_of(path)
    assert (entry and entry.name) == name
