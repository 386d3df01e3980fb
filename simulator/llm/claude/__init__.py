"""The Anthropic API: Messages, token counts and the catalogue of models."""
