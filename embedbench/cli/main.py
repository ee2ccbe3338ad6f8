"""The sub-commands of `embedbench`, each loaded only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from embedbench import __version__
from embedbench.errors import AddOnWarning, ConfigurationError, EmbedbenchError
from embedbench.registry import IMPORT_VARIABLE

EXIT_DONE, EXIT_FAILED, EXIT_USAGE = 0, 1, 2

COMMANDS = {
    "run": "score one cell (extractor x task), or a sweep of cells with -m",
    "table": "print the comparison table of one or more results folders",
    "compare": "paired test of two extractors, task by task",
    "conditional": "what an extractor adds over a baseline: both side by side against the baseline alone",
    "capacity": "accuracy and selectivity against the size of the probe",
    "rank": "extractors by their mean rank over tasks, with intervals",
    "query": "SQL over scores, cells, mix weights and predictions",
    "export": "one file with records, predictions and all that a rerun needs",
    "reproduce": "run the cells of an exported file again and compare number by number",
    "layers": "what every layer knows, what the mix weighs, where the score is gained",
    "report": "one self-contained HTML page: summary, table, layers, weights, labels, disagreements, cost",
    "serve": "the same page live over a results folder that grows",
    "geometry": "anisotropy, self-similarity and likeness (CKA) of an extractor's layers",
    "demo": "compare three embedding families offline, in minutes",
    "check": "run the contract tests against any component, also your own",
    "new": "start an extractor, task or probe of your own: a file that works, and its test",
    "selftest": "ask the installed instrument questions whose answers are known",
    "list": "what can be selected: extractors, tasks, probes, mixes, metrics",
    "data": "the catalogue of data sets: list, get, verify",
    "pretrain": "train word2vec, fastText, a biLM, a masked or a causal LM on raw text",
    "extract": "fill the store of word vectors only",
}
"""Name and one-line help; `embedbench.cli.NAME_command` holds `execute(arguments) -> exit code`."""


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 some cells failed (the others are kept), 2 wrong usage."""
    # Threads that spin while they wait make everything up to ten times slower as soon as the machine is shared; they
    # read this when torch is first imported, which is later.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    if not arguments or arguments[0] in ("-h", "--help", "--version"):
        parser.parse_args(arguments or ["--help"])
        return EXIT_DONE
    command = arguments.pop(0)
    if command not in COMMANDS:
        parser.error(f"there is no command {command!r}; the commands are {', '.join(COMMANDS)}")
    # Asked here for every command, since Hydra would answer with its own.
    if "--version" in arguments:
        parser.parse_args(["--version"])
    try:
        arguments = _import_user_components(arguments)
        module = importlib.import_module(f"embedbench.cli.{command}_command")
        with _plain_warnings():
            return int(module.execute(arguments))
    except EmbedbenchError as error:
        sys.stderr.write(f"embedbench: {error}\n")
        return EXIT_USAGE if isinstance(error, ConfigurationError) else EXIT_FAILED
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, has seen enough; leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except OSError as error:
        sys.stderr.write(f"embedbench: {error.filename or 'a file'}: {error.strerror or error}\n")
        return EXIT_FAILED
    except KeyboardInterrupt:
        sys.stderr.write("embedbench: interrupted; finished cells and shards are kept, run the same command to go on\n")
        return 130


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """An add-on that is left out is told in one line, without the place in our code that found it."""
    usual = warnings.formatwarning

    def told(message: Warning | str, category: type[Warning], *place: object, **more: object) -> str:
        if issubclass(category, AddOnWarning):
            return f"embedbench: {message}\n"
        return usual(message, category, *place, **more)  # type: ignore[arg-type]

    warnings.formatwarning = told
    try:
        yield
    finally:
        warnings.formatwarning = usual


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    parser = argparse.ArgumentParser(
        prog="embedbench",
        usage="embedbench COMMAND [options]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compare static, ELMo-style and BERT-style embeddings by probing, with learned layer mixes.\n\n"
        "commands:\n" + "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()),
        epilog="`embedbench COMMAND --help` tells more. Any command takes --import FILE.py (or a module) to load "
        "your own\ncomponents first. Environment: EMBEDBENCH_DATA (data sets), EMBEDBENCH_CACHE (word vectors), "
        "EMBEDBENCH_IMPORT.\nExit codes: 0 done, 1 some cells failed (the others are kept), 2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=f"embedbench {__version__}")
    return parser


def _import_user_components(arguments: list[str]) -> list[str]:
    """Takes every `--import SPEC` out of the arguments; worker processes see them through the environment.

    Raises:
        ConfigurationError: `--import` stands last, without a file or module.
    """
    rest: list[str] = []
    specs = [spec for spec in os.environ.get(IMPORT_VARIABLE, "").split(os.pathsep) if spec]
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--import":
            spec = next(remaining, None)
            if spec is None:
                raise ConfigurationError("--import needs a Python file or a module name, such as --import mine.py")
        elif argument.startswith("--import="):
            spec = argument.partition("=")[2]
        else:
            rest.append(argument)
            continue
        specs.append(os.path.abspath(spec) if spec.endswith(".py") else spec)  # noqa: PTH100 - a module name is no path
    if specs:
        os.environ[IMPORT_VARIABLE] = os.pathsep.join(specs)
    return rest
