"""What code decides about words: what a person asked for, and whether an answer is true."""
