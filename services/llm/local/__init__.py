"""A llama-server in the house: its window, its tools without training, and its answers."""
