"""A small treebank of several documents on disk: the grammar's trees, with `# newdoc` lines where a test wants them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from embedbench.tasks.grammar import from_spec
from embedbench.types import Split

DOCUMENTS = ("a", "a", "b", "", "a", "c")
"""Of six sentences in a row, their document; one without an id is a document of its own."""


def written(
    folder: Path, documents: Sequence[str] | None = DOCUMENTS, *, first: int = 0, size: int = 12
) -> dict[str, str]:
    """The files of a treebank whose sentences stand in these documents, in turn.

    Args:
        folder: where the files are written.
        documents: of the sentences; None: no `# newdoc` at all.
        first: so many sentences stand above the first `# newdoc`.
        size: sentences of every split.
    """
    folder.mkdir(exist_ok=True)
    files = {}
    for split in Split:
        lines: list[str] = []
        before = None
        for number, sentence in enumerate(from_spec(f"grammar:{split.value}:{size}:5")):
            document = None if documents is None or number < first else documents[number % len(documents)]
            if document is not None and document != before:
                lines.append(f"# newdoc id = {document}" if document else "# newdoc")
            before = document
            lines += [
                "\t".join((str(i), t.form, t.lemma, t.upos, t.xpos, _feats(t.feats), str(t.head), t.deprel, "_", "_"))
                for i, t in enumerate(sentence.tree.tokens, 1)
            ]
            lines.append("")
        path = folder / f"{split.value}.conllu"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        files[split.value] = str(path)
    return files


def _feats(feats) -> str:
    return "|".join(f"{name}={value}" for name, value in feats.items()) or "_"
