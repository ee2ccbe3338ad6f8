"""What cells leave on disk, and bundles of it: records, predictions, zip files, files of running cells."""

from __future__ import annotations

import io
import json
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl

from embedbench.errors import EmbedbenchError
from embedbench.results.archive import write_archive
from embedbench.results.plain_json import to_json, to_text
from embedbench.results.predictions import Predictions, member_column, read_predictions
from embedbench.results.reading import Results, frame, read_record, read_records
from embedbench.results.running import running_cells
from embedbench.results.schema import Failure, MemberTraining, MixWeights, Phase, Record, Score, Status
from embedbench.results.writing import write_record
from fuzzing.mutations import BYTES, JSON_FILE, Mutation, mutated
from fuzzing.nasty import STRINGS
from fuzzing.subject import Subject, WrongValueError, expect


def _record() -> Record:
    score = Score("elmo", "single:1", "task", "test", "accuracy", 0.9, 0.85, 0.95, 6, 3, 2, (0.89, 0.91))
    return Record(
        status=Status.DONE, identity="0123456789abcdef", extractor="elmo", task="upos", probe="linear",
        metric="accuracy", started="2026-01-01T00:00:00+00:00", finished="2026-01-01T00:01:00+00:00",
        layer_names=("characters", "lstm1"), label_names=("NOUN", "שם"), scores=(score,),
        baselines=(replace(score, extractor="majority", mix="none", labels="none"),),
        subset_scores=(replace(score, subset="seen", n=4),),
        mix_weights=(MixWeights("scalar", "task", 0, (0.25, 0.75), 1.5),),
        training=(MemberTraining("single:1", "task", 0, 4, 0.91, 99, 0.01),),
        alignment={"test": {"words": 6, "windowed": 0}}, config={"task": {"name": "upos"}, "limit": None, "x": 0.5},
        environment={"python": "3.11.7"}, fingerprints={"task": "abc", "extractor": "def"},
        phases=(Phase("extraction", 1.5, 1_000_000),), precision={"computed": "fp32"},
    )  # fmt: skip


@cache
def _cell() -> tuple[bytes, bytes]:
    """The record and the predictions of a finished cell, as they are written."""
    gold = np.array([0, 1, 0, 1, 0, 0])
    members = {member_column("single:1", "task", seed): gold for seed in (0, 1)}
    predictions = Predictions(np.arange(6) // 2, {"task": gold}, members, {"seen": gold == 0})
    with tempfile.TemporaryDirectory() as folder:
        written = write_record(Path(folder), _record(), predictions)
        return (written / "record.json").read_bytes(), (written / "predictions.parquet").read_bytes()


@cache
def _records() -> tuple[bytes, ...]:
    """One with checksums, the same without, a failed one, and one older than most fields."""
    whole = _record()
    failed = replace(whole, status=Status.FAILED, error=Failure("DataError", "no file"), scores=(), baselines=())
    old = to_json(whole)
    for name in ("label_names", "subset_scores", "trials", "precision", "limit"):
        del old[name]
    plain = [json.dumps(to_json(record), ensure_ascii=False).encode() for record in (whole, failed)]
    return _cell()[0], to_text(failed, None), *plain, json.dumps(old).encode()


def _use(record: Record) -> None:
    """Whatever commands do with a record must work; parts that are read late are read now."""
    if record.subset_scores:
        frame([replace(record, scores=record.subset_scores)])
    frame([record])
    json.dumps(to_json(record), ensure_ascii=False, allow_nan=False).encode()


def _read_record(path: Path) -> Record:
    record = read_record(path)
    _use(record)
    return record


def check_record(record: Record, content: bytes) -> None:
    raw = json.loads(content)
    if "checksum" in raw:
        expect(content, _cell()[0] if record.predictions else to_text(record, None), "a sealed record")
    raw.pop("checksum", None)
    again = json.loads(json.dumps(to_json(record)))
    for name, value in raw.items():
        if name in ("scores", "baselines", "subset_scores", "trials", "training"):
            for row, wanted in zip(again[name], value, strict=True):
                expect({key: row[key] for key in wanted}, wanted, name)
        elif name == "error" and value is not None:  # its traceback may be absent
            expect({key: again[name][key] for key in value}, value, name)
        else:
            expect(again[name], value, name)
    for name in ("identity", "extractor", "task", "probe", "metric", "started", "finished"):
        if not isinstance(raw[name], str):
            raise WrongValueError(f"{name} is {raw[name]!r}")


def _read_folder(path: Path) -> Results:
    found = read_records(path.parent)
    for record in found.records:
        _use(record)
    for problem in found.problems:
        if not str(problem).isprintable() or path.name not in str(problem) or len(str(problem)) > 1200:
            raise WrongValueError(f"the problem {str(problem)[:200]!r} is no sentence that names the file")
    expect(len(found.records) + len(found.problems), 1, "records and problems")
    return found


def check_nothing(_value: Any, _content: bytes) -> None:
    """What had to be checked was checked while reading."""


def _read_predictions(path: Path) -> pl.DataFrame:
    return read_predictions(path.parent)


def check_predictions(found: pl.DataFrame, content: bytes) -> None:
    expect(content, _cell()[1], "predictions that belong to the record")


def _read_old_predictions(path: Path) -> pl.DataFrame:
    found = read_predictions(path.parent)
    read_predictions(path.parent, found.columns[:1])
    return found


def check_old_predictions(found: pl.DataFrame, content: bytes) -> None:
    expect(all(kind.is_numeric() or kind == pl.Boolean for kind in found.dtypes), True, "columns of numbers")
    expect(found.width * found.height < 1 << 26, True, "a table of honest size")


def _beside_predictions(folder: Path) -> None:
    (folder / "record.json").write_bytes(_cell()[0])


@cache
def _parquets() -> tuple[bytes, ...]:
    """A valid table, and one that stands for a thousand million numbers."""
    buffer = io.BytesIO()
    pl.DataFrame({"target": pl.zeros(1 << 24, pl.Int8, eager=True)}).write_parquet(buffer, compression="zstd")
    texts = io.BytesIO()
    pl.DataFrame({"target": ["a", "b"], "cluster": [[1], [2]]}).write_parquet(texts)
    return _cell()[1], buffer.getvalue(), texts.getvalue()


@cache
def _bundle() -> tuple[bytes, ...]:
    record, predictions = _cell()
    folder = "records/elmo/upos/linear-0123456789ab"
    members = {"manifest.json": b'{"bundle": 1}', f"{folder}/record.json": record,
               f"{folder}/predictions.parquet": predictions, "table.txt": b"a table"}  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "a.zip")
        write_archive(path, members)
        return (path.read_bytes(),)


def _rebuilt(change: Callable[[zipfile.ZipInfo, bytes, Random], tuple[zipfile.ZipInfo, bytes]]) -> Mutation:
    """A zip file with one member changed before it is packed."""

    def mutation(content: bytes, rng: Random) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as old:
                members = [(info, old.read(info)) for info in old.infolist()]
        except Exception:
            return content
        if not members or sum(len(raw) for _, raw in members) > 1 << 22:
            return content
        at = rng.randrange(len(members))
        members[at] = change(*members[at], rng)
        buffer = io.BytesIO()
        try:
            with zipfile.ZipFile(buffer, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as new:
                for info, raw in members:
                    new.writestr(info, raw)
        except Exception:  # a name that zipfile itself does not write
            return content
        return buffer.getvalue()

    return mutation


def _renamed(info: zipfile.ZipInfo, raw: bytes, rng: Random) -> tuple[zipfile.ZipInfo, bytes]:
    name = rng.choice(("../" * rng.randrange(1, 9), "/", "C:/", "a/../../", "./", "//", "records\\", "\x7f", "a:b/"))
    new = zipfile.ZipInfo(name + info.filename if rng.randrange(2) else rng.choice(STRINGS) + info.filename)
    new.compress_type = info.compress_type
    return new, raw


def _linked(info: zipfile.ZipInfo, raw: bytes, rng: Random) -> tuple[zipfile.ZipInfo, bytes]:
    new = zipfile.ZipInfo(info.filename)
    new.external_attr = (rng.choice((stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK)) | 0o777) << 16
    return new, b"/etc/passwd"


def _changed(info: zipfile.ZipInfo, raw: bytes, rng: Random) -> tuple[zipfile.ZipInfo, bytes]:
    new = zipfile.ZipInfo(info.filename)
    new.compress_type = zipfile.ZIP_DEFLATED
    return new, mutated(raw, JSON_FILE if raw[:1] == b"{" else BYTES, rng)


def _bomb(info: zipfile.ZipInfo, raw: bytes, rng: Random) -> tuple[zipfile.ZipInfo, bytes]:
    new = zipfile.ZipInfo(info.filename)
    new.compress_type = zipfile.ZIP_DEFLATED
    return new, b" " * (rng.choice((1, 16)) << 18) + raw


def _sizes(content: bytes, rng: Random) -> bytes:
    """The sizes, offsets or counts of the zip's directory say something else."""
    places = [i for mark in (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06") for i in _found(content, mark)]
    if not places:
        return content
    at = rng.choice(places) + rng.choice((6, 8, 10, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 38, 42))
    new = struct.pack("<L", rng.choice((0, 1, 10, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE, rng.getrandbits(32))))
    return content[:at] + new + content[at + 4 :]


def _found(content: bytes, mark: bytes) -> list[int]:
    places, at = [], content.find(mark)
    while at >= 0:
        places.append(at)
        at = content.find(mark, at + 1)
    return places


ZIP: tuple[Mutation, ...] = (
    *BYTES, *map(_rebuilt, (_renamed, _linked, _changed, _changed, _bomb)), _sizes, _sizes, _sizes,
)  # fmt: skip


def _read_bundle(path: Path) -> Results:
    found = read_records(path)
    for record, folder in zip(found.records, found.folders, strict=True):
        _use(record)
        try:
            read_predictions(folder)
        except EmbedbenchError as error:
            if path.name not in str(error) or not str(error).isprintable():
                raise WrongValueError(f"{str(error)[:200]!r} is no sentence that names the file") from error
    for problem in found.problems:
        if path.name not in str(problem) or not str(problem).isprintable() or len(str(problem)) > 1200:
            raise WrongValueError(f"the problem {str(problem)[:200]!r} is no sentence that names the file")
    return found


def check_bundle(found: Results, content: bytes) -> None:
    expect(len(found.records) <= 4, True, "no more records than members")
    left = [path.name for path in Path("/tmp").glob("passwd*")]
    expect(left, [], "files outside")


RUNNING = json.dumps(
    {"extractor": "elmo", "task": "upos", "started": "2026-01-01T00:00:00+00:00", "host": "h", "process": 17}
).encode()


def _read_running(path: Path) -> Any:
    cells = running_cells(path.parents[1])
    return cells, [cell.lost for cell in cells]


SUBJECTS = (
    Subject("record.json", "record.json", _records, _read_record, check_record, JSON_FILE),
    Subject("folder of records", "record.json", _records, _read_folder, check_nothing, JSON_FILE, share=0.3),
    Subject("predictions.parquet", "predictions.parquet", lambda: (_cell()[1],), _read_predictions, check_predictions,
            BYTES, share=0.3, prepare=_beside_predictions),
    Subject("predictions without a record", "predictions.parquet", _parquets, _read_old_predictions,
            check_old_predictions, BYTES, share=0.3),
    Subject("bundle", "a.zip", _bundle, _read_bundle, check_bundle, ZIP, share=0.5),
    Subject("running cells", ".running/a.json", lambda: (RUNNING,), _read_running, check_nothing, JSON_FILE, share=0.3,
            prepare=lambda folder: (folder / ".running").mkdir(exist_ok=True)),
)  # fmt: skip
