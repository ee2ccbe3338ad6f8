"""What a bundle holds of a record, and what it leaves out."""

from __future__ import annotations

import dataclasses
import json
import re
from importlib.metadata import version
from pathlib import Path

from test_writing_and_reading import record

from embedbench.environment import installed
from embedbench.results.archive import Archive
from embedbench.results.bundle import portable, write_bundle
from embedbench.results.reading import read_records
from embedbench.results.schema import Failure, Status
from embedbench.results.writing import write_record

CONFIG = {
    "paths": {"data": "/data/sets", "store": "/scratch/cache"},
    "results": "/home/somebody/results",
    "task": {"files": {"train": "/data/sets/ud/train.conllu", "test": "/elsewhere/test.conllu"}},
    "extractor": {"path": f"{Path.home()}/vectors.bin", "data": "/data/sets-of-others/x", "cache": "/scratch/cache"},
    "seeds": [0],
}


def test_what_is_true_of_one_machine_is_told_by_variables():
    config = portable(record(config=CONFIG)).config
    assert config["task"]["files"] == {"train": "${paths.data}/ud/train.conllu", "test": "/elsewhere/test.conllu"}
    assert config["extractor"] == {
        "path": "${oc.env:HOME}/vectors.bin",
        "data": "/data/sets-of-others/x",
        "cache": "${paths.store}",
    }
    assert config["paths"]["data"] == "${oc.env:EMBEDBENCH_DATA,data}"
    assert config["results"] == "results/reproduced"
    assert portable(portable(record(config=CONFIG))) == portable(record(config=CONFIG))
    failure = Failure("DataError", "no /data/sets/x and no /data/sets-of-others", "Traceback of /home/somebody")
    broken = portable(record(config=CONFIG, status=Status.FAILED, error=failure))
    assert broken.error == Failure("DataError", "no ${paths.data}/x and no /data/sets-of-others", "")


def test_a_cell_in_two_folders_is_bundled_once_and_what_a_rerun_lacks_is_said(tmp_path):
    for results in ("one", "two"):
        write_record(tmp_path / results, record(config=CONFIG, predictions=None))
    write_record(tmp_path / "two", record(identity="f" * 32, config={}, predictions=None))
    found = read_records(tmp_path)
    lacking = write_bundle(
        tmp_path / "b.zip", list(zip(found.records, found.folders, strict=True)), {"table.md": "no table"}
    )
    assert lacking == (
        "a rerun elsewhere needs files that are not below the data folder: /elsewhere/test.conllu, "
        "${oc.env:HOME}/vectors.bin, /data/sets-of-others/x; send them along, or put them below the folder "
        "EMBEDBENCH_DATA, run the cells again from there and export those",
        "1 records have no configuration, so they cannot be rerun",
    )
    bundle = Archive(tmp_path / "b.zip")
    read = read_records(tmp_path / "b.zip")
    assert {r.identity for r in read.records} == {r.identity for r in found.records}
    assert [dataclasses.replace(r, config={}) for r in read.records] == [
        dataclasses.replace(r, config={}) for r in sorted(found.records[1:], key=lambda r: r.identity)
    ]
    manifest = json.loads(bundle.read("manifest.json"))
    assert set(manifest["sha256"]) == set(bundle.names) - {"manifest.json"}


def test_the_lock_can_be_installed_elsewhere():
    lines = installed()
    assert lines
    for line in lines:
        pin, _, comment = line.partition("  # ")
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[^+\s]+", pin), "an index has no version such as 2.13.0+cpu"
        name, _, pinned = pin.partition("==")
        here = version(name)
        assert here == pinned or (here.startswith(f"{pinned}+") and comment == f"{here} where this was exported")
