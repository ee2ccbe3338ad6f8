"""Faults on purpose, repeatably: `python tests/faults --help`."""
