"""A valid input with one to four things wrong with it; the same generator state gives the same bytes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from random import Random
from typing import Any

from fuzzing.nasty import JSON_VALUES, LONG_WORD, NOT_UTF8, NUMBERS, STRINGS

Mutation = Callable[[bytes, Random], bytes]

MAX_BYTES = 1 << 20
"""No input is longer; the bounds on time and memory are for inputs up to this."""

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_FIELD = re.compile(rb"[^\t\n ]+")


def mutated(seed: bytes, mutations: tuple[Mutation, ...], rng: Random) -> bytes:
    """The seed after one to four mutations."""
    content = seed
    for _ in range(min(rng.getrandbits(2), rng.getrandbits(2)) + 1):
        content = rng.choice(mutations)(content, rng)
    return content[:MAX_BYTES]


def truncate(content: bytes, rng: Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def flip_bits(content: bytes, rng: Random) -> bytes:
    flipped = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 8)) if flipped else 0):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def zero_tail(content: bytes, rng: Random) -> bytes:
    """As a file system leaves a file that was not on the disk when the power went."""
    start = rng.randrange(len(content) + 1)
    return content[:start] + bytes(len(content) - start)


def delete_range(content: bytes, rng: Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + content[start + rng.randrange(1, 64) :]


def repeat_range(content: bytes, rng: Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    end = start + rng.randrange(1, 64)
    return content[:end] + content[start:end] * rng.choice((1, 1, 2, 50)) + content[end:]


def insert_bytes(content: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.choice((b"\0", b"\r", b"\n", b"\t", b" ", b"\xef\xbb\xbf", *NOT_UTF8)) + content[at:]


def overwrite_bytes(content: bytes, rng: Random) -> bytes:
    if not content:
        return content
    at = rng.randrange(len(content))
    new = rng.choice((b"\0" * 4, b"\xff" * 4, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", rng.randbytes(4)))
    return content[:at] + new + content[at + len(new) :]


def insert_string(content: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.choice(STRINGS).encode() + content[at:]


def change_lines(content: bytes, rng: Random) -> bytes:
    """Deletes, doubles, swaps or cuts a line."""
    lines = content.split(b"\n")
    at = rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines.insert(at, b"")
        case 4:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
        case 5:
            lines[at] += b"\r"
    return b"\n".join(lines)


def change_fields(content: bytes, rng: Random) -> bytes:
    """Deletes, doubles, empties, swaps or replaces a field of a line."""
    lines = content.split(b"\n")
    at = rng.randrange(len(lines))
    separator = b"\t" if b"\t" in lines[at] else rng.choice((b" ", b",", b"|"))
    fields = lines[at].split(separator)
    field = rng.randrange(len(fields))
    match rng.randrange(6):
        case 0:
            del fields[field]
        case 1:
            fields.insert(field, fields[field])
        case 2:
            fields[field] = b""
        case 3:
            other = rng.randrange(len(fields))
            fields[field], fields[other] = fields[other], fields[field]
        case 4:
            fields[field] = rng.choice(STRINGS).encode()
        case 5:
            fields[field] = rng.choice(NUMBERS).encode()
    lines[at] = separator.join(fields)
    return b"\n".join(lines)


def change_number(content: bytes, rng: Random) -> bytes:
    return _replaced(_NUMBER, content, rng, rng.choice(NUMBERS).encode())


def change_word(content: bytes, rng: Random) -> bytes:
    return _replaced(_FIELD, content, rng, rng.choice(STRINGS).encode())


def very_long(content: bytes, rng: Random) -> bytes:
    """A word of 10,000 characters, or a line with 10,000 words; one time in ten, since it takes long to read."""
    if rng.randrange(10):
        return change_word(content, rng)
    if rng.randrange(2):
        return _replaced(_FIELD, content, rng, LONG_WORD.encode())
    return _replaced(_FIELD, content, rng, b" ".join([b"word"] * 10_000))


def many_lines(content: bytes, rng: Random) -> bytes:
    """The same lines until there are 10,000 of them; one time in three hundred."""
    if rng.randrange(300):
        return change_lines(content, rng)
    return (content * (10_000 // (content.count(b"\n") + 1) + 1))[:MAX_BYTES]


def _replaced(pattern: re.Pattern[bytes], content: bytes, rng: Random, new: bytes) -> bytes:
    found = list(pattern.finditer(content))
    if not found:
        return content + new
    start, end = rng.choice(found).span()
    return content[:start] + new + content[end:]


def change_json(content: bytes, rng: Random) -> bytes:
    """One JSON value of a line, or of the whole file, is replaced, removed, doubled, nested or renamed."""
    lines = content.split(b"\n")
    places = [i for i, line in enumerate(lines) if line.lstrip()[:1] in (b"{", b"[")]
    if not places:
        return flip_bits(content, rng)
    at = rng.choice(places)
    for start, text in ((at, lines[at]), (0, content)):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        new = json.dumps(_changed(value, rng), ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
        return new if text is content else b"\n".join([*lines[:start], new, *lines[start + 1 :]])
    return flip_bits(content, rng)


def deep_json(content: bytes, rng: Random) -> bytes:
    """A value nested deeper than any stack; one time in ten."""
    if rng.randrange(10):
        return change_json(content, rng)
    depth = rng.choice((50, 990, 5_000, 100_000))
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"(", b")"), (b"-", b""), (b"<a>", b"</a>")))
    deep = (opening * depth + b"1" + closing * depth) if rng.randrange(3) else opening * depth
    return _replaced(_FIELD, content, rng, deep) if rng.randrange(2) else deep + b"\n"


def double_key(content: bytes, rng: Random) -> bytes:
    """The same key twice in a JSON object."""
    found = [match.end() for match in re.finditer(rb"\{", content)]
    if not found:
        return content
    at = rng.choice(found)
    key = re.search(rb'"[^"]*"\s*:', content[at:])
    return content[:at] + (key[0] if key else b'"a":') + b" 1, " + content[at:]


def _whole(value: float) -> float:
    """The same as a whole number, where there is one."""
    return int(value) if math.isfinite(value) else value


def _changed(value: Any, rng: Random) -> Any:
    """A copy in which one place, found by a random walk, is another."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        match rng.randrange(12):
            case 0:
                return {k: v for k, v in value.items() if k != key}
            case 1:
                return {(rng.choice(STRINGS) if k == key else k): v for k, v in value.items()}
            case 2:
                return {**value, rng.choice(STRINGS): rng.choice(JSON_VALUES)}
        return {**value, key: _changed(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        match rng.randrange(10):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return [*value, value[at]]
            case 2:
                return value * 50 if len(value) < 50 else value
        return [*value[:at], _changed(value[at], rng), *value[at + 1 :]]
    if isinstance(value, str) and rng.random() < 0.5:
        return rng.choice((rng.choice(STRINGS), value + rng.choice(STRINGS), LONG_WORD))
    if isinstance(value, int | float) and rng.random() < 0.5:
        return rng.choice((-value, value + 1, value * 10**9, float(value), str(value), _whole(value)))
    return rng.choice((*JSON_VALUES, [value], {"value": value}))


BYTES: tuple[Mutation, ...] = (
    truncate,
    flip_bits,
    flip_bits,
    zero_tail,
    delete_range,
    repeat_range,
    insert_bytes,
    overwrite_bytes,
)
"""For any file."""

TEXT: tuple[Mutation, ...] = (
    truncate,
    flip_bits,
    zero_tail,
    delete_range,
    repeat_range,
    insert_bytes,
    insert_string,
    change_lines,
    change_lines,
    change_fields,
    change_fields,
    change_number,
    change_number,
    change_word,
    very_long,
    many_lines,
)
"""For lines of fields."""

JSON: tuple[Mutation, ...] = (*TEXT, change_json, change_json, change_json, change_json, deep_json, double_key)
"""For JSON and JSON lines."""

JSON_FILE: tuple[Mutation, ...] = (
    *(m for m in JSON if m is not many_lines),
    change_json,
    change_json,
)
"""For one JSON value."""
