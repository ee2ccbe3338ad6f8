"""Records as plain JSON values, and back."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable
from typing import Any, TypeVar

from embedbench.errors import DataError
from embedbench.probing.trials import Trial
from embedbench.results.schema import SCHEMA, Failure, MemberTraining, MixWeights, Phase, Record, Score, Status


def to_json(record: Record) -> dict[str, Any]:
    """The record as plain JSON values."""
    plain = dataclasses.asdict(record)
    return {"schema": plain.pop("schema"), **plain}


_BEFORE_SUBSETS, _AFTER_SUBSETS = b', "subset_scores": [', b'], "mix_weights": ['
"""What stands around the scores on subsets in the text of a record; quotes in strings have a backslash before them."""


def from_text(text: bytes) -> Record:
    """The record in the bytes of a file.

    The scores on subsets are most of the text of a task of words, and most tables never look at them: they are read
    when they are first asked for.

    Raises:
        DataError: it is half-written, foreign, of a newer schema, or nested too deep.
    """
    start = text.find(_BEFORE_SUBSETS)
    end = text.find(_AFTER_SUBSETS, start) if start >= 0 else -1
    start += len(_BEFORE_SUBSETS)
    if end <= start:
        return from_json(_parsed(text))
    try:
        record = from_json(_parsed(text[:start] + text[end:]))
    except DataError:
        return from_json(_parsed(text))  # it says what is wrong, and where
    del record.__dict__["subset_scores"]
    record.__dict__["_later"] = functools.partial(_subset_scores, text[start:end])
    return record


def _subset_scores(text: bytes) -> tuple[Score, ...]:
    try:
        return tuple(_with_tuples(Score, _parsed(b"[" + text + b"]")))
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"the scores on subsets of this record are malformed: {error}") from error


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise DataError(f"this is not JSON, it may be half-written: {error}") from error
    except RecursionError as error:
        raise DataError("this is not a record: its JSON is nested too deep") from error


def from_json(plain: Any) -> Record:
    """The record of plain JSON values.

    Takes the values over: the lists inside `plain` may be replaced.

    Raises:
        DataError: it is not a record, it is a newer one, or a part is missing, unknown or of the wrong kind.
    """
    if not isinstance(plain, dict) or not isinstance(plain.get("schema"), int):
        raise DataError("this is not a record of embedbench: it has no schema number")
    if plain["schema"] > SCHEMA:
        raise DataError(
            f"this record was written by a newer embedbench (schema {plain['schema']}, this one reads {SCHEMA}); "
            "upgrade embedbench to read it"
        )
    try:
        values = dict(plain)
        values["status"] = Status(values["status"])
        values["layer_names"] = tuple(values["layer_names"])
        values["label_names"] = tuple(values.get("label_names", ()))
        for name, kind in (("scores", Score), ("baselines", Score), ("mix_weights", MixWeights)):
            values[name] = tuple(_with_tuples(kind, values[name]))
        # Records older than the field had the limit in their configuration alone.
        values.setdefault("limit", values.get("config", {}).get("limit"))
        values["subset_scores"] = tuple(_with_tuples(Score, values.get("subset_scores", ())))
        values["training"] = tuple(_built(MemberTraining, row) for row in values["training"])
        values["trials"] = tuple(_built(Trial, row) for row in values.get("trials", ()))
        values["phases"] = tuple(Phase(**row) for row in values["phases"])
        values["error"] = None if values["error"] is None else Failure(**values["error"])
        for name in ("identity", "extractor", "task", "probe", "metric"):
            if not isinstance(values[name], str):
                raise DataError(f"the {name} of the record is {values[name]!r}; it must be a string")
        return Record(**values)
    except KeyError as error:
        raise DataError(f"this record lacks {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"this record is malformed: {error}") from error


def _with_tuples(kind: Any, rows: Iterable[dict[str, Any]]) -> Iterable[Any]:
    """JSON has no tuples; the one list of each row becomes one."""
    column = "per_seed" if kind is Score else "weights"
    for row in rows:
        row[column] = tuple(row[column])
        yield _built(kind, row)


_Kind = TypeVar("_Kind")


def _built(kind: type[_Kind], row: dict[str, Any]) -> _Kind:
    """The frozen dataclass of a row; thousands of records hold hundreds of rows each.

    A frozen dataclass sets its fields one by one, which is most of the time of reading; a row that has exactly its
    fields becomes its dictionary as it is.
    """
    if row.keys() != kind.__dataclass_fields__.keys():  # type: ignore[attr-defined]
        return kind(**row)  # fills in defaults, and names what is missing or unknown
    made = object.__new__(kind)
    object.__setattr__(made, "__dict__", row)
    if kind is Score:
        made.__post_init__()  # type: ignore[attr-defined]
    return made
