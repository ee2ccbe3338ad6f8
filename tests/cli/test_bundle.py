"""A bundle: made, read without torch, and run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest
from small_cells import SMALL

from embedbench.cli import main

WITHOUT = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "gensim", "sklearn", "allennlp_light"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
from embedbench.cli import main
sys.exit(main(sys.argv[1:]))
"""


def without_torch(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.slow
def test_from_run_to_reproduction(embedbench, tmp_path):
    ran = embedbench("run", "-m", "extractor=random,one_hot", "task=upos", "results=r", *SMALL[:-1])
    assert ran.returncode == 0, ran.stderr
    for name in ("b.zip", "again/b.zip"):
        made = embedbench("export", "r", name)
        assert made.returncode == 0, made.stderr
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "again/b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "b.zip") as opened:
        names = opened.namelist()
        everything = b"".join(opened.read(name) for name in names if not name.endswith(".parquet"))
    assert {"RERUN.md", "environment.txt", "fingerprints.json", "manifest.json", "table.md", "scores.csv"} <= set(names)
    assert str(tmp_path).encode() not in everything, "folders of this machine are nobody's business"

    (tmp_path / "elsewhere").mkdir()
    shown = without_torch(tmp_path / "elsewhere", "table", "../b.zip", "--format", "md")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == embedbench("table", "r", "--format", "md").stdout
    compared = without_torch(tmp_path, "compare", "b.zip", "random", "one_hot", "--resamples", "99", "--format", "json")
    assert (compared.returncode, compared.stderr) == (0, "")
    counted = without_torch(tmp_path, "query", "SELECT COUNT(*) AS n FROM predictions", "b.zip", "--format", "csv")
    assert int(counted.stdout.split()[1]) > 1000

    again = embedbench("reproduce", "b.zip", "--only", "task=upos", "extractor=one_hot")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "one_hot x upos x linear" in again.stdout
    assert "no difference" in again.stdout
    assert "1 cells run again: 1 without a difference, 0 that differ" in again.stdout

    (record,) = (tmp_path / "r/one_hot").rglob("record.json")
    plain = json.loads(record.read_text())
    plain["scores"][0]["value"] += 0.001
    del plain["checksum"]
    record.write_text(json.dumps(plain))
    assert embedbench("export", "r", "changed.zip").returncode == 0
    differs = embedbench("reproduce", "changed.zip", "--only", "extractor=one_hot")
    assert differs.returncode == 1
    assert "1 differences\n  scores one_hot/scalar/task/test/accuracy/whole value: " in differs.stdout
    near = embedbench("reproduce", "changed.zip", "--only", "extractor=one_hot", "--tolerance", "0.01")
    assert near.returncode == 0


def test_wrong_usage_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r").mkdir()
    for arguments, said in (
        (("export", "r"), "expected RESULTS… and then the bundle"),
        (("export", "r", "b.tar"), "expected RESULTS… and then the bundle"),
        (("reproduce", "gone.zip"), "there is no gone.zip"),
        (("table", "r", "--standalone"), "--standalone makes a LaTeX document: add --format latex"),
    ):
        code = main(arguments)
        told = capsys.readouterr().err
        assert (code, said in told) == (2, True), told
