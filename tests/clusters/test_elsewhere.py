"""A call that is made in one process and happens in another, in the surroundings of the first."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from embedbench.clusters.elsewhere import Elsewhere
from embedbench.errors import ConfigurationError

CALL = "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1]))('b'))"


def test_folder_and_settings_go_along_and_tokens_do_not(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("EMBEDBENCH_CACHE", "mine")
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.delenv("EMBEDBENCH_DATA", raising=False)

    def told(word):
        return [word, str(Path.cwd()), os.environ.get("EMBEDBENCH_CACHE"), os.environ.get("EMBEDBENCH_DATA")]

    call = Elsewhere.of(told)
    assert b"secret" not in pickle.dumps(call)
    # Another process, with other settings, in another folder.
    done = subprocess.run(
        [sys.executable, "-c", CALL, pickle.dumps(call).hex()],
        cwd="/",
        env={**os.environ, "EMBEDBENCH_CACHE": "other", "EMBEDBENCH_DATA": "other"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(["b", str(tmp_path / "here"), "mine", None])


def test_a_machine_without_the_folder_is_refused_in_a_sentence(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    call = Elsewhere.of(len)
    monkeypatch.chdir(tmp_path)
    Path(gone).rmdir()
    with pytest.raises(ConfigurationError, match=f"has no folder {gone}.*share"):
        call("ab")
