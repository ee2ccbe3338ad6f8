"""What another package adds to embedbench; nothing is imported until embedbench asks."""
