"""Sentences of the Gutenberg books, for finding 9 with more text than English-EWT has: train, dev and test by book.

python experiments/known_findings/more_text.py FOLDER      # reads $EMBEDBENCH_DATA/corpus/gutenberg_books.txt.xz
"""

from __future__ import annotations

import lzma
import os
import sys
from pathlib import Path

from embedbench.data.tokenisation import sentences_of

SIZES = {"train": 40_000, "dev": 4_000, "test": 4_000}
SHORTEST, LONGEST = 5, 28
"""Words of a sentence, as in Conneau et al. 2018."""


def main(folder: Path) -> None:
    """Writes three files, a sentence per line; no book and no sentence is in two of them."""
    books: list[list[str]] = []
    text = Path(os.environ["EMBEDBENCH_DATA"]) / "corpus" / "gutenberg_books.txt.xz"
    with lzma.open(text, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("# book = "):
                books.append([])
            else:
                books[-1] += [" ".join(s) for s in sentences_of(line) if SHORTEST <= len(s) <= LONGEST]
    folder.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    # The last books of the file are what nothing in the package was trained on.
    for which, own in (("test", books[-1:]), ("dev", books[-3:-1]), ("train", books[:-3])):
        fresh = list(dict.fromkeys(sentence for book in own for sentence in book if sentence not in seen))
        step = max(len(fresh) // SIZES[which], 1)
        kept = fresh[::step][: SIZES[which]]
        seen |= set(kept)
        (folder / f"{which}.txt").write_text("\n".join(kept) + "\n", encoding="utf-8")
        print(f"{which}: {len(kept):,} sentences of {len(own)} books")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
