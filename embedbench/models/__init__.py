"""Networks that we own, and readers of their weights."""
