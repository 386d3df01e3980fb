"""The allow-lists, one module a family of commands."""
