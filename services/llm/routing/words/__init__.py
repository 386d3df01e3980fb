"""The words the router knows, by the part they play in a sentence."""
