"""Edge-probing JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.edge_probing import EdgeSentence, EdgeTarget, read_edge_probing
from embedbench.errors import DataError


def write(folder: Path, *items: Any) -> Path:
    path = folder / "edges.jsonl"
    lines = [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items]
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    return path


def item(text: Any = "a b c", **target: Any) -> dict[str, Any]:
    return {"text": text, "targets": [{"span1": [0, 1], "label": "x", **target}]}


def test_one_span_two_spans_one_label_many_labels(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        item(),
        "",
        item(span2=[1, 3], label=["y", "x"]),
        item(span2=None, label=[]),
        {"text": "none", "targets": []},
    )
    assert read_edge_probing(path) == [
        EdgeSentence(("a", "b", "c"), (EdgeTarget(((0, 1),), ("x",)),), 1),
        EdgeSentence(("a", "b", "c"), (EdgeTarget(((0, 1), (1, 3)), ("y", "x")),), 3),
        EdgeSentence(("a", "b", "c"), (EdgeTarget(((0, 1),), ()),), 4),
        EdgeSentence(("none",), (), 5),
    ]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("{", "expected one JSON object per line; Expecting property name .* at character 2"),
        ("[" * 100_000, "nested too deeply|expected one JSON object"),
        ("[]", "expected a JSON object, found a list"),
        ({"targets": []}, "expected a string under 'text', found nothing"),
        ({"text": "a"}, "expected a list under 'targets', found nothing"),
        (item("a  b"), "word 2 is empty; expected words separated by single spaces"),
        (item(""), "word 1 is empty"),
        ({"text": "a", "targets": [3]}, "target 1: expected a JSON object, found a int"),
        (item(span1=[0, 4]), r"target 1: 'span1': expected a non-empty .* within the 3 words, found \[0, 4\]"),
        (item(span1=[1, 1]), r"found \[1, 1\]"),
        (item(span1=[-1, 1]), r"found \[-1, 1\]"),
        (item(span1=[0, 1.0]), r"'span1': expected \[start, end\], found \[0, 1.0\]"),
        (item(span1=[False, True]), r"expected \[start, end\]"),
        (item(span1=None), r"'span1': expected \[start, end\], found None"),
        (item(span2=[2, 1]), r"'span2': .*found \[2, 1\]"),
        (item(label=None), "expected a string or a list of strings under 'label', found None"),
        (item(label=["x", 1]), "under 'label', found"),
        (item(label=["x", "x"]), "repeat one"),
    ],
)
def test_a_malformed_line_names_file_line_and_problem(tmp_path: Path, wrong: Any, problem: str) -> None:
    path = write(tmp_path, item(), wrong)
    with pytest.raises(DataError, match=f"{path}, line 2: .*({problem})"):
        read_edge_probing(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.raises(DataError, match=f"{path} holds no edge-probing sentences"):
        read_edge_probing(path)


WORDS = st.lists(st.text('ab"\\é漢\u2028', min_size=1), min_size=1, max_size=6)


@settings(max_examples=40)
@given(WORDS, st.data())
def test_sentences_survive_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], data: st.DataObject
) -> None:
    spans = st.integers(0, len(words) - 1).flatmap(
        lambda start: st.tuples(st.just(start), st.integers(start + 1, len(words)))
    )
    characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    labels = st.lists(st.text(characters, min_size=1), unique=True)
    targets = data.draw(st.lists(st.tuples(spans, spans, labels), max_size=3))
    raw = [{"span1": one, "span2": two, "label": names} for one, two, names in targets]
    path = tmp_path_factory.mktemp("edges") / "edges.jsonl"
    path.write_text(json.dumps({"text": " ".join(words), "targets": raw}), encoding="utf-8")
    expected = tuple(EdgeTarget((one, two), tuple(names)) for one, two, names in targets)
    assert read_edge_probing(path) == [EdgeSentence(tuple(words), expected, 1)]
