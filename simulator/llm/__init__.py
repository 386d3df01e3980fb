"""Doubles of the Anthropic API and of llama-server on loopback, and who speaks through them."""
