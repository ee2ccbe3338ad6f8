"""A model and a treebank by name from a Hub that moves on: the record names the commits, a rerun reads the same."""

from __future__ import annotations

import json

import pytest
import tiny_models
from fake_hub import fake_hub
from small_cells import SMALL

TREES = "".join(
    f"1\t{subject}\t_\tNOUN\t_\t_\t2\tnsubj\t_\t_\n2\t{verb}\t_\tVERB\t_\t_\t0\troot\t_\t_\n\n"
    for subject in ("dogs", "cats", "birds", "SPLIT")
    for verb in ("sleep", "eat")
)
QUICK = [override for override in SMALL if not override.startswith(("task.", "extractor."))]


@pytest.mark.slow
def test_commits_are_recorded_and_read_again(embedbench, tmp_path):
    tiny_models.save("bert", tmp_path / "tiny")
    model = {path.name: path.read_bytes() for path in (tmp_path / "tiny").iterdir()}
    trees = {f"{split}.conllu": TREES.replace("SPLIT", split).encode() for split in ("train", "dev", "test")}
    files = ", ".join(f"{split}: 'hub:me/trees/{split}.conllu'" for split in ("train", "dev", "test"))
    asked = ("extractor=transformer", "extractor.model=me/tiny", "task=upos", f"task.files={{{files}}}", *QUICK)
    with fake_hub() as hub:
        network = {
            "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "hf"), "no_proxy": "127.0.0.1",
            "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
        }  # fmt: skip
        commits = {
            "hub:me/tiny": hub.add("me/tiny", model),
            "hub:datasets/me/trees": hub.add("datasets/me/trees", trees),
        }
        ended = embedbench("run", *asked, "results=r", **network)
        assert ended.returncode == 0, ended.stderr
        [path] = (tmp_path / "r").rglob("record.json")
        record = json.loads(path.read_text("utf-8"))
        assert {key: value for key, value in record["fingerprints"].items() if key in commits} == commits
        assert embedbench("export", "r", "b.zip").returncode == 0

        # The branches move on; another machine has an empty cache, and is asked for what was read then.
        hub.add("me/tiny", model | {"config.json": model["config.json"] + b"\n"})
        hub.add("datasets/me/trees", {name: body + body for name, body in trees.items()})
        again = embedbench("reproduce", "b.zip", **network | {"HF_HOME": str(tmp_path / "other")})
        assert again.returncode == 0, again.stdout + again.stderr
        assert "no difference" in again.stdout
