"""Layered word vectors of one (extractor, corpus) on disk, memory-mapped."""
