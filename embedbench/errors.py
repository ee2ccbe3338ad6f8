"""The errors a user can meet: one sentence that says what, where, expected, got, and what to do next.

Exit codes of the command line follow the class: `ConfigurationError` and its children are wrong usage (2),
every other `EmbedbenchError` is a failed cell (1).
"""

from __future__ import annotations


class EmbedbenchError(Exception):
    """Anything embedbench refuses, said in one sentence."""


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


class NumericalError(EmbedbenchError):
    """A NaN or an infinity appeared where only finite numbers may be."""


class ContractError(EmbedbenchError):
    """A backend, task, probe or mix broke the contract that every one of its kind keeps."""


class AddOnWarning(UserWarning):
    """An installed package that extends embedbench cannot be loaded; what it would add is missing."""
