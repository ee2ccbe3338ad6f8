"""Readers of data files, and the catalogue of data sets."""
