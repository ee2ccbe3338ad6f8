"""One input against one reader, and what came of it."""

from __future__ import annotations

import signal
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from embedbench.errors import EmbedbenchError
from fuzzing.subject import Subject

LONGEST_MESSAGE = 1_200
"""Characters of a refusal; more is no sentence."""

SECONDS = 5.0
"""For one input; a file of a megabyte is read in less than half a second."""


@dataclass(frozen=True)
class Finding:
    """Something that a reader must not do.

    Attributes:
        kind: which rule was broken.
        place: the innermost line of embedbench, by which findings are told apart.
        what: the sentence, or the end of the traceback.
    """

    kind: str
    place: str
    what: str


class TooSlowError(BaseException):
    """Raised by the alarm; no reader can catch it."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooSlowError after that much time of the processor, however busy the machine is."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def trial(subject: Subject, content: bytes, path: Path, seconds: float = SECONDS) -> str | Finding:
    """`accepted`, `refused`, or what was found."""
    path.write_bytes(content)
    started = time.process_time()
    try:
        with limited(seconds), warnings.catch_warnings():
            warnings.simplefilter("error")
            value = subject.read(path)
        with limited(10 * seconds):
            subject.check(value, content)
    except EmbedbenchError as error:
        return _judged(subject, error, path)
    except TooSlowError as error:
        took = time.process_time() - started
        return Finding("hang", _place(error), f"no answer after {took:.1f} s")
    except MemoryError as error:
        return Finding("memory", _place(error), "more memory than the bound")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        kind = "wrong value" if type(error).__name__ == "WrongValueError" else "other exception"
        return Finding(kind, _place(error), f"{type(error).__name__}: {error}"[:300])
    return "accepted"


def _judged(subject: Subject, error: EmbedbenchError, path: Path) -> str | Finding:
    message = str(error)
    place = _place(error)
    if not message.strip():
        return Finding("no sentence", place, "the message is empty")
    if len(message) > LONGEST_MESSAGE:
        return Finding("no sentence", place, f"the message has {len(message):,} characters: {message[:100]}")
    if not message.isprintable():
        return Finding("no sentence", place, f"the message has a line break or a control character: {message[:200]!r}")
    if subject.names_file and path.name.partition(".")[0] + "." not in message:
        return Finding("no file", place, message[:300])
    return "refused"


def _place(error: BaseException) -> str:
    """The innermost line of embedbench, else of the check."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if "/embedbench/" in frame.filename] or list(frames)[-1:]
    if not inside:
        return "?"
    last = inside[-1]
    return f"{Path(last.filename).name}:{last.lineno} {last.name} {type(error).__name__}"
