"""Sentences to layered word vectors: one file per backend."""
