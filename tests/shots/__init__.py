"""Pictures of every page and state at the three sizes: `python -m tests.shots`."""
