"""A small awk: patterns, actions, arrays and the functions one uses to pick from a text."""
