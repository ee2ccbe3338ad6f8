"""What a cell leaves on disk, and how it is read back."""
