"""Records as plain JSON values, and back."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from embedbench.errors import DataError, NumericalError
from embedbench.files.strict_json import parse_json
from embedbench.probing.trials import Trial
from embedbench.results.checksums import sealed, unsealed
from embedbench.results.row_kinds import check_plain, check_row, check_texts
from embedbench.results.schema import (
    PREDICTIONS,
    SCHEMA,
    Failure,
    MemberTraining,
    MixWeights,
    Phase,
    Record,
    Score,
    Status,
)


def to_json(record: Record) -> dict[str, Any]:
    """The record as plain JSON values."""
    plain = dataclasses.asdict(record)
    return {"schema": plain.pop("schema"), **plain}


def to_text(record: Record, predictions: bytes | None) -> bytes:
    """The text of a record's file, with checksums of itself and of the file of predictions beside it.

    Raises:
        ValueError: the record has a number that is not finite.
    """
    return sealed(json.dumps(to_json(record), ensure_ascii=False, allow_nan=False).encode(), predictions)


_BEFORE_SUBSETS, _AFTER_SUBSETS = b', "subset_scores": [', b'], "mix_weights": ['
"""What stands around the scores on subsets in the text of a record; quotes in strings have a backslash before them."""


def from_text(text: bytes, where: str = "this record") -> Record:
    """The record in the bytes of a file.

    The scores on subsets are most of the text of a task of words, and most tables never look at them: they are read
    when they are first asked for.

    Args:
        text: the bytes.
        where: names them in what is said later.

    Raises:
        DataError: it is half-written, foreign, damaged, of a newer schema, or nested too deep.
    """
    text = unsealed(text)
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
    record.__dict__["_later"] = functools.partial(_subset_scores, text[start:end], where)
    return record


def _subset_scores(text: bytes, where: str) -> tuple[Score, ...]:
    try:
        return tuple(_with_tuples(Score, _parsed(b"[" + text + b"]")))
    except KeyError as error:
        raise DataError(f"the scores on subsets of {where} lack {error}") from error
    except (TypeError, AttributeError, DataError, NumericalError) as error:
        raise DataError(f"the scores on subsets of {where} are malformed: {error}") from error


def _parsed(text: bytes) -> Any:
    try:
        if _SUSPECT.search(text):
            return parse_json(text.decode("utf-8"))
        # In UTF-8 alone: `json` takes UTF-16 as well, and halves of characters.
        return json.loads(text.decode("utf-8"), parse_constant=_refuse)
    except ValueError as error:
        raise DataError(f"this is not JSON, it may be half-written: {error}") from error
    except RecursionError as error:
        raise DataError("this is not a record: its JSON is nested too deep") from error


_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""What no record of ours has: zero bytes and halves of characters in strings."""


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def from_json(plain: Any) -> Record:
    """The record of plain JSON values.

    Takes the values over: the lists inside `plain` may be replaced.

    Raises:
        DataError: it is not a record, it is a newer one, or a part is missing, unknown or of the wrong kind.
    """
    if not isinstance(plain, dict) or type(plain.get("schema")) is not int:
        raise DataError("this is not a record of embedbench: it has no schema number")
    if plain["schema"] > SCHEMA:
        raise DataError(
            f"this record was written by a newer embedbench (schema {plain['schema']}, this one reads {SCHEMA}); "
            "upgrade embedbench to read it"
        )
    try:
        values = dict(plain)
        values["status"] = Status(values["status"])
        values["layer_names"] = check_texts("layer_names", values["layer_names"])
        values["label_names"] = check_texts("label_names", values.get("label_names", ()))
        for name, kind in (("scores", Score), ("baselines", Score), ("mix_weights", MixWeights)):
            values[name] = tuple(_with_tuples(kind, _rows(name, values[name])))
        # Records older than the field had the limit in their configuration alone.
        config = values.get("config")
        values.setdefault("limit", config.get("limit") if isinstance(config, Mapping) else None)
        values["subset_scores"] = tuple(_with_tuples(Score, _rows("subset_scores", values.get("subset_scores", ()))))
        values["training"] = tuple(_built(MemberTraining, row) for row in _rows("training", values["training"]))
        values["trials"] = tuple(_built(Trial, row) for row in _rows("trials", values.get("trials", ())))
        values["phases"] = tuple(_built(Phase, row) for row in _rows("phases", values["phases"]))
        values["error"] = None if values["error"] is None else _built(Failure, values["error"])
        _check(values)
        return Record(**values)
    except KeyError as error:
        raise DataError(f"this record lacks {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"this record is malformed: {error}") from error


def _check(values: dict[str, Any]) -> None:
    """Raises unless the parts of a record that are no rows are of their kinds."""
    for name in ("identity", "extractor", "task", "probe", "metric", "started", "finished"):
        if not isinstance(values[name], str):
            raise DataError(f"the {name} of the record is {repr(values[name])[:80]}; it must be a string")
    for name in ("alignment", "config", "environment", "fingerprints", "precision"):
        if not isinstance(values.get(name, {}), Mapping):
            raise DataError(f"the {name} of the record is {repr(values[name])[:80]}; it must be an object")
        check_plain(name, values.get(name, {}))
    check_texts("fingerprints", list(values.get("fingerprints", {}).values()))
    for counts in values.get("alignment", {}).values():
        if not isinstance(counts, Mapping) or not all(type(count) is int for count in counts.values()):
            raise DataError(f"the alignment of the record has {repr(counts)[:80]}; expected numbers of words")
    if not isinstance(values.get("cluster", ""), str):
        raise DataError(f"the cluster of the record is {repr(values['cluster'])[:80]}; it must be a string")
    limit = values["limit"]
    if limit is not None and type(limit) is not int:
        raise DataError(f"the limit of the record is {repr(limit)[:80]}; it must be a number of sentences, or null")
    if values.get("predictions") not in (None, PREDICTIONS):
        raise DataError(f"the predictions of the record are in {repr(values['predictions'])[:80]}, not {PREDICTIONS}")


def _rows(name: str, value: Any) -> Iterable[dict[str, Any]]:
    if not isinstance(value, list | tuple):
        raise DataError(f"the {name} of the record are {repr(value)[:80]}; expected a list")
    return value


def _with_tuples(kind: Any, rows: Iterable[dict[str, Any]]) -> Iterable[Any]:
    """JSON has no tuples; the one list of each row becomes one."""
    column = "per_seed" if kind is Score else "weights"
    for row in rows:
        if not isinstance(row[column], list | tuple):
            raise DataError(f"the {column} of a {kind.__name__} is {repr(row[column])[:80]}; it must be a list")
        row[column] = tuple(row[column])
        yield _built(kind, row)


_Kind = TypeVar("_Kind")


def _built(kind: type[_Kind], row: dict[str, Any]) -> _Kind:
    """The frozen dataclass of a row; thousands of records hold hundreds of rows each.

    A frozen dataclass sets its fields one by one, which is most of the time of reading; a row that has exactly its
    fields becomes its dictionary as it is.
    """
    if row.keys() != kind.__dataclass_fields__.keys():  # type: ignore[attr-defined]
        made = kind(**row)  # fills in defaults, and names what is missing or unknown
    else:
        made = object.__new__(kind)
        object.__setattr__(made, "__dict__", row)
    check_row(made)
    return made
