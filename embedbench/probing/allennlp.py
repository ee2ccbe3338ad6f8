"""Whether allennlp-light is installed, which two probes take well-tested algorithms from."""

from __future__ import annotations

from importlib.util import find_spec

from embedbench.errors import MissingExtraError


def require_allennlp(needed_by: str) -> None:
    """Refuses to go on without allennlp-light; imports nothing.

    Raises:
        MissingExtraError: it is not installed.
    """
    # Its modules import tango, which comes with the same extra.
    if find_spec("allennlp_light") is None or find_spec("tango") is None:
        raise MissingExtraError(needed_by=needed_by, package="allennlp-light", extra="elmo")
