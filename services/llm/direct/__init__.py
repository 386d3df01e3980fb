"""Answers without a model: understood by rules, looked up by tools, told by templates."""
