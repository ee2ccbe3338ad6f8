"""Layered word vectors of one (extractor, corpus) on disk, memory-mapped."""

from embedbench.store.estimate import SizeEstimate, estimate
from embedbench.store.fill import fill
from embedbench.store.layout import StoreDtype, store_folder
from embedbench.store.listing import StoredVectors, remove, stores
from embedbench.store.reading import LayeredStore

__all__ = [
    "LayeredStore",
    "SizeEstimate",
    "StoreDtype",
    "StoredVectors",
    "estimate",
    "fill",
    "remove",
    "store_folder",
    "stores",
]
