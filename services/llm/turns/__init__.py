"""A turn: what it is asked with, its loop of models and tools, and what it leaves behind."""
