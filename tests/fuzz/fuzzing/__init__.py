"""Mutated inputs against every reader; `python tests/fuzz --help`."""
