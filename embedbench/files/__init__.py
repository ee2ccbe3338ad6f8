"""Reading files that may lie, and writing files that last."""
