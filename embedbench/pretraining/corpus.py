"""Raw text files to train on: which files, how their lines become words, where documents begin."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedbench.data.locate import locate
from embedbench.data.text import empty, numbered_lines
from embedbench.data.tokenisation import VERSION as TOKENISATION
from embedbench.data.tokenisation import sentences_of
from embedbench.errors import ConfigurationError
from embedbench.pretraining.encoded_text import CorpusBuilder, TrainingCorpus
from embedbench.progress import Progress, SilentProgress
from embedbench.types import Sentence


class WordForm(enum.StrEnum):
    """How the lines of a file become words; the names are what a user types."""

    auto = "auto"
    """Recognised by the first lines."""
    spaces = "spaces"
    """One sentence a line, words separated by white space."""
    tagged = "tagged"
    """The same, each word with a tag: `word_TAG`."""
    text = "text"
    """Running text, one or more sentences a line; see `tokenisation`."""


@dataclass(frozen=True)
class CorpusFiles:
    """Raw text files to train on.

    Attributes:
        files: paths, plain or packed (.gz, .xz, .bz2), read in this order; also `gensim:NAME`.
        words: how their lines become words.
        marks: a line that begins with one of these starts a new document and is no text.
        held_out: share of each file's words that is kept from training: its last whole documents, or its last
            sentences where there is only one document.
        longest: words of a sentence; a longer one is cut into several.

    Raises:
        ConfigurationError: a share or a length that cannot be.
    """

    files: Sequence[str]
    words: WordForm = WordForm.auto
    marks: Sequence[str] = ("# book =", "# doc =")
    held_out: float = 0.01
    longest: int = 100

    def __post_init__(self) -> None:
        # Configuration files have lists.
        object.__setattr__(self, "files", tuple(self.files))
        object.__setattr__(self, "marks", tuple(self.marks))
        if not self.files:
            raise ConfigurationError("no corpus is given; expected corpus.files=[FILE,…]")
        if not 0 < self.held_out <= 0.5 or self.longest < 2:
            raise ConfigurationError(
                f"corpus.held_out={self.held_out} and corpus.longest={self.longest} cannot be; expected a share above "
                "0 and at most 0.5, and at least 2 words"
            )


def read_corpus(options: CorpusFiles, progress: Progress | None = None) -> TrainingCorpus:
    """The corpus of raw text files, read line by line; only numbers of words are kept in memory.

    Raises:
        DataError: a file is missing, damaged, or holds less than two sentences.
    """
    builder = CorpusBuilder(options.longest)
    progress = progress or SilentProgress()
    with progress.phase("read the corpus", len(options.files), "files") as advance:
        for spec in options.files:
            path = locate(spec)
            form = recognise(path, options.marks) if options.words is WordForm.auto else options.words
            rules = f"text (rules {TOKENISATION})" if form is WordForm.text else form.value
            builder.add_source(
                _documents(path, form, options.marks), options.held_out, f"{path.name}, words from {rules}"
            )
            advance(1)
    return builder.finish()


_TAGGED = re.compile(r"\S+_[A-Z$.,:()'`#\"-]+\Z")
_LINES_LOOKED_AT = 200


def recognise(path: Path, marks: Sequence[str]) -> WordForm:
    """How the lines of a file become words, judged by its first 200 lines of text.

    `tagged` where nine words in ten carry a tag, `spaces` where nine full stops and commas in ten stand alone, else
    `text`.
    """
    words: list[str] = []
    for count, line in enumerate(_text_lines(path, marks)):
        if count == _LINES_LOOKED_AT:
            break
        words += line.split()
    if words and sum(bool(_TAGGED.match(word)) for word in words) > 0.9 * len(words):
        return WordForm.tagged
    ends = [word for word in words if word[-1] in ".,;?!"]
    alone = sum(len(word) == 1 for word in ends)
    return WordForm.spaces if alone > 0.9 * len(ends) else WordForm.text


def _text_lines(path: Path, marks: Sequence[str]) -> Iterator[str]:
    return (line for _, line in numbered_lines(path) if not line.startswith(tuple(marks)))


def _documents(path: Path, form: WordForm, marks: Sequence[str]) -> Iterator[list[Sentence]]:
    document: list[Sentence] = []
    found = False
    for _, line in numbered_lines(path):
        if marks and line.startswith(tuple(marks)):
            if document:
                yield document
            document = []
            continue
        if form is WordForm.text:
            document += sentences_of(line)
        elif words := line.split():
            if form is WordForm.tagged:
                words = [word.rpartition("_")[0] or word for word in words]
            document.append(tuple(words))
        found = found or bool(document)
    if not found:
        raise empty(path, "sentences")
    if document:
        yield document
