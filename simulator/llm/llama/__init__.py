"""llama-server: its health, its properties, its tokens and its chat completions."""
