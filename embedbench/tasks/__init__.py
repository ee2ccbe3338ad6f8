"""Corpora to labelled spans: one file per kind of task."""
