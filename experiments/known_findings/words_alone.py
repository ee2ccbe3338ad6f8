"""Every word of English-EWT as a sentence of its own, for findings 9 and 11: layer 0 of MiniLM without positions.

python experiments/known_findings/words_alone.py FILE      # reads $EMBEDBENCH_DATA/ud/en_ewt-ud-*.conllu.gz
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from embedbench.data.conllu import read_conllu


def main(file: Path) -> None:
    """Writes one word a line, each once."""
    words: dict[str, None] = {}
    for split in ("train", "dev", "test"):
        for sentence in read_conllu(Path(os.environ["EMBEDBENCH_DATA"]) / "ud" / f"en_ewt-ud-{split}.conllu.gz"):
            words |= dict.fromkeys(token.form for token in sentence.tokens)
    file.write_text("".join(f"{word}\n" for word in words), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
