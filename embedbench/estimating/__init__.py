"""What a cell will cost, told before it runs."""
