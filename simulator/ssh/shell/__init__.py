"""A small bash: its grammar, its expansions, what runs it, and the prompt a person types at."""
