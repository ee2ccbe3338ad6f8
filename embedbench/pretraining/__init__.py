"""Training every family of embeddings on the same text with the same budget; sits above extractors."""
