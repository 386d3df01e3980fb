"""Claude: what it is sent and what it answers; only `provider` loads the SDK."""
