"""Nothing that is read runs code: the syntax tree of the whole package is searched for the ways in which it could."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import embedbench
from embedbench.errors import DataError
from embedbench.extractors.precomputed import Precomputed
from embedbench.extractors.transformer import Transformer

PACKAGE = Path(embedbench.__file__).parent
TREES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}

FORBIDDEN_IMPORTS = {"marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle"}
UNPICKLERS = {"pickle": {"loads", "load", "Unpickler"}, "pandas": {"read_pickle"}}
ALLOWED = {
    # A copy of an extractor goes to a worker process and back; its bytes come from this very process.
    ("extractors/contract_description.py", "pickle.loads"),
    # gensim's own format, behind `trust`.
    ("extractors/word2vec.py", "KeyedVectors.load"),
}


def calls():
    """Every call in the package: file, dotted name, keywords by name."""
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield file, ast.unparse(node.func), {keyword.arg: keyword.value for keyword in node.keywords}, node


def constant(keywords, name):
    value = keywords.get(name)
    return value.value if isinstance(value, ast.Constant) else None


def test_nothing_is_unpickled():
    found = set()
    for file, name, _, _ in calls():
        module, _, function = name.rpartition(".")
        if function in UNPICKLERS.get(module, ()) or name in ("KeyedVectors.load", "FastText.load", "Word2Vec.load"):
            found.add((file, name))
    assert found == ALLOWED
    imported = {
        (file, alias.name)
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.name.partition(".")[0] in FORBIDDEN_IMPORTS or getattr(node, "module", None) in FORBIDDEN_IMPORTS
    }
    # A cell's call goes from the command to the processes that SLURM or Ray starts for it, which pickle it anyway.
    assert imported == {("clusters/elsewhere.py", "cloudpickle")}


def test_torch_loads_weights_only():
    found = [(file, keywords) for file, name, keywords, _ in calls() if name == "torch.load"]
    assert found, "the test no longer sees the calls"
    for file, keywords in found:
        assert constant(keywords, "weights_only") is True, file


def test_numpy_loads_without_pickle():
    found = [(file, keywords) for file, name, keywords, _ in calls() if name in ("np.load", "numpy.load")]
    assert found, "the test no longer sees the calls"
    for file, keywords in found:
        assert constant(keywords, "allow_pickle") is False, file


def test_nothing_is_evaluated():
    found = {
        (file, name) for file, name, _, _ in calls() if name in ("eval", "exec", "compile", "os.system", "os.popen")
    }
    assert found == set()
    shells = [file for file, _, keywords, _ in calls() if constant(keywords, "shell") is True]
    assert shells == []


def test_yaml_is_read_safely():
    found = {(file, name) for file, name, _, _ in calls() if name.startswith("yaml.") and "safe" not in name}
    assert found <= {(file, name) for file, name in found if name.endswith("dump")}


def test_archives_are_never_unpacked_onto_the_disk():
    unsafe = {"extractall", "extract", "unpack_archive"}
    found = {
        (file, name)
        for file, name, _, _ in calls()
        if name.rpartition(".")[2] in unsafe and name.rpartition(".")[0].rpartition(".")[2] in ("archive", "zip", "tar",
                                                                                                "shutil", "opened")
    }  # fmt: skip
    assert found == set()


def test_remote_code_is_off_unless_asked_for():
    assert Transformer(model="x").trust_remote_code is False
    for file, _, keywords, node in calls():
        if "trust_remote_code" in keywords:
            handed = ast.unparse(keywords["trust_remote_code"])
            assert handed in ("trust_remote_code", "self.trust_remote_code"), f"{file}, line {node.lineno}"


@pytest.mark.parametrize("kind", ["O", "|O"])
def test_an_npz_file_with_a_pickle_is_refused_unread(tmp_path, kind):
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    array = np.empty(1, dtype=kind)
    array[0] = Bomb()
    np.savez(tmp_path / "a.npz", **{"0": array}, allow_pickle=True)
    (tmp_path / "a.txt").write_text("word\n", "utf-8")
    with pytest.raises(DataError, match=r"a\.npz cannot be read: its objects are pickled"):
        Precomputed(path=str(tmp_path / "a.npz"), sentences=str(tmp_path / "a.txt")).extract([("word",)])
    assert not (tmp_path / "ran").exists()
