"""`python tests/fuzz/guided.py NAME`: one reader searched by atheris, guided by coverage; atheris is optional.

Stops at the first finding and prints it. Arguments after the name go to libFuzzer, such as -runs=100000 or -seed=1.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main() -> int:
    try:
        import atheris
    except ModuleNotFoundError:
        sys.stderr.write("the package atheris is not installed; python tests/fuzz needs nothing more\n")
        return 3
    with atheris.instrument_imports(include=["embedbench.data", "embedbench.files", "embedbench.results"]):
        from fuzzing.run import subjects
        from fuzzing.trial import Finding, trial
    named = sys.argv[1] if len(sys.argv) > 1 else ""
    (subject,) = [subject for subject in subjects() if subject.name == named] or [None]
    if subject is None:
        sys.stderr.write(f"there is no reader {named!r}; there are: {', '.join(s.name for s in subjects())}\n")
        return 2
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    if subject.prepare:
        subject.prepare(folder)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(subject.seeds()):
        (corpus / str(number)).write_bytes(subject.finish(seed, _unpacked()) if subject.finish else seed)

    def one(content: bytes) -> None:
        verdict = trial(subject, content, folder / subject.file)
        if isinstance(verdict, Finding):
            raise RuntimeError(  # noqa: TRY004 — for libFuzzer any exception is a crash
                f"{verdict.kind} at {verdict.place}: {verdict.what}"
            )

    atheris.Setup([sys.argv[0], *sys.argv[2:], str(corpus)], one)
    atheris.Fuzz()
    return 0


def _unpacked() -> object:
    from random import Random

    return Random(0)


if __name__ == "__main__":
    sys.exit(main())
