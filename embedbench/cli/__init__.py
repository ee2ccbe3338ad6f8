"""The command line: the only place that sees configuration dictionaries, `sys.argv` or `print`."""

from embedbench.cli.main import main

__all__ = ["main"]
