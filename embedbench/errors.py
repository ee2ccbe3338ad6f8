"""The errors a user can meet: one sentence that says what, where, expected, got, and what to do next.

Exit codes of the command line follow the class: `ConfigurationError` and its children are wrong usage (2),
every other `EmbedbenchError` is a failed cell (1).
"""

from __future__ import annotations

_LONGEST = 1_000
"""Characters of a message; the middle of a longer one, such as a word of ten thousand letters, is left out."""


class EmbedbenchError(Exception):
    r"""Anything embedbench refuses, said in one sentence.

    As text it is one line that any terminal can show, whatever the file contains that it quotes.

    >>> str(EmbedbenchError("found 'a\x1b[2J\tb', expected a word"))
    "found 'a\\x1b[2J\\tb', expected a word"
    """

    def __str__(self) -> str:
        return one_line(super().__str__())


def one_line(text: str) -> str:
    """The text as one line that any terminal can show, its middle left out where it is very long."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 300]} … {text[-300:]}"
    if text.isprintable():
        return text
    # Line breaks, terminal codes, zero-width and half characters of a quoted file.
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class ConfigurationError(EmbedbenchError):
    """The user asked for something that does not exist or does not fit together."""


class MissingExtraError(ConfigurationError):
    """A backend needs an optional dependency that is not installed."""

    def __init__(self, *, needed_by: str, package: str, extra: str) -> None:
        super().__init__(
            f"{needed_by} needs the package {package}, which is not installed; "
            f"install it with: pip install 'embedbench[{extra}]'"
        )


class DataError(EmbedbenchError):
    """A data file is missing, malformed or damaged."""


class StoreError(EmbedbenchError):
    """A store of word vectors cannot be written, is too large, or is damaged beyond rebuilding."""


class ClusterError(EmbedbenchError):
    """An engine that runs work elsewhere, SLURM or Ray, cannot be reached or refuses the work."""


class NumericalError(EmbedbenchError):
    """A NaN or an infinity appeared where only finite numbers may be."""


class ContractError(EmbedbenchError):
    """A backend, task, probe or mix broke the contract that every one of its kind keeps."""


class AddOnWarning(UserWarning):
    """An installed package that extends embedbench cannot be loaded; what it would add is missing."""
